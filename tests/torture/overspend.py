"""R5: small budgets, many workers, and an exchange that loses, repeats and mixes up what it tells.

Once with eight workers without their HTTP side on one owner's socket, in a time that runs faster, so that lives of bids end many
times over; once with whole servers.
"""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import uvloop
from msgspec import structs
from structlog.testing import capture_logs

from tests.endpoints.catalogs import HIGH_CPM, advertiser, banner, line_item
from tests.endpoints.client import EXCHANGE
from tests.endpoints.server import Json, wait
from tests.torture.agreement import judge, own_ledger
from tests.torture.figures import Figure, Scale, none_of
from tests.torture.haggling import UNIT, WORKERS, Haggle, Manners
from tests.torture.replay import Replay, of_file
from tests.torture.running import serving
from tests.torture.trading import Habits, Trading

BUDGETS = (1, 2, 3, 10, 100, 1_000, 10_000)
"""Impressions."""
SMALL = BUDGETS[:5]
ACCOUNT = "line_item/tent/life"
ALIKE, MIXED = Manners(), Manners(cheapest=0.4)
DISORDERLY = Manners(late=0.15, contradicted=0.1, cheapest=0.4)
SLOWER = Manners(mode="lease", won=0.8, silent=0.05, prompt=1_600, tardy=True)
"""An exchange that bills within seconds until that is relied upon, and then takes as long as it may."""
ENOUGH = 1_500
"""Impressions: of the prompt bids some 1,300 are billed, so the rest of the budget meets the change."""
SIZES = ("300x250", "728x90", "160x600", "320x50", "970x250")
"""Of banners, one for each small budget."""
EXPIRY_S = 2


class Course(NamedTuple):
    """Haggles of the same manners, one for each budget, when they are over."""

    what: str
    haggles: list[Haggle]
    replays: list[Replay]
    """Of their ledgers."""
    wrong: list[str]
    """Where ledgers and books differ."""

    @property
    def bids(self) -> int:
        """How many were made."""
        return sum(each.bids for each in self.haggles)

    def pairs(self) -> Iterator[tuple[Haggle, Replay]]:
        """Return each with its ledger."""
        return zip(self.haggles, self.replays, strict=True)


def run(scale: Scale) -> list[Figure]:
    """Spend all that there is, and look for more than that."""
    seconds = 150.0 if scale.full else 7.0
    alike, mixed, late = _run(
        {
            "same prices": (ALIKE, BUDGETS if scale.full else SMALL),
            "mixed prices": (MIXED, BUDGETS if scale.full else (3, 10)),
            "billed after release": (DISORDERLY, SMALL if scale.full else (10, 100)),
        },
        seconds,
        scale,
    )
    (slower,) = _run(
        {"an exchange that becomes slow": (SLOWER, (ENOUGH,))}, 40.0 if scale.full else 14.0, scale
    )
    return [*_in_time(alike, scale), *_in_time(mixed, scale), *_too_late(late), *_slower(slower)]


def _run(
    courses: Mapping[str, tuple[Manners, Sequence[int]]], seconds: float, scale: Scale
) -> list[Course]:
    """Run all of these side by side."""
    with tempfile.TemporaryDirectory(prefix="haggle-") as folder, capture_logs() as logs:
        found = [
            Course(what, [Haggle(Path(folder, f"{what} {n}"), n, manners, scale.seed) for n in budgets], [], [])
            for what, (manners, budgets) in courses.items()
        ]  # fmt: skip
        uvloop.run(_all([haggle for course in found for haggle in course.haggles], seconds))
        wrong = [str(event) for event in logs if event["log_level"] in {"error", "critical"}]
        for course in found:
            course.wrong.extend(wrong)
            for haggle in course.haggles:
                replay = Replay({ACCOUNT: haggle.budget}).all(of_file(haggle.ledger))
                course.replays.append(replay)
                course.wrong.extend(replay.wrong)
                course.wrong.extend(
                    f"{haggle.paid.get(bid)} acknowledged, {replay.media.get(bid)} booked"
                    for bid in haggle.paid.keys() | replay.media.keys()
                    if haggle.paid.get(bid) != replay.media.get(bid)
                )
    return found


async def _all(haggles: Sequence[Haggle], seconds: float) -> None:
    await asyncio.gather(*(haggle.run(seconds) for haggle in haggles))


def _in_time(course: Course, scale: Scale) -> list[Figure]:
    """All notices come within the lives of their bids."""
    over, late, left = [], [], []
    for haggle, replay in course.pairs():
        if beyond := replay.overspent():
            over.append(f"{haggle.impressions}: {beyond}")
        if replay.late_bids:
            late.append(f"{haggle.impressions}: {len(replay.late_bids)} bids")
        rest = haggle.budget - replay.settled[ACCOUNT]
        if rest >= UNIT * haggle.manners.cheapest:
            left.append(f"{haggle.impressions}: {rest:,} of {haggle.budget:,}")
    budgets = ", ".join(f"{each.impressions:,}" for each in course.haggles)
    named = f"{course.what}, {WORKERS} clients of an owner, budgets of {budgets}"
    return [
        none_of("R5", f"{named}: nanos beyond a budget", course.bids, over),
        none_of("R5", f"{course.what}: budgets with notices in time that are booked as late", course.bids, late),
        _agreed(course),
        _used_up(course, left, scale),
    ]  # fmt: skip


