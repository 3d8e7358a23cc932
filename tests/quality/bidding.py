"""M5: the clicks that a budget buys in logged auctions, against linear and truthful bidding.

Everything is chosen on the train file, and then the test file is opened. Which probabilities to bid by (the log's own, or
recalibrated), and how pacing begins, was tried on train alone: one part of it by time, then the next.
"""

from typing import NamedTuple

import numpy as np

from tests.quality.auctions import (
    Floats,
    Log,
    Start,
    Wins,
    constant,
    load,
    multiplier,
    paced,
    worth_of_a_click,
)
from tests.quality.intervals import interval_of_sum
from tests.torture.figures import Figure, Scale

SHARES = (32, 16, 8, 4, 2)
"""Budgets are the file's total cost divided by these."""
TRIED = np.geomspace(1.0, 3_000.0, 400)
"""Base bids of linear bidding, in the log's unit."""
ROUNDS = 4_000


class Frozen(NamedTuple):
    """All that was learned from the train file."""

    mean_chance: float
    base_bids: dict[int, float]
    """Of linear bidding, by share: tuned for each."""
    per_click: float
    """Of truthful bidding: what a click cost."""
    worth: float
    """Of a click, for us."""
    most: float
    """No bid of ours is above that, before it is paced."""
    starts: dict[int, Start]
    """Of our pacing, by share."""
    steps: tuple[Floats, Floats]
    """Predicted clicks and how often they came true, rising: see `calibrated`."""


def freeze(train: Log) -> Frozen:
    """Choose everything."""
    budgets = {share: train.cost / share for share in SHARES}
    mean = float(train.chances.mean())
    worth = worth_of_a_click(train, list(budgets.values()))
    most = float(train.prices.max()) / 0.05  # at no pace below the dearest impression
    starts = {}
    for share, budget in budgets.items():
        begin = Start(min(1.0, multiplier(train, budget) / worth))
        _, starts[share] = paced(train, np.minimum(worth * train.chances, most), budget, begin)
    return Frozen(
        mean_chance=mean,
        base_bids={share: _tuned(train, mean, budget) for share, budget in budgets.items()},
        per_click=train.cost / int(train.clicked.sum()),
        worth=worth,
        most=most,
        starts=starts,
        steps=_steps(train),
    )


def bidders(log: Log, frozen: Frozen, share: int) -> dict[str, Wins]:
    """Return what each wins with the budget of a share of what the file cost."""
    budget = log.cost / share
    linear = frozen.base_bids[share] * log.chances / frozen.mean_chance
    worths = np.minimum(frozen.worth * log.chances, frozen.most)
    return {
        "ours": paced(log, worths, budget, frozen.starts[share])[0],
        "linear": constant(log, linear, budget),
        "truthful": constant(log, frozen.per_click * log.chances, budget),
        "hindsight": constant(log, multiplier(log, budget) * log.chances, budget),
    }


def calibrated(chances: Floats, frozen: Frozen) -> Floats:
    """Return how often clicks so predicted came true in the train file, in steps that only rise."""
    begins, rates = frozen.steps
    return rates[np.maximum(0, np.searchsorted(begins, chances, side="right") - 1)]


def _tuned(train: Log, mean: float, budget: float) -> float:
    """Return the base bid that gets most clicks, of several the one that should get most by the predictions."""
    best = (-1, -1.0, 0.0)
    for base in TRIED.tolist():
        wins = constant(train, base * train.chances / mean, budget)
        best = max(best, (int(train.clicked[wins].sum()), float(train.chances[wins].sum()), base))
    return best[2]


