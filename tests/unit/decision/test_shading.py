"""Prices between floor and value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.decision.shading import PPM, price
from adserver.domain.opportunity import AuctionType

FIRST, SECOND, AGREED = AuctionType.FIRST_PRICE, AuctionType.SECOND_PRICE, AuctionType.AGREED_PRICE


@given(
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.sampled_from(AuctionType),
    st.integers(0, PPM),
)
def test_a_price_lies_between_floor_and_value(
    floor: int, above: int, auction_type: AuctionType, keep_ppm: int
) -> None:
    assert floor <= price(floor + above, floor, auction_type, keep_ppm) <= floor + above


@pytest.mark.parametrize(
    ("auction_type", "keep_ppm", "offered"),
    [
        (FIRST, 700_000, 1_700),
        (FIRST, 0, 1_000),
        (FIRST, PPM, 2_000),
        (SECOND, 700_000, 2_000),
        (AGREED, 700_000, 1_000),
    ],
)
def test_each_kind_of_auction_has_its_price(
    auction_type: AuctionType, keep_ppm: int, offered: int
) -> None:
    assert price(2_000, 1_000, auction_type, keep_ppm) == offered
