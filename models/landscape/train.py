"""Learn a landscape from the event log, publish it, and say what was found."""

import time
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from adserver.domain.moment import rfc3339
from adserver.errors import Fault, InvalidConfig
from models.events import Tally
from models.landscape import grid, hierarchy
from models.landscape.artifact import CURVES, ENOUGH, KIND, Curves, curves, served
from models.landscape.estimate import Observed
from models.landscape.evidence import MAX_ROWS, Evidence, read
from models.landscape.hierarchy import STRENGTH
from models.landscape.judging import Loss, loss
from models.landscape.keys import LEVELS
from models.progress import Progress, silent
from models.registry import artifacts
from models.registry.manifest import Manifest
from models.registry.state import now_text

HALF_LIFE_S = 3 * 86_400.0
"""A bid that is older by so much counts half: prices drift."""
LEARNED = 0.8
"""The share of the rows, the earlier ones, from which is learned what is judged on the others."""
MOSTLY = 0.5
"""An exchange tells what it takes to win if it does so for this share of the wins."""
STRENGTHS = (5.0, 10.0, 20.0, 40.0, 80.0)
"""Tried where a search is asked for."""


class Report(NamedTuple):
    """`str()` of it is meant for the terminal."""

    folder: Path
    name: str
    exchanges: int
    keys: int
    rows: int
    wins: int
    told: int
    """Rows of which the minimum to win was told."""
    young: int
    strength: float
    metrics: dict[str, float]
    tally: Tally
    seconds: float

    def __str__(self) -> str:
        metrics, tally = self.metrics, self.tally
        return (
            f"learned {self.keys} keys at {self.exchanges} exchange(s) from {self.rows} bids, {self.wins} won,"
            f" {self.told} with the minimum told, in {self.seconds:.1f} s: {self.name}\n"
            f"log: {tally.lines} lines, {tally.damaged} unreadable, {tally.torn} torn;"
            f" bids whose notices may still come {self.young}\n"
            f"judged on the latest {metrics['judged']:.0f} bids by what the others taught:\n"
            f"  log loss of winning {metrics['log_loss']:.5f}, by the exchange alone {metrics['plain_log_loss']:.5f}\n"
            f"  predicted / actual wins {metrics['calibration']:.3f}{self._served()}"
        )

    def _served(self) -> str:
        found = self.metrics.get("served_calibration")
        return "" if found is None else f"; as they were bid {found:.3f}"


def train(
    events: Path,
    root: Path,
    *,
    max_rows: int = MAX_ROWS,
    search: bool = False,
    on_progress: Progress = silent,
) -> Report:
    """Learn from a folder of event segments, and publish into the registry `root`.

    The same log gives the same curves. Raises `InvalidConfig` if the log is unreadable or holds too little.
    """
    evidence = read(events, max_rows=max_rows, on_progress=on_progress)
    return train_rows(evidence, root, str(events), search=search, on_progress=on_progress)


def train_rows(
    evidence: Evidence,
    root: Path,
    origin: str,
    *,
    search: bool = False,
    on_progress: Progress = silent,
) -> Report:
    """Learn from rows, from wherever, and publish; raises as `train`."""
    started = time.monotonic()
    check_enough(evidence, origin)
    on_progress("judging on the latest bids", 0.0)
    strength = searched(evidence) if search else STRENGTH
    found = judged(evidence, strength)
    on_progress("learning from all bids", 0.5)
    learned = learn(evidence, strength)
    metrics = {
        "judged": float(found.rows),
        "log_loss": found.log_loss,
        "plain_log_loss": found.plain_log_loss,
        "calibration": found.calibration,
    }
    if (served_as := served_calibration(evidence)) is not None:
        metrics["served_calibration"] = served_as
    told = int(evidence.bounds.told.sum())
    manifest = Manifest(
        kind=KIND,
        created=now_text(),
        columns=LEVELS,
        learned_from=rfc3339(evidence.at[0]),
        learned_until=rfc3339(evidence.at[-1]),
        rows=len(evidence.at),
        positives=int(evidence.won.sum()),
        metrics=metrics,
        parameters={"strength": strength, "half_life_s": HALF_LIFE_S, "told": told},
    )
    folder = artifacts.publish(root, manifest, {CURVES: msgspec.json.encode(learned)})
    on_progress("done", 1.0)
    return Report(
        folder=folder,
        name=folder.name,
        exchanges=sum(key.parent < 0 for key in learned.keys),
        keys=len(learned.keys),
        rows=len(evidence.at),
        wins=int(evidence.won.sum()),
        told=told,
        young=evidence.young,
        strength=strength,
        metrics=metrics,
        tally=evidence.tally,
        seconds=time.monotonic() - started,
    )


