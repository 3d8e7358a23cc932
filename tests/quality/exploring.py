"""What trying finds and costs: creatives of which nobody knows how they are clicked, ranked greedily and by `decision/exploring.py`.

A line item has a few creatives, a page sells impressions to it, and once a day the click model is "trained": rates of
creatives smoothed towards the average by what was clicked until then, with the real tables and evidence
(`models/ctr/evidence.py`), in which other line items' creatives stand, too. Each decision is the real `valuation.value`.
How many views and days was chosen on other seeds. Greedy ranking shows whichever looks best; one that turns out below the average gives way to one that was never seen, so
greed tries, too, until it is content. Two kinds of worlds, fixed before either is judged: all six creatives are new and
differ by a gamma law; or the first is well known, and five new ones are worse than it by a fifth, so that nothing is to be found.

A difference is in clicks that the shown creatives bring in the mean (their true rate), so that no luck of clicks is in it.
Its interval is over worlds, paired: both rankings meet the same worlds and requests.
"""

from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from adserver.catalog.snapshot import Snapshot
from adserver.decision.world import World
from adserver.domain.campaign import Goal
from models.ctr.evidence import TableEvidence
from models.ctr.features import SERVED, Tables
from tests.fakes.click_model import FakeClickModel, FakeOrderModel
from tests.quality.auctions import Floats
from tests.quality.intervals import Rows, interval
from tests.torture.figures import Figure, Scale
from tests.unit.decision.made import CPM, banner, line_item, moment, snapshot, valued

CREATIVES = 6
RATE = 0.01
SPREAD = 0.5
SHAPE = 1 / SPREAD**2
DAYS = 20
VIEWS_A_DAY = 5_000
OTHERS, VIEWS_OF_OTHERS = 30, 10_000
"""Creatives of other line items in the tables, and how often each was seen."""
WORSE = 0.8
"""By what the new ones' rates are multiplied where nothing is to be found."""
KNOWN_VIEWS = 50_000
LEARN_PPM = 100_000
"""The default: one request in ten."""
CLICK_OF_DOUBT = 1.0
"""A rate begins with as many impressions at the average as bring a click, as the learner has it."""
_DECISIONS = 100
"""A day's requests are decided so many at a time, each standing for several impressions."""
_DRAWS = 2_000
Counts = NDArray[np.int64]
NAMES = tuple(f"creative-{place}" for place in range(CREATIVES))


class Shown(NamedTuple):
    """What one ranking made of one world."""

    brought: float
    """Clicks in the mean."""
    last_day: float
    """The same of the last day alone."""


def run(scale: Scale) -> list[Figure]:
    """Return what trying gains where creatives differ, and costs where they do not."""
    worlds = scale.count(100, 1)
    figures = []
    for what, differ, least, wanted in (
        ("new ones that differ", True, 0.0, "more clicks, the interval above 0"),
        (
            "new ones a fifth worse than a known one",
            False,
            -2.0,
            "costs at most 2 %: one in ten, a fifth worse",
        ),
    ):
        greedy, tried = (
            [
                play(scale.seed * 1_000 + each, differ=differ, learn_ppm=ppm)
                for each in range(worlds)
            ]
            for ppm in (0, LEARN_PPM)
        )
        whole = gain([g.brought for g in greedy], [t.brought for t in tried])
        last = gain([g.last_day for g in greedy], [t.last_day for t in tried])
        figures.append(
            Figure(
                "learning",
                f"clicks by trying in {LEARN_PPM / 10_000:g} % of requests over greedy ones, {what}, {worlds} worlds",
                f"{_told(whole)} in {DAYS} days, {_told(last)} on the last",
                wanted,
                whole[1] > least,
            )
        )
    return figures


def play(seed: int, *, differ: bool, learn_ppm: int) -> Shown:
    """Return what is shown in one world, day by day."""
    dice = np.random.default_rng(seed)
    others = RATE * dice.gamma(SHAPE, 1 / SHAPE, OTHERS)
    known = dice.binomial(VIEWS_OF_OTHERS, others)
    rates = RATE * dice.gamma(SHAPE, 1 / SHAPE, CREATIVES)
    views, clicks = np.zeros(CREATIVES), np.zeros(CREATIVES)
    if not differ:
        rates = np.array([RATE] + [RATE * WORSE] * (CREATIVES - 1))
        views[0], clicks[0] = KNOWN_VIEWS, dice.binomial(KNOWN_VIEWS, RATE)
    goal = Goal("cpc", 500 * CPM, 1_000 * CPM)
    compiled = snapshot(
        line_item("one", goal=goal, creatives=NAMES), creatives=tuple(map(banner, NAMES))
    )
    brought, today = 0.0, 0.0
    for day in range(DAYS):
        everywhere = _world(compiled, known, views, clicks, learn_ppm)
        shown = np.zeros(CREATIVES)
        for request in range(_DECISIONS):
            now = moment(compiled, seed=crc32(f"{seed}/{day}/{request}".encode()))
            best, *_ = valued(everywhere, now)
            shown[NAMES.index(best.candidate.creative.id)] += VIEWS_A_DAY / _DECISIONS
        today = float((shown * rates).sum())
        brought += today
        views += shown
        clicks += dice.binomial(np.rint(shown).astype(np.int64), rates)
    return Shown(brought, today)


def gain(greedy: list[float], tried: list[float]) -> tuple[float, float, float]:
    """Return by how many per cent trying brought more, and the 95 % interval over worlds (paired bootstrap)."""
    one, other = np.array(greedy), np.array(tried)

    def more(rows: Rows | slice) -> float:
        return 100 * float(other[rows].sum() / one[rows].sum() - 1)

    return more(slice(None)), *interval(more, len(one), 1, _DRAWS)


def _world(
    compiled: Snapshot, others: Counts, views: Floats, clicks: Floats, learn_ppm: int
) -> World:
    """Return the world as the evening's training leaves it."""
    seen = np.concatenate((np.full(OTHERS, VIEWS_OF_OTHERS), views))
    clicked = np.concatenate((others, clicks))
    base = float(clicked.sum()) / float(seen.sum())
    rates = (clicks + CLICK_OF_DOUBT) / (views + CLICK_OF_DOUBT / base)
    names = (*(f"other-{place}" for place in range(OTHERS)), *NAMES)
    codes: dict[str, dict[str, int]] = {column: {} for column in SERVED.words}
    codes["creative"] = {name: code for code, name in enumerate(names, start=1)}
    tables = Tables(
        codes=codes,
        rates={column: [base] for column in SERVED.rated} | {"creative": [base] * (len(names) + 1)},
        base_rate=base,
        views={"creative": [0, *map(int, seen)]},
        clicks={"creative": [0, *map(int, clicked)]},
    )
    return World(
        snapshot=compiled,
        clicks=FakeClickModel(base, dict(zip(NAMES, rates.tolist(), strict=True))),
        orders=FakeOrderModel(),
        evidence=TableEvidence(tables),
        explore_ppm=0,
        learn_ppm=learn_ppm,
    )


def _told(found: tuple[float, float, float]) -> str:
    value, low, high = found
    return f"{value:+.2f} % ({low:+.2f} to {high:+.2f})"
