"""Plots as SVG made here: no scripts, nothing loaded, colours of the page, a sentence for who cannot see them."""

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

_WIDTH, _ROW, _LABEL = 640, 22, 190
_SIDE, _MARGIN = 360, 46
_LETTERS = 30


class Bar(NamedTuple):
    """A size with its name."""

    name: str
    size: float
    told: str
    """The size in words of the table."""


class Point(NamedTuple):
    """A rate with its interval, over a prediction."""

    x: float
    y: float
    low: float
    high: float


class Interval(NamedTuple):
    """A ratio with its interval, and whether it is as it should be."""

    name: str
    value: float
    low: float
    high: float
    good: bool


def bars(title: str, wanted: Sequence[Bar], mark: float | None = None) -> str:
    """Return horizontal bars, the longest as wide as the picture; a line at `mark`."""
    most = max([bar.size for bar in wanted] + ([mark] if mark else []), default=1.0) or 1.0
    span = _WIDTH - _LABEL - 70
    parts = []
    for row, bar in enumerate(wanted):
        top = row * _ROW + 4
        length = max(1.0, bar.size / most * span)
        parts.append(_text(_LABEL - 8, top + 13, bar.name, "end"))
        parts.append(
            f'<rect class="bar" x="{_LABEL}" y="{top}" width="{length:.1f}" height="15" rx="2"/>'
        )
        parts.append(_text(_LABEL + length + 6, top + 13, bar.told))
    height = len(wanted) * _ROW + 8
    if mark is not None:
        at = _LABEL + mark / most * span
        parts.append(f'<line class="mark" x1="{at:.1f}" y1="0" x2="{at:.1f}" y2="{height}"/>')
    said = "; ".join(f"{bar.name} {bar.told}" for bar in wanted[:6])
    return _svg(title, said, _WIDTH, height, parts)


def ratios(title: str, wanted: Sequence[Interval]) -> str:
    """Return ratios around 1 with their intervals, on a logarithmic scale from a fifth to five."""
    span = _WIDTH - _LABEL - 30

    def at(value: float) -> float:
        held = min(max(value, 0.2), 5.0)
        return _LABEL + (log10(held) - log10(0.2)) / (log10(5.0) - log10(0.2)) * span

    height = len(wanted) * _ROW + 24
    parts = []
    for tick in (0.2, 0.5, 1.0, 2.0, 5.0):
        style = "mark" if tick == 1.0 else "grid"
        parts.append(
            f'<line class="{style}" x1="{at(tick):.1f}" y1="0" x2="{at(tick):.1f}" y2="{height - 18}"/>'
        )
        parts.append(_text(at(tick), height - 4, f"{tick:g}", "middle"))
    for row, each in enumerate(wanted):
        middle = row * _ROW + 11
        style = "good" if each.good else "bad"
        parts.append(_text(_LABEL - 8, middle + 4, each.name, "end"))
        parts.append(
            f'<line class="{style}" x1="{at(each.low):.1f}" y1="{middle}" x2="{at(each.high):.1f}" y2="{middle}"/>'
        )
        shape = (
            f'<circle class="{style}" cx="{at(each.value):.1f}" cy="{middle}" r="4"/>'
            if each.good
            else f'<rect class="{style}" x="{at(each.value) - 4:.1f}" y="{middle - 4}" width="8" height="8"/>'
        )
        parts.append(shape)
    off = [each.name for each in wanted if not each.good]
    said = (
        f"{len(off)} of {len(wanted)} are off by more than chance: {', '.join(off[:6]) or 'none'}"
    )
    return _svg(title, said, _WIDTH, height, parts)


def reliability(title: str, points: Sequence[Point]) -> str:
    """Return actual rates over predicted ones, both logarithmic; on the line they are the same."""
    positive = [value for point in points for value in (point.x, point.y, point.high) if value > 0]
    least = 10 ** floor(log10(min(positive, default=0.001)))
    most = 10 ** ceil(log10(max(positive, default=1.0)))
    decades = max(1.0, log10(most / least))
    side = _SIDE - _MARGIN - 10

    def across(value: float) -> float:
        return _MARGIN + log10(min(max(value, least), most) / least) / decades * side

    def up(value: float) -> float:
        return 10 + side - log10(min(max(value, least), most) / least) / decades * side

    parts = []
    for power in range(round(log10(least)), round(log10(most)) + 1):
        tick = 10.0**power
        parts.append(
            f'<line class="grid" x1="{across(tick):.1f}" y1="10" x2="{across(tick):.1f}" y2="{10 + side}"/>'
        )
        parts.append(
            f'<line class="grid" x1="{_MARGIN}" y1="{up(tick):.1f}" x2="{_MARGIN + side}" y2="{up(tick):.1f}"/>'
        )
        parts.append(
            _text(
                across(tick),
                10 + side + 16,
                _percent(power),
                "middle",
            )
        )
        parts.append(
            _text(
                _MARGIN - 4,
                up(tick) + 4,
                _percent(power),
                "end",
            )
        )
    parts.append(
        f'<line class="mark" x1="{across(least)}" y1="{up(least)}" x2="{across(most)}" y2="{up(most)}"/>'
    )
    for point in points:
        x = across(point.x)
        parts.append(
            f'<line class="good" x1="{x:.1f}" y1="{up(point.low):.1f}" x2="{x:.1f}" y2="{up(point.high):.1f}"/>'
        )
        parts.append(f'<circle class="good" cx="{x:.1f}" cy="{up(point.y):.1f}" r="4"/>')
    parts.append(_text(_MARGIN + side / 2, _SIDE - 4, "predicted", "middle"))
    said = "; ".join(f"predicted {point.x:.3%}, came true {point.y:.3%}" for point in points)
    return _svg(title, said, _SIDE, _SIDE, parts)


def _percent(power: int) -> str:
    """Return a power of ten as a percentage with the digits that it needs."""
    return f"{10.0**power:.{max(0, -power - 2)}%}"


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    shown = words if len(words) <= _LETTERS else f"{words[: _LETTERS - 1]}…"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(shown)}</text>'


def _svg(title: str, said: str, width: float, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(said)}</desc>{''.join(parts)}</svg>"
    )
