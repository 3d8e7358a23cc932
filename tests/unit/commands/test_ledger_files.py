"""Exchanges' reports as files: what is liberal, what is refused, and each bad row by its line."""

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.commands.ledger.comparing import Verdict, compare
from adserver.commands.ledger.exchange_file import Manner, Report, read_report
from adserver.commands.ledger.sold import Amount, Sold, for_each
from adserver.commands.ledger.sums import exact, rounded, whole
from adserver.domain.money import Rates
from adserver.errors import InvalidConfig

FILE = Path("report.csv")
DAY_S = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())
RATES = Rates("USD", {"EUR": "0.92"})


def read(text: str | bytes, day_s: int | None = None, **manner: Any) -> Report:
    content = text.encode() if isinstance(text, str) else text
    return read_report(FILE, content, Manner(**manner), day_s, "USD")


@pytest.mark.parametrize(
    ("text", "manner"),
    [
        ("day,line_item,impressions,spend\n2026-11-22,tent,1200,3.5", {}),
        ("Date;Line Item ID;Imps;Media Cost\n22.11.2026;tent;1.200;3,50", {"decimal_comma": True}),
        ("Date\tLineItem\tImps\tCost\n20261122\ttent\t1,200\t$3.50", {}),
        ("\ufeffday|line item|billable impressions|spend\n2026-11-22T00:00:00Z|tent|1 200|USD 3.50\n", {}),
        ("\n\nday,line_item,impressions,spend\n\n2026-11-22,tent,1200,3.5\n,,,\nTotal,,1200,3.5\n", {}),
        ("when,what,n,sum\n11/22/2026,tent,1200,3500000", {
            "columns": {"day": "when", "line_item": "what", "impressions": "n", "spend": "sum"},
            "date_format": "%m/%d/%Y", "unit": "micros",
        }),
        ("day,line_item,impressions,spend\n2026-11-22,tent,1200,2.916666666666666", {"unit": "cpm"}),
        ('"day","line_item","impressions","spend"\n"2026-11-22","tent","1,200","3.50"', {}),
        ("day,line_item,impressions,spend\r\n2026-11-22 00:00,tent,1200,3.5 USD\r\n", {}),
        ("day,line_item,impressions,spend\n2026-11-22,tent,1200,3.5".encode("utf-16"), {}),
        ("day,line_item,impressions,spend\n2026-11-22,tent,1000,3\n2026-11-22,tent,200,0.5", {}),
    ],
)  # fmt: skip
def test_the_same_report_in_many_hands(text: str | bytes, manner: dict[str, Any]) -> None:
    report = read(text, **manner)
    assert report.bad == []
    assert {(row.day_s, row.key, row.currency) for row in report.rows} == {(DAY_S, "tent", "USD")}
    assert sum(row.impressions_ppm for row in report.rows) == 1_200_000_000
    assert sum(row.wire or 0 for row in report.rows) == pytest.approx(3_500_000_000, abs=1)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("yesterday,tent,1,1", "'yesterday' is no day"),
        ("2026-02-30,tent,1,1", "is no day"),
        ("2026-11-22,tent,many,1", "'many' is no number of impressions"),
        ("2026-11-22,tent,-1,1", "no number of impressions"),
        ("2026-11-22,tent,1,NaN", "'NaN' is no sum of money"),
        ("2026-11-22,tent,1,1e30", "no sum of money"),
        ("2026-11-22,tent,1," + "9" * 30, "it is too large"),
        ('2026-11-22,tent,1,"3,50"', "--decimal-comma"),
        ("2026-11-22,,1,1", "names nothing"),
        ("2026-11-22,tent,1", "has 3 cells, fewer than the header"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_the_others_are_read(row: str, message: str) -> None:
    report = read(f"day,line_item,impressions,spend\n2026-11-22,a,1,1\n{row}\n2026-11-22,b,1,1\n")
    (bad,) = report.bad
    assert (bad.path, [each.key for each in report.rows]) == ("line 3", ["a", "b"])
    assert message in bad.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("a,b\n1,2", "no column of days"),
        ("day,b\n1,2", "neither impressions nor spend"),
        (b"\x00\x01\x02", "is no text"),
    ],
)
def test_a_file_that_is_no_report_says_why(text: str | bytes, message: str) -> None:
    with pytest.raises(InvalidConfig, match=message):
        read(text)


def test_a_day_that_is_asked_for_leaves_out_the_others() -> None:
    text = "day,spend\n2026-11-21,1\n2026-11-22,2\n"
    report = read(text, DAY_S)
    assert ([row.wire for row in report.rows], report.left_out) == ([2_000_000_000], 1)
    (row,) = read("spend\n2", DAY_S).rows
    assert (row.day_s, row.key) == (DAY_S, "")


