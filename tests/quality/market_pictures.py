"""The market's laws beside the logs that they were fitted to: figures, and pictures for the documentation.

`python -m tests.quality.market_pictures` prints the figures and draws anew; a test insists that the pictures are of the laws.
"""

import sys
from itertools import pairwise

import numpy as np

from loadtest.market import hours, laws
from loadtest.market.chance import Floats
from tests.architecture.sources import ROOT
from tests.quality import market_fit
from tests.quality.market_fit import HourFit, PriceFit
from tests.torture.figures import Missing

PICTURES = ROOT / "docs/reference/pictures"
_WIDTH, _HEIGHT, _GAP = 210, 110, 34
_ACROSS = 4
_FEN = 10
"""Width of a bar."""
_STYLE = """<style>
text { font: 11px sans-serif; fill: #333 }
.bar { fill: #9bb8d3 } .law { fill: none; stroke: #b3440e; stroke-width: 1.8 }
.log { fill: none; stroke: #5b7f9f; stroke-width: 1 } .axis { stroke: #888; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .bar { fill: #47627a } .law { stroke: #ff9d5c } .log { stroke: #8fb3d1 } .axis { stroke: #999 }
}
</style>"""


def price_picture(fits: list[PriceFit]) -> str:
    """Return the histograms with their laws, a panel for each campaign."""
    panels = []
    for index, fit in enumerate(fits):
        x = (index % _ACROSS) * (_WIDTH + _GAP) + _GAP
        y = (index // _ACROSS) * (_HEIGHT + 2 * _GAP) + _GAP
        logged, law = _bars(fit.logged), _bars(fit.law)
        most = max(logged.max(), law.max())
        wide = _WIDTH / len(logged)
        panels.append(f'<g transform="translate({x},{y})">')
        panels += [
            f'<rect class="bar" x="{place * wide:.1f}" y="{_HEIGHT * (1 - share / most):.1f}" '
            f'width="{wide - 1:.1f}" height="{_HEIGHT * share / most:.1f}"/>'
            for place, share in enumerate(logged.tolist())
        ]
        points = [
            ((place + 0.5) * wide, _HEIGHT * (1 - share / most))
            for place, share in enumerate(law.tolist())
        ]
        panels.append(_line("law", points))
        panels.append(
            f'<line class="axis" x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}"/>'
            f'<text x="0" y="-6">campaign {fit.campaign}: at most {fit.distance:.3f} apart</text>'
            f'<text x="0" y="{_HEIGHT + 14}">0</text>'
            f'<text x="{_WIDTH}" y="{_HEIGHT + 14}" text-anchor="end">300 fen per mille</text></g>'
        )
    rows = -(-len(fits) // _ACROSS)
    return _picture(
        _ACROSS * (_WIDTH + _GAP) + _GAP, rows * (_HEIGHT + 2 * _GAP) + _GAP, panels,
        "Prices that were paid (bars) and the fitted laws (line), by campaign",
    )  # fmt: skip


def hour_picture(fits: list[HourFit]) -> str:
    """Return the campaigns' traffic by hour with the wave of the law."""
    width, height = 3 * _WIDTH, 2 * _HEIGHT
    most = max(float(np.nanmax(fit.logged)) for fit in fits)
    most = max(most, float(hours.requests().max()))

    def place(hour: int, value: float) -> tuple[float, float]:
        return (hour + 0.5) / 24 * width, height * (1 - value / most)

    panels = [f'<g transform="translate({2 * _GAP},{_GAP})">']
    for fit in fits:
        there = [(hour, value) for hour, value in enumerate(fit.logged.tolist()) if value > 0]
        run: list[tuple[float, float]] = []
        for (hour, value), (following, _) in pairwise([*there, (99, 0.0)]):
            run.append(place(hour, value))
            if following != hour + 1:  # not logged in between
                panels.append(_line("log", run))
                run = []
    panels.append(_line("law", [place(h, v) for h, v in enumerate(hours.requests().tolist())]))
    panels.append(
        f'<line class="axis" x1="0" y1="{height}" x2="{width}" y2="{height}"/>'
        f'<line class="axis" x1="0" y1="0" x2="0" y2="{height}"/>'
    )
    panels += [
        f'<text x="{hour / 24 * width:.0f}" y="{height + 14}" text-anchor="middle">{hour}:00</text>'
        for hour in range(0, 25, 6)
    ]
    panels += [
        f'<text x="-6" y="{height * (1 - level / most) + 4:.1f}" text-anchor="end">{level}</text>'
        for level in range(int(most) + 1)
    ]
    panels.append("</g>")
    return _picture(
        width + 3 * _GAP, height + 3 * _GAP, panels,
        "Requests by local hour, the mean is 1: campaigns (thin) and the fitted wave (thick)",
    )  # fmt: skip


def drawn() -> dict[str, str]:
    """Return the pictures by file name. Raises `Missing` without the logs."""
    folder = market_fit.logs()
    return {
        "market-prices.svg": price_picture(market_fit.prices(folder)),
        "market-hours.svg": hour_picture(market_fit.traffic(folder)),
    }


def _bars(shares: Floats) -> Floats:
    whole = len(shares) // _FEN * _FEN
    summed: Floats = shares[:whole].reshape(-1, _FEN).sum(axis=1)
    return summed


def _line(kind: str, points: list[tuple[float, float]]) -> str:
    return f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def _picture(width: int, height: int, parts: list[str], title: str) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    return "\n".join([head, f"<title>{title}</title>", _STYLE, *parts, "</svg>"]) + "\n"


def main() -> int:
    """Print the figures and write the pictures; 2 without the logs."""
    try:
        folder, pictures = market_fit.logs(), drawn()
    except Missing as error:
        sys.stderr.write(f"market_pictures: {error}\n")
        return 2
    lines = [f"laws {laws.digest()}", "campaign  impressions  Kolmogorov-Smirnov"]
    lines += [
        f"{price.campaign:>8}  {price.impressions:>11,}  {price.distance:.4f}"
        for price in market_fit.prices(folder)
    ]
    lines.append("campaign  hours logged  correlation of traffic by hour")
    lines += [
        f"{fit.campaign:>8}  {int((fit.logged > 0).sum()):>12}  {fit.correlation:.3f}"
        for fit in market_fit.traffic(folder)
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    PICTURES.mkdir(exist_ok=True)
    for name, text in pictures.items():
        (PICTURES / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
