"""Judge the rotation: `python -m tests.bench.bench_rotation`, with ADSERVER_CORPUS also on a real logged bandit.

Off-policy evaluation on the Open Bandit Dataset (Saito et al. 2021; CC BY 4.0), whose log has true propensities: our policy, replayed on
the log of the uniformly random one, against that one and against the Thompson sampling that really ran there.
"""

import csv
import io
import lzma
import os
from collections.abc import Iterator, Sequence
from math import sqrt
from pathlib import Path
from random import Random
from typing import NamedTuple

from adserver.domain.bandit import MAX_ARMS, Arm, shares

RATES = (0.004, 0.006, 0.005, 0.009)
ROUNDS, NEWS_EVERY = 100_000, 500
SEEDS = 5


class Logged(NamedTuple):
    """One decision of the log."""

    arm: int
    position: int
    clicked: int
    propensity: float


def main() -> None:
    """Print regrets, then what the log says."""
    _regret()
    root = os.environ.get("ADSERVER_CORPUS")
    folder = Path(root or "", "ml", "zozo_obd")
    if root and folder.exists():
        _off_policy(folder)
    else:
        print("no ADSERVER_CORPUS: the logged bandit was not looked at")


def _regret() -> None:
    """Print how many clicks are lost against always showing the best, by seed."""
    for name, learned in (("even", False), ("learned", True)):
        lost = [max(RATES) * ROUNDS - _clicks(seed, learned=learned) for seed in range(SEEDS)]
        mean = sum(lost) / SEEDS
        print(
            f"{mean:8.0f} clicks lost of {max(RATES) * ROUNDS:.0f}: {name} turns, mean of {SEEDS} seeds {[round(each) for each in lost]}"
        )


def _clicks(seed: int, *, learned: bool) -> float:
    dice = Random(seed)
    seen, clicked = [0] * len(RATES), [0] * len(RATES)
    chances: Sequence[float] = [1 / len(RATES)] * len(RATES)
    expected = 0.0
    for number in range(ROUNDS):
        if learned and number % NEWS_EVERY == 0:
            chances = shares([Arm(n, c) for n, c in zip(seen, clicked, strict=True)])
        arm = dice.choices(range(len(RATES)), chances)[0]
        seen[arm] += 1
        clicked[arm] += dice.random() < RATES[arm]
        expected += RATES[arm]
    return expected


def _off_policy(folder: Path) -> None:
    """Learn from what the log lets us see, and weigh each click by how much likelier we were to get it."""
    log = list(_rows(folder / "random.men.csv.xz"))
    ran = list(_rows(folder / "bts.men.csv.xz"))
    print(
        f"{_mean(log):8.4f} clicks a hundred, {len(log):,} decisions: uniformly random, as logged"
    )
    print(
        f"{_mean(ran):8.4f} clicks a hundred, {len(ran):,} decisions: the Thompson sampling that ran there, as logged"
    )
    arms = sorted({each.arm for each in log})[:MAX_ARMS]
    log = [each for each in log if each.arm in arms]
    print(
        f"Of the first {len(arms)} items, {len(log):,} decisions with {sum(e.clicked for e in log)} clicks:"
    )
    print(f"{_mean(log):8.4f} clicks a hundred: uniformly random over them, as logged")
    seen = dict.fromkeys(arms, 0)
    clicked = dict.fromkeys(arms, 0)
    weights: list[float] = []
    gains: list[float] = []
    chances = dict.fromkeys(arms, 1 / len(arms))
    for number, each in enumerate(log):
        if number % NEWS_EVERY == 0:
            found = shares([Arm(seen[arm], clicked[arm]) for arm in arms])
            chances = dict(zip(arms, found, strict=True))
        weight = chances[each.arm] * len(arms)  # the log is uniform over these items
        weights.append(weight)
        gains.append(weight * each.clicked)
        seen[each.arm] += 1  # as a log tells: all that was shown, not only what we would have shown
        clicked[each.arm] += each.clicked
    ips = sum(gains) / len(gains)
    error = sqrt(sum((gain - ips) ** 2 for gain in gains) / (len(gains) - 1) / len(gains))
    print(
        f"{100 * ips:8.4f} +- {196 * error:.4f} (95 %) clicks a hundred: ours, by inverse propensities"
    )
    print(f"{100 * sum(gains) / sum(weights):8.4f} clicks a hundred: ours, self-normalised")


def _mean(log: Sequence[Logged]) -> float:
    return 100 * sum(each.clicked for each in log) / len(log)


def _rows(path: Path) -> Iterator[Logged]:
    with lzma.open(path) as file:
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8")):
            yield Logged(
                int(row["item_id"]),
                int(row["position"]),
                int(row["click"]),
                float(row["propensity_score"]),
            )


if __name__ == "__main__":
    main()
