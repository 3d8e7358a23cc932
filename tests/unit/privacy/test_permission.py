"""The permission table, row by row."""

from typing import Any

import msgspec
import pytest

from adserver.domain.consent import REFUSED, Permission, Signals
from adserver.privacy.permission import ALLOWED, COUNTRIES_UNDER_GDPR, contextual, permit
from tests.corpus.corpus import corpus
from tests.unit.privacy import vectors

US = 12
ALL = tuple(range(1, 12))


def ask(policy: bool = False, **fields: Any) -> Permission:  # noqa: FBT001, FBT002 - a table's column
    return permit(Signals(**fields), US, contextual_without_consent=policy)


def consent(*purposes: int) -> str:
    return vectors.core(purposes=purposes)


def by_tcf(**refused: bool) -> Permission:
    whole = Permission(
        bid=True, identify=True, personalise=True, profile=True, measure=True, basis="tcf"
    )
    return msgspec.structs.replace(whole, **refused)


def test_without_any_signal_everything_is_allowed() -> None:
    assert ask() == ALLOWED
    assert ask(country="USA") == ALLOWED
    assert ask(gdpr=0, country="DEU") == ALLOWED


@pytest.mark.parametrize("text", [None, "", "-", "CO5V", "BOMexSfOMexSfAAABAENAA4AAAAAuAAA"])
@pytest.mark.parametrize("where", [{"gdpr": 1}, {"country": "DEU"}, {"gdpr": 1, "country": "USA"}])
def test_under_gdpr_without_a_readable_string_nothing_or_the_page_alone(
    text: str | None, where: dict[str, Any]
) -> None:
    assert ask(tcf=text, **where) == REFUSED
    assert ask(policy=True, tcf=text, **where) == contextual("gdpr")


def test_a_string_without_us_is_no_consent() -> None:
    text = vectors.core(consents=vectors.vendor_bits([11, 13]))
    assert ask(gdpr=1, tcf=text) == REFUSED
    assert ask(policy=True, gdpr=1, tcf=text) == contextual("gdpr")


@pytest.mark.parametrize(
    ("missing", "refused"),
    [
        ((), {}),
        ((1,), {"identify": False, "personalise": False, "profile": False}),
        ((3,), {"profile": False}),
        ((4,), {"personalise": False}),
        ((7,), {"measure": False}),
        ((5, 6, 8, 9, 10, 11), {}),
        ((3, 4, 7), {"profile": False, "personalise": False, "measure": False}),
    ],
)
@pytest.mark.parametrize("where", [{"gdpr": 1}, {"country": "FRA"}])
def test_each_purpose_opens_what_it_is_for(
    missing: tuple[int, ...], refused: dict[str, bool], where: dict[str, Any]
) -> None:
    text = consent(*(purpose for purpose in ALL if purpose not in missing))
    assert ask(tcf=text, **where) == by_tcf(**refused)


def test_without_purpose_2_there_is_no_bid_or_only_the_page() -> None:
    text = consent(*(purpose for purpose in ALL if purpose != 2))
    assert ask(gdpr=1, tcf=text) == REFUSED
    assert ask(policy=True, gdpr=1, tcf=text) == contextual("gdpr")


@pytest.mark.parametrize(
    ("field", "basis"),
    [
        ({"coppa": True}, "coppa"),
        ({"limited": True}, "limited"),
        ({"us_privacy": "1YYN"}, "us_privacy"),
        ({"gpp_sections": (7,)}, "gpp"),
        ({"gpp_sections": (-1, 8)}, "gpp"),
    ],
)
@pytest.mark.parametrize("gdpr", [{}, {"gdpr": 1, "tcf": consent(*ALL)}])
def test_restrictions_leave_the_page_alone_whatever_consent_says(
    field: dict[str, Any], basis: str, gdpr: dict[str, Any]
) -> None:
    assert ask(**field, **gdpr) == contextual(basis)


@pytest.mark.parametrize("field", [{"coppa": True}, {"limited": True}, {"us_privacy": "1YYN"}])
def test_a_restriction_never_gives_what_gdpr_refuses(field: dict[str, Any]) -> None:
    assert ask(gdpr=1, **field) == REFUSED


@pytest.mark.parametrize("sections", [(), (-1,), (0,), (-1, 0)])
def test_gpp_without_a_section_that_applies_restricts_nothing(sections: tuple[int, ...]) -> None:
    assert ask(gpp_sections=sections, gpp="DBAA") == ALLOWED


@pytest.mark.parametrize(
    "text", ["", "1", "1YN", "1YNNN", "2YNN", "1XNN", "YYNN", "1Y N", "-", "1YN\u00df"]
)
def test_unreadable_us_privacy_counts_as_opted_out(text: str) -> None:
    assert ask(us_privacy=text) == contextual("us_privacy")


def test_us_privacy_says_what_the_specification_says() -> None:
    file = corpus("privacy", "us_privacy.json")
    for vector in msgspec.json.decode(file.read_bytes())["vectors"]:
        opted_out = not vector["format_valid_v1"] or vector["opted_out_of_sale"]
        wanted = contextual("us_privacy") if opted_out else ALLOWED
        assert ask(us_privacy=vector["us_privacy"]) == wanted, vector["us_privacy"]


def test_no_vendor_number_of_ours_has_nobodys_consent() -> None:
    text = vectors.core(consents=vectors.vendor_ranges([(1, 900)]))
    signals = Signals(gdpr=1, tcf=text)
    assert permit(signals, 0, contextual_without_consent=False) == REFUSED
    assert permit(signals, 5, contextual_without_consent=False).bid


@pytest.mark.parametrize("country", ["DEU", "GBR", "CHE", "NOR", "REU", "GUF", "ALA", "GIB"])
def test_countries_under_the_law_need_consent_when_nobody_says(country: str) -> None:
    assert country in COUNTRIES_UNDER_GDPR
    assert ask(country=country) == REFUSED


def test_countries_are_alpha_3_codes_of_the_right_number() -> None:
    assert len(COUNTRIES_UNDER_GDPR) == 27 + 3 + 2 + 8
    assert all(len(code) == 3 and code.isupper() for code in COUNTRIES_UNDER_GDPR)
