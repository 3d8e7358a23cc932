"""What models are told of the person."""

from math import inf
from typing import Any

import pytest
from msgspec.structs import replace

from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.withheld import NOTHING, Withheld
from adserver.decision import eligibility, seeing
from adserver.domain.campaign import Catalog
from adserver.domain.identity import segment_number
from adserver.domain.opportunity import Auction
from adserver.domain.person import Profile, Touch
from adserver.domain.seen import MOST_SEGMENTS, NOT_SEEN, Seen
from adserver.domain.targeting import parse_audience
from adserver.privacy.permission import ALLOWED
from tests.unit.decision.made import NOW_S, advertiser, auction, line_item, moment, seen

DAY_S = 86_400
NAMES = [f"a:{each}" for each in range(100)]
TARGETING = line_item("all", audience=parse_audience(" or ".join(NAMES[:80])))
FEW = line_item("few", audience=parse_audience("a:90 and not a:91"))
SHOP = Catalog((advertiser("shop", TARGETING, FEW),))


def see(asked: Auction, withheld: Withheld = NOTHING, **changes: Any) -> Seen:
    compiled = compile_snapshot(SHOP, withheld)
    now = moment(compiled, **changes)
    return seeing.see(asked, now, eligibility.listener(compiled, asked, now))


def profile(*names: str) -> Profile:
    return Profile(tuple(segment_number(name) for name in names))


def test_segments_that_somebody_targets_are_told_and_no_others() -> None:
    found = see(auction(), profile=profile("a:3", "a:85", "a:91", "b:1"))
    assert found.audience == ("a:3", "a:91")
    assert see(auction(), profile=profile("b:1")).audience == ()


def test_a_segment_of_too_few_people_is_not_told() -> None:
    withheld = Withheld(frozenset({"a:3"}))
    assert see(auction(), withheld, profile=profile("a:3", "a:4")).audience == ("a:4",)


def test_at_most_64_are_told_those_of_the_request_last_and_each_once() -> None:
    asked = auction(segments=("a:2", "a:90", "x:1"))
    assert see(asked, profile=profile("a:1", "a:2")).audience == ("a:1", "a:2", "a:90")
    assert see(asked, profile=profile(*NAMES[:80])).audience == tuple(NAMES[:MOST_SEGMENTS])


def test_impressions_of_the_last_thirty_days_are_counted() -> None:
    touches = (
        *seen(TARGETING, 60, DAY_S, 31 * DAY_S), *seen(FEW, 60), *seen(FEW, 60, kind="click"),
        Touch("impression", NOW_S - 60, 12_345, 1, b"somebody else's "),
    )  # fmt: skip
    found = see(auction(), touches=touches)
    assert found.contacts == 4
    assert found.of(TARGETING.number) == 2
    assert found.of(FEW.number) == 1
    assert found.of(1) == 0


@pytest.mark.parametrize(
    "allowed", [{"identify": False, "personalise": False}, {"personalise": False}]
)
def test_without_permission_to_personalise_nothing_is_told(allowed: dict[str, bool]) -> None:
    """To count what somebody saw for caps is one thing; to choose by it is another."""
    permission = replace(ALLOWED, **allowed)
    assert (
        see(auction(), profile=profile("a:3"), touches=seen(FEW, 60), permission=permission)
        == NOT_SEEN
    )


def test_where_nobody_is_known_there_is_nothing_but_what_the_request_says() -> None:
    assert see(auction(person=None)) == NOT_SEEN
    assert see(auction(person=None, segments=("a:3",))) == Seen(audience=("a:3",))
    assert NOT_SEEN.of(FEW.number) is None


def test_contacts_that_nobody_can_count_are_not_none() -> None:
    found = see(auction(), touches=seen(FEW, 60), counted_since_s=inf, profile=profile("a:3"))
    assert found == Seen(audience=("a:3",))
