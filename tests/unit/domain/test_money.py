"""Whole money: rounding once, in the direction that nobody is cheated by."""

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.money import (
    MAX_CPM,
    Rates,
    cpm_nanos,
    floor_nanos,
    nanos,
    share,
    units,
    wire_cpm,
)

RATES = Rates("USD", {"EUR": "0.925925925", "JPY": 155.2, "gbp": Decimal("0.79")})
prices = st.floats(0, MAX_CPM, allow_nan=False)


@pytest.mark.parametrize(
    ("cpm", "whole"),
    [
        ("0.0000005", 0), ("0.0000015", 2), ("0.00000051", 1), (2.5, 2_500_000), (0.1, 100_000),
        ("1e2", 100_000_000), (Decimal("1.2345678"), 1_234_568), (-0.5, -500_000), (0, 0),
    ],
)  # fmt: skip
def test_rates_are_rounded_half_even(cpm: float | str | Decimal, whole: int) -> None:
    assert cpm_nanos(cpm) == whole


def test_amounts_are_nanos() -> None:
    assert nanos("0.0000000015") == 2
    assert nanos(24.5) == 24_500_000_000
    assert units(1_500_000_000) == 1.5


@given(prices)
def test_floors_round_up_as_their_decimal_form_does(cpm: float) -> None:
    """The short cut for floats of few places agrees with the long way."""
    exact = Decimal(str(cpm)) * 1_000_000
    assert floor_nanos(cpm) == int(exact.to_integral_value(ROUND_CEILING))
    assert cpm_nanos(cpm) == int(exact.to_integral_value(ROUND_HALF_EVEN))


@given(st.integers(0, MAX_CPM * 1_000_000))
def test_whole_nanos_survive_the_wire(price: int) -> None:
    assert cpm_nanos(wire_cpm(price)) == floor_nanos(wire_cpm(price)) == price


@pytest.mark.parametrize(
    "amount",
    [
        float("nan"), float("inf"), float("-inf"), "nan", "sNaN", "", "x", "1,5", "0x10", "1e999999",
        "-1e999999999", 1e300, 10**400, "AUDIT", "${AUCTION_PRICE}", "\x00", "\ud800",
    ],
)  # fmt: skip
def test_what_is_no_sum_of_money_is_refused(amount: float | str) -> None:
    for convert in (nanos, cpm_nanos, floor_nanos):
        with pytest.raises(ValueError, match="not a"):
            convert(amount)


@given(st.integers(0, 10**15), st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_share_is_the_nearest_whole_and_even_when_between(
    amount: int, numerator: int, denominator: int
) -> None:
    exact = Fraction(amount * numerator, denominator)
    assert share(amount, numerator, denominator) == round(exact)  # rounds half-even as well


@given(st.floats(0, 10_000), st.sampled_from(["USD", "EUR", "JPY", "GBP"]))
def test_a_bid_at_a_floor_is_not_below_it_in_the_exchanges_currency(
    cpm: float, currency: str
) -> None:
    house = RATES.floor_to_house(cpm, currency)
    assert RATES.bid_from_house(house, currency) >= floor_nanos(cpm)
    if house:
        assert RATES.bid_from_house(house - 1, currency) < floor_nanos(cpm) + 160


@given(st.integers(0, 10**9), st.sampled_from(["USD", "EUR", "JPY"]))
def test_bids_round_down(price: int, currency: str) -> None:
    """Coming back, a bid is never worth more than it was."""
    abroad = RATES.bid_from_house(price, currency)
    assert RATES.floor_to_house(wire_cpm(abroad), currency) <= price


@given(st.integers(0, 10**18), st.sampled_from(["USD", "EUR", "JPY"]))
def test_sums_from_abroad_round_half_even(amount: int, currency: str) -> None:
    micros = RATES.bid_from_house(1_000_000, currency)
    assert RATES.to_house(amount, currency) == round(Fraction(amount * 1_000_000, micros))


def test_currencies_are_known_or_not() -> None:
    assert all(RATES.knows(code) for code in ("USD", "EUR", "JPY", "GBP"))
    assert not RATES.knows("CHF")
    assert not RATES.knows("gbp")
    with pytest.raises(KeyError):
        RATES.floor_to_house(1.0, "CHF")