def check_enough(evidence: Evidence, origin: str) -> None:
    """Raise `InvalidConfig` if no exchange has enough bids, or nothing was won, or everything."""
    counts = np.bincount(evidence.words[0]) if len(evidence.at) else np.zeros(1)
    if counts.max() < ENOUGH:
        _refuse(
            origin, f"no exchange has {ENOUGH} bids to learn from, the most is {int(counts.max())}"
        )
    won = int(evidence.won.sum())
    if not won:
        _refuse(
            origin,
            f"none of {len(evidence.at)} bids was won: nothing says which price would; is the exchange's "
            "`notices` right?",
        )


def learn(evidence: Evidence, strength: float = STRENGTH) -> Curves:
    """Return the curves that the rows teach; recent ones count for more."""
    prices = grid.choose(evidence.bounds)
    first, last = grid.place(evidence.bounds, prices)
    age_s = evidence.at[-1] - evidence.at
    observed = Observed(
        np.zeros(len(first), np.int64), first, last, np.power(0.5, age_s / HALF_LIFE_S)
    )
    nodes = hierarchy.grow(evidence.words, observed, len(prices) + 1, strength)
    return curves(nodes, evidence.vocabularies, prices, *_exchanges(evidence))


def _exchanges(evidence: Evidence) -> tuple[dict[str, float], list[str]]:
    """Return which share of won bids is billed or shown, by exchange; and the exchanges that tell what most wins took."""
    paid: dict[str, float] = {}
    told: list[str] = []
    for code, word in enumerate(evidence.vocabularies[0]):
        won = evidence.won & (evidence.words[0] == code)
        wins, billed = int(won.sum()), int((won & evidence.paid).sum())
        if billed:
            paid[str(word)] = billed / wins
        if wins and (won & evidence.bounds.told).sum() >= wins * MOSTLY:
            told.append(str(word))
    return paid, told


def judged(evidence: Evidence, strength: float) -> Loss:
    """Return how well the earlier rows foretell which of the later bids win."""
    early, late = parts(evidence)
    return loss(served(learn(early, strength)), late)


def served_calibration(evidence: Evidence) -> float | None:
    """Return wins for which the landscape that served hoped, for each that came; nothing without any."""
    hoped = ~np.isnan(evidence.expected)
    won = int(evidence.won[hoped].sum())
    return float(evidence.expected[hoped].sum() / won) if won else None


def searched(evidence: Evidence) -> float:
    """Return the strength by which the earlier rows foretell the later ones best."""
    return min(STRENGTHS, key=lambda strength: judged(evidence, strength).log_loss)


def parts(evidence: Evidence) -> tuple[Evidence, Evidence]:
    """Return the rows that teach and those that judge."""
    middle = int(len(evidence.at) * LEARNED)
    rows = np.arange(len(evidence.at))
    return evidence.take(rows[:middle]), evidence.take(rows[middle:])


def _refuse(origin: str, message: str) -> None:
    raise InvalidConfig([Fault(origin, "$", f"{message}; serve more traffic first")])
