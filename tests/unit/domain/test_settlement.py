"""What a bid costs at a cleared price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.campaign import Fees
from adserver.domain.money import MICROS_PER_UNIT, share
from adserver.domain.settlement import Charge, charge
from adserver.domain.ticket import Ticket

FEES = Fees(data_cpm=100, tech_ppm=50_000, margin_ppm=150_000)


def ticket(price: int = 1_000, wire_price: int = 900, reserved: int = 1_300) -> Ticket:
    return Ticket(
        bid=b"b" * 16, at_s=0, exchange="north", line_item=1, creative=1, media_type=1,
        reserved=reserved, price=price, wire_price=wire_price, lease=1, bill_until_s=1,
        click_until_s=1,
    )  # fmt: skip


def test_media_follows_the_cleared_share_of_our_bid_and_fees_follow_media() -> None:
    assert charge(ticket(), 450, FEES) == Charge(500, 100, 25, 75)
    assert charge(ticket(), 900, FEES) == Charge(1_000, 100, 50, 150)
    assert charge(ticket(), 0, FEES) == Charge(0, 100, 0, 0)


@pytest.mark.parametrize("wire_price", [901, -1])
def test_price_that_no_agreement_covers_is_not_charged(wire_price: int) -> None:
    assert charge(ticket(), wire_price, FEES) is None


@given(
    price=st.integers(1, 10**9),
    wire_price=st.integers(1, 10**9),
    part=st.floats(0, 1),
    data=st.integers(0, 10**6),
    ppm=st.integers(0, MICROS_PER_UNIT),
)
def test_total_is_never_above_what_was_reserved(
    price: int, wire_price: int, part: float, data: int, ppm: int
) -> None:
    reserved = price + data + 2 * share(price, ppm, MICROS_PER_UNIT)
    fees = Fees(data_cpm=data, tech_ppm=ppm, margin_ppm=ppm)
    cost = charge(ticket(price, wire_price, reserved), int(part * wire_price), fees)
    assert cost is not None
    assert sum(cost) <= reserved


def test_fees_that_rose_since_the_bid_are_cut_margin_first() -> None:
    assert charge(ticket(reserved=1_120), 900, FEES) == Charge(1_000, 100, 20, 0)