def _steps(log: Log) -> tuple[Floats, Floats]:
    """Return the likeliest rising function of the predictions, by pooling neighbours that fall (Ayer et al. 1955)."""
    order = np.argsort(log.chances, kind="stable")
    pools: list[tuple[float, float, float]] = []  # begins, clicks, auctions
    for chance, clicked in zip(
        log.chances[order].tolist(), log.clicked[order].tolist(), strict=True
    ):
        pool = (chance, float(clicked), 1.0)
        while pools and pools[-1][1] * pool[2] >= pool[1] * pools[-1][2]:
            begins, clicks, auctions = pools.pop()
            pool = (begins, clicks + pool[1], auctions + pool[2])
        pools.append(pool)
    begins, clicks, auctions = np.array(pools).T
    return begins, clicks / auctions


def run(scale: Scale) -> list[Figure]:
    """Freeze on train, open test, and compare. Raises `Missing` without the logs."""
    frozen = freeze(load("train"))
    test = load("test")
    wins = {share: bidders(test, frozen, share) for share in SHARES}
    return compare(test, frozen, wins, scale.seed)


def compare(log: Log, frozen: Frozen, wins: dict[int, dict[str, Wins]], seed: int) -> list[Figure]:
    """Return clicks, and clicks as they were to be expected, per budget and in sum."""
    expected = calibrated(log.chances, frozen)
    figures = []
    for rival in ("linear", "truthful"):
        for share in SHARES:
            mine, theirs = wins[share]["ours"], wins[share][rival]
            figures.append(_budget(log, mine, theirs, expected, share, rival, seed))
        better = sum(
            wins[share]["ours"].astype(float) - wins[share][rival].astype(float) for share in SHARES
        )
        figures.append(_sum(log, better, expected, rival, wins, seed))
    figures.append(_spent(log, wins))
    return figures


def _budget(
    log: Log, mine: Wins, theirs: Wins, expected: Floats, share: int, rival: str, seed: int
) -> Figure:
    better = mine.astype(float) - theirs.astype(float)
    low, high = interval_of_sum(better * log.clicked, seed, ROUNDS)
    return Figure(
        "M5",
        f"1/{share} of the cost, against {rival}: clicks",
        f"{log.clicked[mine].sum()} to {log.clicked[theirs].sum()} ({low:+.0f} to {high:+.0f}); "
        f"to be expected {expected[mine].sum():.1f} to {expected[theirs].sum():.1f}; "
        f"spent {_share(log, mine, share):.1%} and {_share(log, theirs, share):.1%}",
        "not fewer beyond noise",
        high >= 0,
    )


def _sum(
    log: Log,
    better: Floats,
    expected: Floats,
    rival: str,
    wins: dict[int, dict[str, Wins]],
    seed: int,
) -> Figure:
    low, high = interval_of_sum(better * log.clicked, seed, ROUNDS)
    least, most = interval_of_sum(better * expected, seed, ROUNDS)
    mine, theirs = (
        sum(int(log.clicked[wins[share][name]].sum()) for share in SHARES)
        for name in ("ours", rival)
    )
    return Figure(
        "M5",
        f"all budgets, against {rival}: clicks",
        f"{mine} to {theirs}: {mine - theirs:+} ({low:+.0f} to {high:+.0f}); to be expected "
        f"{float((better * expected).sum()):+.1f} ({least:+.1f} to {most:+.1f})",
        "more, interval above 0",
        low > 0,
    )


def _spent(log: Log, wins: dict[int, dict[str, Wins]]) -> Figure:
    """Return what of each budget we spent, and what part of the clicks we got that one multiplier gets in hindsight."""
    shares = [_share(log, wins[share]["ours"], share) for share in SHARES]
    got, best = (
        sum(int(log.clicked[wins[share][name]].sum()) for share in SHARES)
        for name in ("ours", "hindsight")
    )
    return Figure(
        "M5",
        "ours: of the budgets spent; clicks, and those of the best multiplier in hindsight",
        f"{', '.join(f'{share:.1%}' for share in shares)}; {got} and {best}",
        "never more than all",
        max(shares) <= 1.0,
    )


def _share(log: Log, wins: Wins, share: int) -> float:
    return float(log.prices[wins].sum()) * share / log.cost
