"""What is a regression, what is a missed bar, and what is neither."""

from pathlib import Path

import pytest

from tests.bench import record
from tests.bench.figures import Figure
from tests.bench.record import COUNTED, TOLERANCES, Record, Value
from tests.bench.table import verdict

HERE = "CPython 3.11.7 x86_64"
ELSEWHERE = "CPython 3.12.1 aarch64"
UNITS = ("E", "x", COUNTED)


def figure(value: float, unit: str = "E", most: float | None = None, bar: str = "P1") -> Figure:
    return Figure(bar, "a full bid", value, unit, most)


def outcome(new: Figure, last: float, machine: str = HERE) -> int:
    before = Record(HERE, {new.name: Value(last, new.unit)})
    return record.outcome(record.compare([new], before, machine))


@pytest.mark.parametrize("unit", UNITS)
def test_worse_by_more_than_the_tolerance_is_a_regression(unit: str) -> None:
    limit = 100 * (1 + TOLERANCES[unit])
    assert outcome(figure(limit + 0.1, unit), last=100) == record.WORSE
    assert outcome(figure(limit - 0.1, unit), last=100) == record.GOOD
    assert outcome(figure(50, unit), last=100) == record.GOOD


@pytest.mark.parametrize("unit", ["us", "ms", "s", "MB", ""])
def test_what_depends_on_the_machine_is_never_a_regression(unit: str) -> None:
    assert outcome(figure(1_000, unit), last=100) == record.GOOD


def test_instructions_of_another_python_or_machine_are_not_compared() -> None:
    (compared,) = record.compare(
        [figure(200, COUNTED)], Record(HERE, {"P1 a full bid": Value(100, COUNTED)}), ELSEWHERE
    )
    assert (compared.last, compared.worse) == (None, False)


def test_ratios_of_another_machine_are_compared() -> None:
    assert outcome(figure(200), last=100, machine=ELSEWHERE) == record.WORSE


def test_a_missed_bar_is_no_regression_and_a_regression_weighs_more() -> None:
    missed, worse = figure(3.0, most=2.0), figure(9.0, bar="P2")
    before = Record(HERE, {missed.name: Value(3.0, "E"), worse.name: Value(3.0, "E")})
    assert record.outcome(record.compare([missed], before, HERE)) == record.MISSED
    both = record.compare([missed, worse], before, HERE)
    assert record.outcome(both) == record.WORSE
    assert [verdict(each) for each in both] == ["[yellow]missed[/]", "[bold red]WORSE[/]"]


def test_a_bar_is_met_when_it_is_reached_exactly_and_missed_by_what_is_no_number() -> None:
    assert not figure(2.0, most=2.0).missed
    assert figure(float("nan"), most=2.0).missed


def test_a_figure_that_was_never_recorded_or_changed_its_unit_is_new() -> None:
    known = Record(HERE, {"P1 a full bid": Value(1.0, "us")})
    assert [each.last for each in record.compare([figure(9)], known, HERE)] == [None]
    assert [each.last for each in record.compare([figure(9)], Record(), HERE)] == [None]


def test_tails_are_shown_beside_the_last_but_not_judged() -> None:
    assert outcome(figure(9, "x", bar="P9"), last=1) == record.GOOD


def test_recording_replaces_what_was_measured_and_keeps_the_rest() -> None:
    before = Record(HERE, {"P1 a full bid": Value(3.0, "E"), "P7 a": Value(2.0, "us")})
    after = record.recorded([figure(2.5)], before, HERE)
    assert after.figures == {"P1 a full bid": Value(2.5, "E"), "P7 a": Value(2.0, "us")}


def test_recording_elsewhere_forgets_counts_that_do_not_hold_there() -> None:
    before = Record(HERE, {"instructions of P1": Value(9, COUNTED), "P7 a": Value(2.0, "us")})
    after = record.recorded([figure(2.5)], before, ELSEWHERE)
    assert after == Record(ELSEWHERE, {"P1 a full bid": Value(2.5, "E"), "P7 a": Value(2.0, "us")})


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "last.json"
    assert record.read(file) == Record()
    kept = record.recorded([figure(1 / 3)], Record(), HERE)
    record.write(kept, file)
    assert record.read(file) == kept
    assert kept.figures["P1 a full bid"].value == 0.33333


def test_the_committed_record_can_be_read() -> None:
    assert record.read().figures
