"""Where restricted advertisements may run."""

import pytest

from adserver.domain.creative import Restriction
from adserver.domain.restricted import NOWHERE, Where, allowed, subjects
from tests.unit.decision.made import banner

BEER = banner(restrictions=(Restriction.ALCOHOL,))


@pytest.mark.parametrize(
    ("where", "country", "expected"),
    [
        (Where(allowed_in=("DEU",)), "DEU", True),
        (Where(allowed_in=("DEU",)), "NOR", False),
        (Where(allowed_in=("DEU",)), "", False),
        (Where(refused_in=("NOR",)), "NOR", False),
        (Where(refused_in=("NOR",)), "DEU", True),
        (Where(refused_in=("NOR",)), "", False),  # it may be there
        (Where(refused_in=()), "", True),  # refused nowhere
        (NOWHERE, "DEU", False),
    ],
)
def test_a_rule_says_where(where: Where, country: str, *, expected: bool) -> None:
    assert where.allows(country) is expected


def test_what_has_no_rule_runs_nowhere_and_what_is_not_restricted_everywhere() -> None:
    assert not allowed(BEER, "DEU", {})
    assert allowed(BEER, "DEU", {"alcohol": Where(refused_in=())})
    assert allowed(banner(), "", {})


def test_every_subject_must_be_allowed() -> None:
    party = banner(restrictions=(Restriction.ALCOHOL,), political=True)
    assert subjects(party) == ("alcohol", "political")
    everywhere = Where(refused_in=())
    assert not allowed(party, "DEU", {"alcohol": everywhere})
    assert allowed(party, "DEU", {"alcohol": everywhere, "political": Where(allowed_in=("DEU",))})
