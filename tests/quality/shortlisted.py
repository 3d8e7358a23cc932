"""What the shortlist loses: the paced value of the best whom the model was asked about, against the best of all.

Simulated markets of 300 line items, two in three paid by click, of which so many survive targeting at each request. Click rates are
around 1 %: each line item's usual one, which candidates are ordered by, times what the request, its person and chance make of it, which
only the model knows. How many the model is asked about follows from its own spread, as in serving.
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

import numpy as np

from adserver.catalog.audience import Listener
from adserver.catalog.candidates import ANY_OTHER
from adserver.catalog.compiler import compile_snapshot
from adserver.decision import shortlist
from adserver.decision.demands import Demand
from adserver.decision.tracing import Untraced
from adserver.domain.bits import ascending, bits
from adserver.domain.campaign import Catalog, Goal
from adserver.domain.opportunity import AuctionType
from models.ctr.spread import breadth, upward
from tests.fakes.click_model import FakeClickModel
from tests.quality.intervals import interval
from tests.torture.figures import Figure, Scale
from tests.unit.decision.made import (
    CPM,
    advertiser,
    banner,
    cpm,
    line_item,
    moment,
    valued,
    world,
)

LINE_ITEMS, TOPICS, TOPICS_EACH = 300, 40, 4
BAR = 0.01
_ROUNDS = 2_000
_PROBED = 200
"""Requests by which the model's spread is told."""


class Market(NamedTuple):
    """What click rates depend on; all are standard deviations of logarithms."""

    name: str
    usual: float = 0.0
    """From line item to line item, always."""
    shared: float = 0.0
    """From request to request, for all alike."""
    chance: float = 0.0
    """From line item to line item, anew at each request."""
    personal: float = 0.0
    """How much a person in the segment that a line item is about clicks more, on it alone (no deviation, but this)."""
    alive: int = 100
    known: bool = True
    """There is a model that has learned the usual rates."""


MARKETS = (
    Market("always the same rates", usual=1.0),
    Market("calm", chance=0.25, known=False),
    Market("lively", chance=0.5, known=False),
    Market("lively, few left", chance=0.5, alive=20, known=False),
    Market("wild, few left", chance=1.0, alive=20, known=False),
    Market("wild: nothing is usual", chance=1.0, known=False),
    Market("usual rates that differ, lively", usual=1.0, chance=0.5),
    Market("pages that differ", usual=0.7, shared=0.7, chance=0.3),
    Market("personal segments", usual=0.7, shared=0.5, personal=1.5),
    Market("personal segments, wild", usual=0.7, shared=0.5, personal=1.0, chance=0.7),
)


class Loss(NamedTuple):
    """By request, house nanos."""

    best: "np.ndarray[tuple[int], np.dtype[np.float64]]"
    kept: "np.ndarray[tuple[int], np.dtype[np.float64]]"
    asked: int
    """How many the model is asked about."""

    @property
    def share(self) -> float:
        """Return which part of the best value is lost."""
        return 1.0 - float(self.kept.sum() / self.best.sum())

    def interval(self, seed: int) -> tuple[float, float]:
        """Return where 95 % of the shares of resampled requests lie."""
        best, kept = self.best, self.kept
        return interval(
            lambda rows: 1.0 - kept[rows].sum() / best[rows].sum(), len(best), seed, _ROUNDS
        )


def lost(market: Market, requests: int, seed: int = 5, *, asked: int | None = None) -> Loss:
    """Return what is lost; `asked` in place of how many the spread asks for."""
    dice = Random(seed)
    names = [f"b{each}" for each in range(LINE_ITEMS)]
    usual = [0.01 * _factor(dice, market.usual) for _ in names]
    items = []
    for each, name in enumerate(names):
        rate = cpm(dice.lognormvariate(0, 0.8))
        clicks = Goal("cpc", int(CPM * 100 * dice.lognormvariate(0, 0.8)), 20 * CPM)
        items.append(line_item(f"l{each}", goal=clicks if each % 3 else rate, creatives=(name,)))
    shop = advertiser("shop", *items, creatives=tuple(banner(name) for name in names))
    known = {f"l{each}": rate for each, rate in enumerate(usual)} | {ANY_OTHER: 0.01}
    compiled = compile_snapshot(Catalog((shop,)), rates=known if market.known else {})
    topics = [dice.randrange(TOPICS) for _ in names]
    draw = _rates(market, usual, topics, dice)
    length = breadth(_spread([draw() for _ in range(_PROBED)])) if asked is None else asked
    best, kept = np.zeros(requests), np.zeros(requests)
    for request in range(requests):
        model = FakeClickModel(0.01, dict(zip(names, draw(), strict=True)), length)
        everywhere = world(compiled, model)
        now = moment(
            compiled, seed=request, paces=[dice.choice([1.0, 1.0, 0.8, 0.5]) for _ in items]
        )
        alive = bits(dice.sample(range(LINE_ITEMS), market.alive), LINE_ITEMS)
        demand = Demand(None, 0, AuctionType.FIRST_PRICE, alive)
        few = shortlist.keep(everywhere, demand, Listener(compiled.audience, ()), now, Untraced())
        everybody = [compiled.candidates[index] for index in ascending(alive)]
        best[request], kept[request] = (
            valued(everywhere, now, candidates=some)[0].paced for some in (everybody, few)
        )
    return Loss(best, kept, length)


def _rates(
    market: Market, usual: list[float], topics: list[int], dice: Random
) -> Callable[[], list[float]]:
    """Return what draws the click rates of a request."""

    def draw() -> list[float]:
        everybody = _factor(dice, market.shared)
        person = set(dice.sample(range(TOPICS), TOPICS_EACH))
        return [
            min(
                rate
                * everybody
                * _factor(dice, market.chance)
                * (np.exp(market.personal) if topic in person else 1.0),
                0.5,
            )
            for rate, topic in zip(usual, topics, strict=True)
        ]

    return draw


def _factor(dice: Random, deviation: float) -> float:
    return dice.lognormvariate(-(deviation**2) / 2, deviation) if deviation else 1.0


def _spread(rates: list[list[float]]) -> float:
    """Return what `models.ctr.spread` would find of a model that knows these."""
    return upward(np.log(np.array(rates)))


def run(scale: Scale) -> list[Figure]:
    """Return the loss in each market."""
    requests = scale.count(4_000, 300)
    figures = []
    for market in MARKETS:
        loss = lost(market, requests, scale.seed)
        low, high = loss.interval(scale.seed)
        figures.append(
            Figure(
                "shortlist",
                f"{market.name}, {market.alive} left: value lost to asking about all",
                f"{loss.share:.2%} ({low:.2%} to {high:.2%}), {loss.asked} asked",
                f"<= {BAR:.0%}",
                loss.share <= BAR,
            )
        )
    return figures
