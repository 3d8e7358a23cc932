"""Sums in other currencies, made here anew: what an exchange's rate buys, rounded once."""

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.money import (
    MAX_CPM,
    NANOS_PER_UNIT,
    Rates,
    cpm_nanos,
    floor_nanos,
    nanos,
    wire_cpm,
)

MOST = MAX_CPM * NANOS_PER_UNIT * 1_000


def rates() -> Rates:
    return Rates("USD", {"EUR": "0.9259255", "jpy": 155.2, "GBP": Decimal("0.79"), "USD": "7"})


def test_the_house_currency_is_worth_itself_whatever_a_table_says() -> None:
    table = rates()
    assert table.knows("USD")
    assert table.floor_to_house(1.5, "USD") == table.to_house(1_500_000, "USD") == 1_500_000
    assert table.bid_from_house(1_500_000, "USD") == 1_500_000


@pytest.mark.parametrize(
    ("currency", "micros"), [("EUR", 925_926), ("JPY", 155_200_000), ("GBP", 790_000)]
)
def test_a_rate_counts_in_whole_millionths_half_even(currency: str, micros: int) -> None:
    table = rates()
    assert table.bid_from_house(1_000_000, currency) == micros
    assert table.to_house(micros, currency) == 1_000_000
    assert table.to_house(10**15, currency) == round(Fraction(10**21, micros))
    assert Rates("USD", {"EUR": "0.9259265"}).bid_from_house(1_000_000, "EUR") == 925_926


def test_a_rate_is_written_down_with_what_is_billed_in_it() -> None:
    table = rates()
    assert table.written("JPY") == ("JPY", 155_200_000)
    assert table.written("USD") == ("", 0)
    with pytest.raises(KeyError):
        table.written("CHF")


def test_floors_from_abroad_round_up_and_bids_round_down() -> None:
    table = Rates("USD", {"EUR": 3})
    assert [table.floor_to_house(wire_cpm(floor), "EUR") for floor in (2, 3, 4)] == [1, 1, 2]
    assert table.bid_from_house(1, "EUR") == 3
    assert Rates("USD", {"EUR": "0.3"}).bid_from_house(9, "EUR") == 2


@pytest.mark.parametrize("unit", [nanos, cpm_nanos])
def test_halves_go_to_the_even_nano(unit: Callable[[Decimal | int], int]) -> None:
    """Up to the ninth or sixth decimal place."""
    small = Decimal(1) / unit(1)
    assert [unit(small * half) for half in (Decimal("0.5"), Decimal("1.5"), Decimal("2.5"))] == [0, 2, 2]  # fmt: skip


def test_halves_go_to_the_even_one_whatever_else_rounds_in_this_thread() -> None:
    with localcontext(rounding=ROUND_DOWN):
        assert nanos("0.0000000015") == cpm_nanos("0.0000015") == 2
        assert Rates("USD", {"EUR": "0.0000015"}).bid_from_house(1_000_000, "EUR") == 2


def test_floors_of_few_places_need_no_decimals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request brings some, and the long way takes ten times as long."""
    monkeypatch.delattr("adserver.domain.money._whole")
    assert [floor_nanos(cpm) for cpm in (0.0, 0.000001, 0.1, 2.5, 999_999.999999)] == [
        0, 1, 100_000, 2_500_000, 999_999_999_999,
    ]  # fmt: skip


@given(st.decimals(0, MAX_CPM, allow_nan=False, allow_infinity=False))
def test_a_floor_is_never_undercut_nor_raised_by_a_whole_nano(cpm: Decimal) -> None:
    exact = Fraction(cpm) * 1_000_000
    for amount in (cpm, str(cpm)):
        assert 0 <= floor_nanos(amount) - exact < 1


@pytest.mark.parametrize(
    ("floor", "whole"),
    [(0.0, 0), (0.0000001, 1), (0.5, 500_000), (1.0, 1_000_000), (1e6, 10**12), (-0.5, -500_000)],
)
def test_floors_at_the_edges_of_the_short_cut(floor: float, whole: int) -> None:
    assert floor_nanos(floor) == whole


def test_the_largest_sum_is_money_and_one_above_is_not() -> None:
    assert nanos(MOST // NANOS_PER_UNIT) == MOST
    assert nanos(-MOST // NANOS_PER_UNIT) == -MOST
    with pytest.raises(ValueError, match=r"not a sum of money: '1000000000\.1'"):
        nanos("1000000000.1")


def test_what_is_refused_is_quoted_but_not_at_any_length() -> None:
    with pytest.raises(ValueError, match=r"^not a number: 'x{40}'$"):
        nanos("x" * 41)
    with pytest.raises(ValueError, match=r"^not a sum of money: '9{40}'$"):
        nanos("9" * 41)
