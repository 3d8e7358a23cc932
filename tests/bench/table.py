"""The bench's table: measured, bar, last, and what to think of it."""

from collections.abc import Iterable

from rich.table import Table

from tests.bench.record import Compared


def table(compared: Iterable[Compared]) -> Table:
    """Return a row for each figure; a missed bar is `missed`, a regression `WORSE`."""
    made = Table(title="Speed", header_style="bold")
    for column, justify in (
        ("id", "left"), ("what", "left"), ("measured", "right"), ("bar", "right"), ("last", "right"),
        ("", "left"), ("note", "left"),
    ):  # fmt: skip
        made.add_column(column, justify="right" if justify == "right" else "left")
    for each in compared:
        figure = each.figure
        made.add_row(
            figure.bar,
            figure.what,
            quantity(figure.value, figure.unit),
            "" if figure.most is None else quantity(figure.most, figure.unit),
            "" if each.last is None else quantity(each.last, figure.unit),
            verdict(each),
            figure.note,
        )
    return made


def verdict(compared: Compared) -> str:
    """Return what a reader should think, in a word or two."""
    words = []
    if compared.worse:
        words.append("[bold red]WORSE[/]")
    if compared.figure.missed:
        words.append("[yellow]missed[/]")
    elif compared.figure.most is not None:
        words.append("met")
    return " ".join(words)


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit, to three digits or so."""
    if unit == "instructions":
        return f"{value:,.0f}"
    text = f"{value:.3g}" if value < 100 else f"{value:,.0f}"
    return f"{text} {unit}".rstrip()
