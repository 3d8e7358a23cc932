"""What a bid costs at a cleared price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.campaign import Fees
from adserver.domain.fees import PPM, with_fees
from adserver.domain.money import MICROS_PER_UNIT, cpm_nanos, nanos, share
from adserver.domain.settlement import Charge, charge, impressions_won
from adserver.domain.ticket import Ticket

FEES = Fees(data_cpm=100, tech_ppm=50_000, margin_ppm=150_000)


def ticket(
    price: int = 1_000, wire_price: int = 900, reserved: int = 1_300, multiplier_ppm: int = PPM
) -> Ticket:
    return Ticket(
        bid=b"b" * 16, at_s=0, exchange="north", line_item=1, creative=1, media_type=1,
        reserved=reserved, price=price, wire_price=wire_price, lease=1, bill_until_s=1,
        click_until_s=1, multiplier_ppm=multiplier_ppm, out_of_home=multiplier_ppm != PPM,
    )  # fmt: skip


def screen(multiplier_ppm: int, price: int = 1_000, wire_price: int = 900) -> Ticket:
    """A bid on a screen out of home, as the decision reserves for it."""
    return ticket(price, wire_price, with_fees(price, FEES, multiplier_ppm), multiplier_ppm)


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


def test_a_play_costs_its_price_times_the_impressions_as_the_specification_reckons() -> None:
    """2.50 CPM for 30.3 impressions is 0.07575 (OpenRTB 2.6, 7.9.4)."""
    price = cpm_nanos("2.50")
    bid = ticket(price, price, with_fees(price, Fees(), 30_300_000), 30_300_000)
    assert bid.reserved == nanos("0.07575")
    assert charge(bid, price, Fees(), 30_300_000) == Charge(nanos("0.07575"), 0, 0, 0)


def test_every_fee_follows_the_impressions() -> None:
    assert charge(screen(14_200_000), 900, FEES) == Charge(14_200, 1_420, 710, 2_130)
    assert charge(screen(14_200_000), 450, FEES, 7_100_000) == Charge(3_550, 710, 178, 532)
    assert charge(screen(250_000), 900, FEES) == Charge(250, 25, 12, 38)


@pytest.mark.parametrize("said", [None, 0, -1, 14_200_001, 10**30])
def test_an_absent_or_absurd_number_of_impressions_settles_at_what_was_on_offer(
    said: int | None,
) -> None:
    bid = screen(14_200_000)
    assert impressions_won(bid, said) == 14_200_000
    assert charge(bid, 900, FEES, said) == charge(bid, 900, FEES, 14_200_000)


def test_fewer_impressions_than_on_offer_cost_less_even_below_one() -> None:
    bid = screen(14_200_000)
    assert impressions_won(bid, 400_000) == 400_000
    assert charge(bid, 900, FEES, 400_000) == Charge(400, 40, 20, 60)


@given(
    price=st.integers(1, 10**9),
    wire_price=st.integers(1, 10**9),
    part=st.floats(0, 1),
    multiplier_ppm=st.integers(1, 10**12),
    said=st.none() | st.integers(-5, 2 * 10**12),
    data=st.integers(0, 10**6),
    ppm=st.integers(0, MICROS_PER_UNIT),
)
def test_a_play_never_costs_more_than_was_reserved_and_more_impressions_never_less(
    price: int,
    wire_price: int,
    part: float,
    multiplier_ppm: int,
    said: int | None,
    data: int,
    ppm: int,
) -> None:
    fees = Fees(data_cpm=data, tech_ppm=ppm, margin_ppm=ppm)
    bid = ticket(price, wire_price, with_fees(price, fees, multiplier_ppm), multiplier_ppm)
    cleared = int(part * wire_price)
    cost = charge(bid, cleared, fees, said)
    most = charge(bid, cleared, fees)
    assert cost is not None
    assert most is not None
    assert sum(cost) <= sum(most) <= bid.reserved
    won = impressions_won(bid, said)
    assert abs(cost.media - price * cleared * won / (wire_price * PPM)) <= max(1, cost.media * 1e-9)


@given(
    price=st.integers(1, 10**9),
    wire_price=st.integers(1, 10**9),
    cleared=st.integers(0, 10**9),
    ppm=st.integers(0, MICROS_PER_UNIT),
)
def test_one_impression_costs_what_it_always_did(
    price: int, wire_price: int, cleared: int, ppm: int
) -> None:
    fees = Fees(data_cpm=7, tech_ppm=ppm, margin_ppm=ppm)
    bid = ticket(price, wire_price, with_fees(price, fees))
    cost = charge(bid, cleared, fees)
    if cleared > wire_price:
        assert cost is None
    else:
        assert cost is not None
        assert cost.media == share(price, cleared, wire_price)


def test_a_bid_of_nothing_is_billed_its_fees() -> None:
    assert charge(ticket(price=0, wire_price=0, reserved=100), 0, FEES) == Charge(0, 100, 0, 0)


def test_fees_are_nothing_where_nothing_was_reserved_for_them() -> None:
    assert charge(ticket(reserved=1_000), 900, FEES) == Charge(1_000, 0, 0, 0)
    assert charge(ticket(reserved=999), 900, FEES) == Charge(1_000, 0, 0, 0)


def test_a_millionth_of_an_impression_is_some() -> None:
    assert impressions_won(screen(14_200_000), 1) == 1
