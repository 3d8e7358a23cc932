"""Logged second-price auctions, played again by other bidders: who bids at least the logged price wins and pays it.

A row is an auction that the log's bidder won: whether it was clicked, what it cost, how probable a click was thought to be.
No bidder can bid more than what is left of its budget, so nobody ever spends more. Prices are in the log's unit (fen per mille).
"""

import lzma
import os
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from adserver.domain.pacing_aim import Aim
from adserver.domain.pacing_meter import Meter
from adserver.domain.pacing_plan import plan
from adserver.domain.pacing_response import LOWEST, SLOPE
from adserver.domain.unbilled import PRIOR_SHARE
from tests.torture.figures import Missing

FOLDER = "ml/ipinyou_rtbcontrol_1458"
DAY_S = 86_400
REPORT_S = 5
"""The log has no times: its auctions come evenly over a day, and workers report as often as they do."""
PLENTY = 10**15
"""In the worker's lease: here the budget alone limits."""

Floats = NDArray[np.float64]
Wins = NDArray[np.bool_]


class Log(msgspec.Struct, frozen=True):
    """Auctions in their order."""

    clicked: NDArray[np.bool_]
    prices: Floats
    chances: Floats
    """Predicted probabilities of a click."""

    @property
    def cost(self) -> float:
        """What all of them cost."""
        return float(self.prices.sum())


class Start(NamedTuple):
    """What a line item's pacing begins with: what the server has learned of it before."""

    pace: float
    slope: float = SLOPE
    share: float = PRIOR_SHARE


def load(name: str) -> Log:
    """Read `train` or `test`. Raises `Missing` without the corpus."""
    root = os.environ.get("ADSERVER_CORPUS")
    path = Path(root or "", FOLDER, f"{name}.txt.xz")
    if not root or not path.exists():
        raise Missing("ADSERVER_CORPUS names no folder with the logged auctions")
    with lzma.open(path, "rt") as lines:
        rows = np.array([line.split("\t")[:3] for line in lines], dtype=np.float64)
    return Log(rows[:, 0] > 0, rows[:, 1], rows[:, 2])


def constant(log: Log, bids: Floats, budget: float) -> Wins:
    """Return what is won by bids that do not heed the budget until it is used up."""
    wins = bids >= log.prices
    costs = np.cumsum(np.where(wins, log.prices, 0.0))
    over = int(np.searchsorted(costs, budget, side="right"))
    if over < len(costs):
        left = budget - (costs[over - 1] if over else 0.0)
        for place in range(over, len(costs)):
            if wins[place] and log.prices[place] <= left:
                left -= log.prices[place]
            else:
                wins[place] = False
    return wins


def multiplier(log: Log, budget: float) -> float:
    """Return what to multiply predicted clicks by, so that the budget just pays for all that is won: the best in hindsight."""
    ratios = log.prices / np.maximum(log.chances, 1e-12)
    order = np.argsort(ratios, kind="stable")
    spent = np.cumsum(log.prices[order])
    last = min(int(np.searchsorted(spent, budget)), len(order) - 1)
    return float(ratios[order[last]])


def paced(log: Log, worths: Floats, budget: float, start: Start) -> tuple[Wins, Start]:
    """Return what the server's own pacing wins, with one worker, one line item and one budget for a day; and what it learns.

    It bids what an impression is worth times the multiplier, which the owner sets after every report by the server's
    own controller; notices come at once.
    """
    aim = Aim(plan("even", (0, DAY_S), (0, DAY_S)))
    meter = Meter(1, round(log.cost / len(log.prices)), start.share)
    meter.response.move(start.pace)
    meter.response.slope = start.slope
    wins = np.zeros(len(log.prices), dtype=np.bool_)
    values, prices = worths.tolist(), log.prices.tolist()
    traffic = len(prices) / DAY_S
    left, begin = float(budget), 0
    for now_s in range(REPORT_S, DAY_S + 1, REPORT_S):
        end = len(prices) * now_s // DAY_S
        claimed, bids, bills = 0.0, 0, []
        for place in range(begin, end):
            bid = min(values[place] * meter.pace, left)
            claimed += bid
            bids += bid >= 1.0  # a budget that is used up bids nothing
            if bid >= prices[place]:
                wins[place] = True
                left -= prices[place]
                bills.append(prices[place])
        if end > begin:
            count = end - begin
            meter.flowed(now_s - REPORT_S, now_s, _Flow(count, bids, round(claimed)))
        for bill in bills:
            meter.unbilled.billed(now_s, 0.0, bill)
        meter.learn(end, end)
        meter.look(now_s, traffic)
        spent = budget - left + meter.pending
        bill = meter.unbilled.bill or meter.price
        meter.aim(aim.rate(round(budget), 0, spent, bill, now_s), traffic, now_s)
        begin = end
    learned = Start(start.pace, meter.response.slope, meter.unbilled.share(meter.pace))
    return wins, learned


def worth_of_a_click(log: Log, budgets: list[float]) -> float:
    """Return a worth with which the multipliers of all these budgets lie in the middle of what pacing can do."""
    needed = [multiplier(log, budget) for budget in budgets]
    return float(np.sqrt(min(needed) * max(needed) / LOWEST))


class _Flow(NamedTuple):
    chances: int
    bids: int
    claimed: int
    free: int = PLENTY
