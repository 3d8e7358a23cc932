"""Breaks of several advertisements: what goes together, and what does not."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.snapshot import Snapshot
from adserver.decision.pipeline import decide, look_ahead
from adserver.decision.tracing import Traced, Untraced
from adserver.domain.bid import Bid
from adserver.domain.campaign import Catalog
from adserver.domain.creative import MediaFile, Played, Video
from adserver.domain.opportunity import Apart, DealTerms, Opportunity, Pod, VideoSpace
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension, ListRule
from tests.fakes.purse import FakePurse
from tests.unit.decision.made import (
    DEALS,
    advertiser,
    auction,
    cpm,
    line_item,
    moment,
    opportunity,
    world,
)


def spot(name: str, seconds: int, file: str = "") -> Video:
    """Return a video of its own file."""
    url = f"https://cdn.example/{file or name}.mp4"
    return Video(
        id=name, landing_url="https://shop.example/", duration_s=seconds,
        media_files=(MediaFile(url=url, width=640, height=360),),
    )  # fmt: skip


def market(*shops: tuple[str, int, float, dict[str, Any]]) -> Snapshot:
    """Return advertisers with a name, a duration, a price and what else is true of them."""
    made = []
    for name, seconds, price, more in shops:
        fields = dict(more)
        targeting = {Dimension.DEAL: ListRule((fields.pop("deal"),))} if "deal" in fields else {}
        clip = spot(f"{name}-spot", seconds, fields.pop("file", ""))
        item = line_item(f"{name}-item", creatives=(clip.id,), goal=cpm(price), targeting=targeting)
        made.append(advertiser(name, item, creatives=(clip,), **fields))
    return compile_snapshot(Catalog(tuple(made), DEALS))


def space(name: str, pod: Pod | None, **changes: Any) -> Opportunity:
    """Return an imp for videos in a break."""
    fields: dict[str, Any] = {"banner": None, "video": VideoSpace(mimes=("video/mp4",)), "pod": pod}
    return opportunity(name, **(fields | changes))


def bought(compiled: Snapshot, *spaces: Opportunity, trace: Untraced | None = None) -> list[Bid]:
    """Return the bids of one request."""
    request = auction(*spaces)
    fits = look_ahead(compiled, request)
    return decide(world(compiled), request, fits, moment(compiled), trace or Untraced())


def who(bids: list[Bid]) -> list[tuple[str, str]]:
    """Return imps and advertisers."""
    return [(bid.opportunity.id, bid.candidate.advertiser) for bid in bids]


FIVE = market(
    ("ales", 30, 9, {"categories": ("IAB8",)}),
    ("beer", 15, 8, {"categories": ("IAB8",)}),
    ("cars", 30, 7, {"categories": ("IAB2-1",)}),
    ("dogs", 15, 6, {}),
    ("eggs", 60, 5, {}),
)


def test_slots_of_one_break_go_to_advertisers_that_do_not_compete() -> None:
    slots = [space(name, Pod("break")) for name in "123"]
    assert who(bought(FIVE, *slots)) == [("1", "ales"), ("2", "cars"), ("3", "dogs")]


def test_slots_of_different_breaks_or_of_none_may_go_to_competitors() -> None:
    assert who(bought(FIVE, space("1", Pod("one")), space("2", Pod("two")))) == [
        ("1", "ales"), ("2", "beer"),
    ]  # fmt: skip
    assert who(bought(FIVE, space("1", None), space("2", None))) == [("1", "ales"), ("2", "beer")]


def test_one_advertiser_has_one_place_in_a_break_whatever_its_line_items() -> None:
    clips = (spot("a", 15), spot("b", 15))
    items = [line_item(f"item-{clip.id}", creatives=(clip.id,)) for clip in clips]
    compiled = compile_snapshot(Catalog((advertiser("shop", *items, creatives=clips),)))
    trace = Untraced()
    assert (
        len(bought(compiled, space("1", Pod("break")), space("2", Pod("break")), trace=trace)) == 1
    )
    assert trace.missed == {"2": Reason.SEPARATION}
    assert len(bought(compiled, space("1", None), space("2", None))) == 2
    assert len(bought(compiled, space("1", Pod("break", duration_s=60)))) == 1


def test_a_shared_film_is_kept_apart_where_the_seller_asks_for_it() -> None:
    compiled = market(
        ("ales", 15, 9, {"file": "film"}), ("cars", 15, 8, {"file": "film"}), ("dogs", 15, 7, {})
    )
    asked = Pod("break", apart=(Apart.MEDIA_FILE,))
    assert who(bought(compiled, space("1", asked), space("2", asked))) == [
        ("1", "ales"),
        ("2", "dogs"),
    ]
    assert who(bought(compiled, space("1", Pod("break")), space("2", Pod("break"))))[1] == (
        "2",
        "cars",
    )


@pytest.mark.parametrize(
    ("pod", "chosen"),
    [
        (Pod("p", 120), ["ales", "cars", "dogs"]),  # eggs would need 60 of the last 45 seconds
        (Pod("p", 135), ["ales", "cars", "dogs", "eggs"]),
        (Pod("p", 60), ["ales", "cars"]),
        (Pod("p", 45), ["ales", "dogs"]),
        (Pod("p", 44), ["ales"]),
        (Pod("p", 15), ["beer"]),
        (Pod("p", 120, max_ads=2), ["ales", "cars"]),
        (Pod("p", 120, max_ads=1), ["ales"]),
        (Pod("p", 5), []),
    ],
)
def test_a_break_without_slots_is_filled_within_its_time_and_number(
    pod: Pod, chosen: list[str]
) -> None:
    bids = bought(FIVE, space("1", pod))
    assert [name for _, name in who(bids)] == chosen
    assert len({bid.candidate.line_item for bid in bids}) == len(bids)


def test_exact_durations_hold_for_each_of_them() -> None:
    player = VideoSpace(mimes=("video/mp4",), durations_s=(15,))
    assert [name for _, name in who(bought(FIVE, space("1", Pod("p", 60), video=player)))] == [
        "beer",
        "dogs",
    ]


def test_the_slots_and_the_rest_of_a_break_go_together() -> None:
    bids = bought(FIVE, space("1", Pod("p", slot=1)), space("2", Pod("p", 60)))
    assert who(bids) == [("1", "ales"), ("2", "cars"), ("2", "dogs")]


def test_deals_stand_beside_open_bids_in_a_break_too() -> None:
    """Each way to sell gets a bid first, even where they would not fit together; only then what is left is filled."""
    compiled = market(
        ("ales", 30, 9, {}), ("beer", 30, 8, {}), ("cars", 30, 2, {"deal": "deal-1"}), ("dogs", 15, 1, {"deal": "deal-1"}),
    )  # fmt: skip
    deals = (DealTerms("deal-1", 0),)
    for pod, expected in (
        (Pod("p", 30), [("deal-1", "cars"), ("", "ales")]),
        (Pod("p", 75), [("deal-1", "cars"), ("", "ales"), ("deal-1", "dogs")]),
        (Pod("p", 120, max_ads=2), [("deal-1", "cars"), ("", "ales")]),
        (Pod("p"), [("deal-1", "cars"), ("", "ales")]),
    ):
        bids = bought(compiled, space("1", pod, deals=deals))
        assert [
            (bid.deal.id if bid.deal else "", bid.candidate.advertiser) for bid in bids
        ] == expected


def test_money_is_claimed_for_what_is_bid_and_for_nothing_else() -> None:
    purse = FakePurse()
    request = auction(space("1", Pod("p", 120)))
    fits = look_ahead(FIVE, request)
    bids = decide(world(FIVE), request, fits, moment(FIVE, purse), Untraced())
    assert [claim[2] for claim in purse.claims] == [bid.reserved for bid in bids]


def test_a_failed_claim_leaves_its_time_to_others() -> None:
    left = dict.fromkeys(range(5), 100_000_000)
    left[next(c.line_item_index for c in FIVE.candidates if c.advertiser == "ales")] = 0
    request = auction(space("1", Pod("p", 60)))
    bids = decide(
        world(FIVE),
        request,
        look_ahead(FIVE, request),
        moment(FIVE, FakePurse(left=left)),
        Untraced(),
    )
    assert [name for _, name in who(bids)] == ["beer", "cars", "dogs"]


def test_it_is_said_why_nobody_else_is_in_a_break() -> None:
    trace = Traced()
    bought(FIVE, space("1", Pod("p", 45)), trace=trace)
    fallen = {
        FIVE.candidates[index].advertiser: fall.reason
        for fall in trace.falls
        for index in range(5)
        if fall.fallen >> index & 1 and fall.reason in {Reason.SEPARATION, Reason.DURATION}
    }
    assert fallen["beer"] is Reason.SEPARATION
    assert fallen["eggs"] is Reason.DURATION


shops = st.lists(
    st.tuples(
        st.sampled_from([10, 15, 30, 60]), st.integers(1, 9), st.sampled_from([(), ("IAB1",), ("IAB2",), ("IAB1", "IAB3")]),
        st.booleans(),
    ),
    min_size=1, max_size=6,
)  # fmt: skip
pods = st.builds(
    Pod,
    st.sampled_from(["p", "q"]),
    st.sampled_from([None, 15, 45, 60, 90]),
    st.sampled_from([None, 1, 2, 3]),
)


@settings(max_examples=150, deadline=None)
@given(shops, st.lists(pods, min_size=1, max_size=3))
def test_whatever_the_seller_takes_goes_together(
    listed: list[tuple[int, int, tuple[str, ...], bool]], breaks: list[Pod]
) -> None:
    compiled = market(
        *[
            (
                f"shop{i}",
                seconds,
                price,
                {"categories": kinds} | ({"deal": "deal-1"} if bound else {}),
            )
            for i, (seconds, price, kinds, bound) in enumerate(listed)
        ]
    )
    spaces = [space(str(i), pod, deals=(DealTerms("deal-1", 0),)) for i, pod in enumerate(breaks)]
    bids = bought(compiled, *spaces)
    for bid in bids:
        pod = bid.opportunity.pod
        for other in bids:
            alternatives = (
                bid.opportunity is other.opportunity and pod is not None and pod.duration_s is None
            )
            if (
                bid is other
                or other.opportunity.pod is None
                or pod is None
                or other.opportunity.pod.id != pod.id
                or alternatives
            ):
                continue
            assert bid.candidate.advertiser != other.candidate.advertiser
            assert not set(bid.candidate.categories) & set(other.candidate.categories)
    for each in spaces:
        own = [bid for bid in bids if bid.opportunity is each]
        assert each.pod is not None
        if each.pod.duration_s is None:
            assert len(own) <= 2
            continue
        lasting = [
            bid.candidate.creative.duration_s
            for bid in own
            if isinstance(bid.candidate.creative, Played)
        ]
        ways = len({bid.deal for bid in own})
        assert all(seconds <= each.pod.duration_s for seconds in lasting)
        if len(own) > ways:  # more than one for each way to sell
            assert sum(lasting) <= each.pod.duration_s
            assert len(own) <= (each.pod.max_ads or 99)
