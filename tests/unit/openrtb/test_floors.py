"""Floors: whose, in which currency, and never rounded down."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adserver.domain.creative import Audio, MediaFile, Video
from adserver.domain.floors import floor_for, lowest_floor
from adserver.domain.money import MICROS_PER_UNIT, floor_nanos
from adserver.domain.opportunity import AuctionType, DealTerms, DurationFloors, Opportunity
from adserver.openrtb.floors import FOREVER_S
from tests.unit.decision.made import banner
from tests.unit.openrtb.wire import opportunity

VIDEO = {"mimes": ["video/mp4"]}


@given(st.floats(0, 1_000_000) | st.integers(0, 10**12).map(lambda micros: micros / 10**6))
@example(1e-6)
@example(0.1 + 0.2)
@example(1.0000005)
@example(999_999.999999)
@example(4.9e-324)
def test_the_fast_way_to_nanos_is_the_exact_way(cpm: float) -> None:
    exact = Decimal(str(cpm)) * MICROS_PER_UNIT
    assert floor_nanos(cpm) == int(exact.to_integral_value(ROUND_CEILING))


@pytest.mark.parametrize(
    ("fields", "floor"),
    [
        ({}, 0),
        ({"bidfloor": 1.5}, 1_500_000),
        ({"bidfloor": 0.0000001}, 1),
        ({"bidfloor": -3}, 0),
        ({"bidfloor": 1, "bidfloorcur": "eur"}, 1_250_000),
        ({"bidfloor": 1, "bidfloorcur": "JPY"}, 6_667),
        ({"bidfloor": 0, "bidfloorcur": "XXX"}, 0),
    ],
)  # fmt: skip
def test_the_floor_of_an_imp(fields: dict[str, Any], floor: int) -> None:
    assert opportunity(**fields).floor == floor


@pytest.mark.parametrize(
    ("deal", "terms"),
    [
        ({"id": "d"}, DealTerms("d", 0)),
        ({"id": 7, "bidfloor": 2, "at": 3}, DealTerms("7", 2_000_000, AuctionType.AGREED_PRICE)),
        ({"id": "d", "at": 500}, DealTerms("d", 0)),
        ({"id": "d", "wseat": ["one"], "bidfloor": 1, "bidfloorcur": "EUR"}, DealTerms("d", 1_250_000)),
        ({"id": "d", "wadomain": ["WWW.Shop.example"]}, DealTerms("d", 0, None, frozenset({"shop.example"}))),
        ({"id": "d", "wadomain": []}, DealTerms("d", 0)),
        ({"id": "d", "durfloors": [{"bidfloor": 3}]}, DealTerms("d", 0, floors=DurationFloors(((0, FOREVER_S, 3_000_000),)))),
        ({"id": "d", "mincpmpersec": 1}, DealTerms("d", 0, floors=DurationFloors((), 1_000_000_000))),
        ({"id": "d", "guar": 1}, DealTerms("d", 0, guaranteed=True)),
        ({"id": "d", "guar": 0}, DealTerms("d", 0)),
        ({"id": "d", "guar": 7}, DealTerms("d", 0)),
        ({"id": "d", "guar": "yes"}, DealTerms("d", 0)),
        ({"id": "d", "mincpmpersec": 1, "bidfloorcur": "XXX"}, None),
        ({"id": "d", "durfloors": [{"bidfloor": 1}] * 33}, None),
        ({"id": ""}, None),
        ({"bidfloor": 1}, None),
        ({"id": "d", "wseat": ["two"]}, None),
        ({"id": "d", "bidfloor": 1, "bidfloorcur": "XXX"}, None),
    ],
)  # fmt: skip
def test_a_deal_as_it_is_offered_to_us(deal: dict[str, Any], terms: DealTerms | None) -> None:
    assert opportunity(pmp={"deals": [deal]}).deals == ((terms,) if terms else ())


def test_a_deal_does_not_inherit_the_imp_s_currency() -> None:
    found = opportunity(bidfloor=1, bidfloorcur="EUR", pmp={"deals": [{"id": "d", "bidfloor": 1}]})
    assert (found.floor, found.deals[0].floor) == (1_250_000, 1_000_000)


def test_an_unknown_floor_leaves_the_deals() -> None:
    found = opportunity(bidfloor=1, bidfloorcur="XXX", pmp={"deals": [{"id": "d"}]})
    assert found.deals_only
    assert [deal.id for deal in found.deals] == ["d"]


@pytest.mark.parametrize(("private", "only"), [(1, True), (0, False), (None, False)])
def test_a_private_auction_is_for_deals_only(private: int | None, *, only: bool) -> None:
    found = opportunity(pmp={"private_auction": private, "deals": [{"id": "d"}]})
    assert found.deals_only is only


BANDS = [
    {"mindur": 1, "maxdur": 15, "bidfloor": 5},
    {"mindur": 16, "maxdur": 30, "bidfloor": 10},
    {"mindur": 31, "bidfloor": 20},
]


def _lasting(seconds: int) -> Video:
    file = MediaFile(url="https://cdn.example/v.mp4", width=1, height=1)
    return Video(
        id="v", landing_url="https://shop.example/", duration_s=seconds, media_files=(file,)
    )


@pytest.mark.parametrize(
    ("fields", "floors"),
    [
        ({}, {15: 9, 16: 9, 31: 9}),
        ({"durfloors": BANDS}, {1: 5, 15: 5, 16: 10, 30: 10, 31: 20, 600: 20}),
        ({"durfloors": BANDS[1:2]}, {15: 9, 16: 10, 31: 9}),  # outside all ranges the imp's applies
        ({"durfloors": [{"maxdur": 15, "bidfloor": 2}]}, {15: 2, 16: 9}),
        ({"durfloors": [{"mindur": 10}]}, {9: 9, 10: 0}),
        ({"durfloors": [*BANDS, {"bidfloor": 7}]}, {15: 7, 16: 10}),  # the highest of those that apply
        ({"mincpmpersec": 0.1}, {10: 1, 30: 3}),
        ({"mincpmpersec": 1, "durfloors": BANDS}, {4: 5, 15: 15, 31: 31}),
    ],
)  # fmt: skip
def test_the_floor_of_a_video_goes_by_its_duration(
    fields: dict[str, Any], floors: dict[int, int]
) -> None:
    found = opportunity(bidfloor=9, video=VIDEO | fields)
    assert {each: floor_for(found, None, _lasting(each)) for each in floors} == {
        each: floor * MICROS_PER_UNIT for each, floor in floors.items()
    }
    assert (found.video_floors is not None) == bool(fields)
    for seconds in range(1, 100):
        assert lowest_floor(found, None) <= floor_for(found, None, _lasting(seconds))


def test_floors_by_duration_are_of_their_own_medium_and_of_their_deal() -> None:
    found = opportunity(
        bidfloor=9,
        banner={"w": 300, "h": 250},
        video=VIDEO | {"durfloors": BANDS},
        audio={"mimes": ["audio/mpeg"], "mincpmpersec": 1},
        pmp={"deals": [{"id": "d", "bidfloor": 1, "durfloors": BANDS}, {"id": "e", "bidfloor": 2}]},
    )
    sound = Audio(id="a", landing_url="https://shop.example/", duration_s=16)
    by_deal, plain = found.deals
    assert [
        floor_for(found, None, each) // MICROS_PER_UNIT for each in (banner(), _lasting(16), sound)
    ] == [9, 10, 16]
    assert [
        floor_for(found, by_deal, each) // MICROS_PER_UNIT
        for each in (banner(), _lasting(16), sound)
    ] == [1, 10, 10]
    assert [
        floor_for(found, plain, each) // MICROS_PER_UNIT for each in (banner(), _lasting(16), sound)
    ] == [2, 2, 2]
    assert (lowest_floor(found, by_deal), lowest_floor(found, plain)) == (1_000_000, 2_000_000)


def test_floors_by_duration_round_up() -> None:
    found = opportunity(video=VIDEO | {"mincpmpersec": 0.0000001})
    assert floor_for(found, None, _lasting(15)) == 2


@pytest.mark.parametrize("medium", ["video", "audio"])
def test_floors_by_duration_that_nobody_can_know_leave_the_deals(medium: str) -> None:
    player = VIDEO | {"durfloors": [{"bidfloor": 1}]}
    found = opportunity(bidfloorcur="XXX", pmp={"deals": [{"id": "d"}]}, **{medium: player})
    assert isinstance(found, Opportunity)
    assert found.deals_only
