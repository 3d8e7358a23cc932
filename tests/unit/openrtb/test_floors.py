"""Floors: whose, in which currency, and never rounded down."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adserver.domain.money import MICROS_PER_UNIT, floor_nanos
from adserver.domain.opportunity import AuctionType, DealTerms
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
        ({"bidfloor": 9, "video": VIDEO | {"durfloors": [{"bidfloor": 4}, {"bidfloor": 12}]}}, 12_000_000),
        ({"bidfloor": 1, "video": VIDEO | {"mincpmpersec": 0.1, "maxduration": 30}}, 3_000_000),
        ({"bidfloor": 1, "video": VIDEO | {"mincpmpersec": 0.1, "rqddurs": [15, 60]}}, 6_000_000),
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
        ({"id": "d", "durfloors": [{"bidfloor": 3}]}, DealTerms("d", 3_000_000)),
        ({"id": "d", "mincpmpersec": 1}, None),
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