def _agreed(course: Course) -> Figure:
    what = f"{course.what}: counted twice, not at all, or not as acknowledged"
    return none_of("R5", what, course.bids, course.wrong)


def _used_up(course: Course, left: list[str], scale: Scale) -> Figure:
    """Demand was there to the end. The short form has no time to come to it."""
    what = f"{course.what}: budgets of which more is left than the cheapest bid costs"
    figure = none_of("R5", what, len(course.haggles), left)
    return figure if scale.full else structs.replace(figure, wanted="reported", met=True)


def _too_late(course: Course) -> list[Figure]:
    """Some bids are billed when their money has been let go of: owed all the same, and known apart."""
    over, unbound = [], []
    late = bound = 0
    for haggle, replay in course.pairs():
        most = sum(haggle.disorderly[bid] for bid in haggle.disorderly.keys() & haggle.paid.keys())
        late, bound = late + replay.late[ACCOUNT], bound + most
        if replay.settled[ACCOUNT] > haggle.budget:
            over.append(f"{haggle.impressions}: {replay.settled[ACCOUNT] - haggle.budget}")
        if not replay.late_bids <= haggle.disorderly.keys() or replay.late[ACCOUNT] > most:
            unbound.append(f"{haggle.impressions}: {replay.late[ACCOUNT]} of at most {most}")
    return [
        none_of("R5", f"{course.what}: settled beyond a budget", course.bids, over),
        _agreed(course),
        none_of("R5", f"{course.what}: late beyond its bound", len(course.haggles), unbound),
        Figure("R5", f"{course.what}: booked as late, nanos; the bound is the full price of such bids",
               f"{late:,}", f"<= {bound:,}", 0 < late <= bound),
    ]  # fmt: skip


def _slower(course: Course) -> list[Figure]:
    """In mode `lease` such an exchange makes bids hold too little: no more than the owner said is exceeded."""
    (haggle,), (replay,) = course.haggles, course.replays
    over, late, most = replay.overspent(), replay.late[ACCOUNT], haggle.exposed
    what = f"{course.what}, budget of {haggle.budget:,} nanos, mode lease"
    return [
        Figure("R5", f"{what}: nanos beyond the budget; the bound is what was printed as exposed",
               f"{over:,}", f"<= {most:,}", over <= most > 0),
        Figure("R5", f"{what}: booked as late, nanos", f"{late:,}", f"<= {most:,}", late <= most),
        _agreed(course),
    ]  # fmt: skip


def served(scale: Scale) -> list[Figure]:
    """Do the same through HTTP, with real workers, in both modes."""
    return [
        figure
        for mode in ("strict", "lease")[: scale.count(2, 1)]
        for figure in _served(mode, scale)
    ]


def _served(mode: str, scale: Scale) -> list[Figure]:
    workers = scale.count(8, 3)
    habits = Habits(
        rate=150, won=0.5, lost=0.3, contradicted=0.0, repeated=0.3, soon_s=1.0, cheapest=1.0
    )
    exchange = {"name": EXCHANGE, "expiry_s": EXPIRY_S, "keep_percent": 100}
    limits = {f"line_item/budget-{n}/life": n * HIGH_CPM * 10**6 for n in SMALL}
    settings = {"workers": workers, "exchanges": [exchange], "money": {"mode": mode}}
    imps = [
        {"id": "1", "banner": {"w": int(width), "h": int(height)}, "bidfloor": 0.5}
        for width, _, height in (size.partition("x") for size in SIZES)
    ]
    with serving(_catalog(), settings=settings) as server:
        with Trading([server.port], [habits], scale.seed, imps).open() as books:
            box = scale.time(0.3)
            wait(
                lambda: box.over() or all(books.owed(f"budget-{n}") >= _cost(n) for n in SMALL),
                600.0,
            )
        what = f"{workers} worker processes, {mode}"
        figures, replay = judge("R5", what, books, [server], own_ledger(server), limits)
    left = _left(replay, limits)
    return [
        Figure("R5", f"{what}, budgets of {', '.join(map(str, SMALL))}: nanos beyond a budget",
               str(replay.overspent()), "0", replay.overspent() == 0),
        none_of("R5", f"{what}: booked as late", len(replay.media), sorted(replay.late_bids)),
        *figures,
        Figure("R5", f"{what}: left of the budgets, impressions", ", ".join(left), "none" if scale.full else "reported",
               not scale.full or set(left) == {"0"}),
    ]  # fmt: skip


def _catalog() -> Json:
    found: Json = {}
    for impressions, size in zip(SMALL, SIZES, strict=True):
        name = f"budget-{impressions}"
        budget = f"{_cost(impressions) / 10**9:.9f}"
        item = line_item(name, [f"{name}-ad"], lifetime_budget=budget)
        found |= advertiser(name, [banner(f"{name}-ad", size)], [item])
    return found


def _cost(impressions: int) -> int:
    """Return what so many impressions cost, nanos."""
    return impressions * HIGH_CPM * 10**6


def _left(replay: Replay, limits: Mapping[str, int]) -> list[str]:
    return [f"{(limit - replay.settled[name]) // _cost(1)}" for name, limit in limits.items()]