@given(st.text(max_size=200), st.booleans())
def test_whatever_a_file_says_it_is_read_or_refused(text: str, comma: bool) -> None:  # noqa: FBT001
    try:
        report = read(f"day,campaign,impressions,spend\n{text}", decimal_comma=comma)
    except InvalidConfig:
        return
    assert all(row.day_s and row.key for row in report.rows)


OURS: Sold = {
    (DAY_S, "tent"): {1: Amount(10_000_000, 1_000, (("", 1_000),))},
    (DAY_S, "euro"): {2: Amount(10_000_000, 1_000, (("EUR", 920),))},
    (DAY_S, "both"): {3: Amount(2_000_000, 2_000, (("", 1_000), ("EUR", 920)))},
}


@pytest.mark.parametrize(
    ("row", "verdict", "difference"),
    [
        ("tent,10,0.000001,USD", Verdict.WITHIN, 0),
        ("tent,10,0.00000101,USD", Verdict.WITHIN, 10),
        ("tent,10,0.00000102,USD", Verdict.MORE, 20),
        ("tent,10,0.00000098,USD", Verdict.LESS, -20),
        ("euro,10,0.00000092,EUR", Verdict.WITHIN, 0),
        ("euro,10,0.00000184,EUR", Verdict.MORE, 1_000),
        (
            "euro,10,0.000001,USD",
            Verdict.WITHIN,
            0,
        ),  # told in another currency than it was billed in
        ("both,2,0.000002,USD", Verdict.WITHIN, 0),
        ("both,2,0.00000184,EUR", Verdict.WITHIN, 0),
        ("else,1,0.000001,USD", Verdict.UNKNOWN, 1_000),
        ("idle,1,0.000001,USD", Verdict.MORE, 1_000),
    ],
)
def test_each_difference_has_its_verdict(row: str, verdict: Verdict, difference: int) -> None:
    report = read(f"day,campaign,impressions,spend,currency\n2026-11-22,{row}")
    found = compare(report, OURS, frozenset({"idle"}), RATES, Fraction(1, 100))
    of = {each.key: each for each in found}
    key = row.partition(",")[0]
    assert (of[key].verdict, of[key].difference.media) == (verdict, difference)
    assert {each.verdict for each in found if each.key != key} == {Verdict.MISSING}
    assert of.keys() == {key, "tent", "euro", "both"}


def test_impressions_alone_are_compared_where_no_money_is_told() -> None:
    report = read("day,campaign,impressions\n2026-11-22,tent,12\n2026-11-22,euro,10")
    found = {row.key: row.verdict for row in compare(report, OURS, frozenset(), RATES, Fraction(0))}
    assert found == {"tent": Verdict.MORE, "euro": Verdict.WITHIN, "both": Verdict.MISSING}


def test_a_currency_without_a_rate_is_named_with_its_line() -> None:
    report = read("day,campaign,spend,currency\n2026-11-22,tent,1,USD\n2026-11-22,tent,1,SEK")
    with pytest.raises(InvalidConfig, match="line 3: SEK has no rate"):
        compare(report, OURS, frozenset(), RATES, Fraction(0))


amounts = st.integers(-(10**12), 10**12)


@given(
    st.dictionaries(st.integers(1, 9), st.integers(-5, 10**9), min_size=1, max_size=6),
    st.builds(Amount, amounts, amounts, amounts.map(lambda n: (("EUR", n),) if n else ())),
)
def test_a_shared_difference_loses_no_nano(weights: dict[int, int], difference: Amount) -> None:
    sold = {number: Amount(1, weight) for number, weight in weights.items()}
    assert sum(for_each(sold, difference).values(), Amount()) == difference


@given(st.integers(-(10**18), 10**18))
def test_sums_are_written_exactly(amount: int) -> None:
    text = exact(amount)
    whole_part, _, rest = text.lstrip("-").partition(".")
    back = int(whole_part) * 10**9 + int(rest.ljust(9, "0"))
    assert (-back if text.startswith("-") else back) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "paid", "by"),
    [
        (12_345_000_000, "EUR", "12.34", "-0.005"),
        (12_355_000_000, "EUR", "12.36", "0.005"),
        (12_345_000_001, "EUR", "12.35", "0.004999999"),
        (-5_000_000, "EUR", "0.00", "0.005"),
        (1_500_000_000, "JPY", "2", "0.50"),
        (1_500_500_000, "KWD", "1.500", "-0.0005"),
        (0, "USD", "0.00", "0.00"),
    ],
)
def test_rounding_is_once_and_half_to_even(amount: int, currency: str, paid: str, by: str) -> None:
    assert rounded(amount, currency) == (paid, by)


def test_counts_are_whole_where_they_are() -> None:
    assert [whole(each) for each in (1_234_000_000, 14_200_000, 0)] == ["1,234", "14.2", "0"]
