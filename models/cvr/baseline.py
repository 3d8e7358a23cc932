"""Orders per click and the worth of an order, smoothed: the advertiser's own estimates until enough has been seen."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import isfinite, sqrt
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from adserver.domain.candidate import Candidate
from adserver.domain.gamma import trigamma
from adserver.domain.money import Nanos, share
from adserver.domain.opportunity import Auction, Opportunity
from adserver.durable import replacing
from adserver.errors import Fault, InvalidConfig
from adserver.ports import Orders
from models.cvr.clicks import Found, find, worths
from models.cvr.delays import Delays, learn
from models.events import Tally

PRIOR_ORDERS = 5.0
"""The declared estimate weighs as much as the clicks that it takes for so many orders, and its worth as many orders. What
the advertiser's other line items showed weighs at most as much again.
"""
MOST_TIMES_WORTH = 20
"""An order is never taken for worth so many times more, or less, than the advertiser estimates."""
_LOWEST = 1e-6


class Outcome(NamedTuple):
    """What a line item's clicks led to."""

    clicks: int = 0
    orders: int = 0
    mature: float = -1.0
    """Clicks, each counted as the share of its orders that has come by now; below 0: as many as clicks."""
    valued: int = 0
    """Orders that told their worth."""
    worth: Nanos = 0
    """Of these together."""
    advertiser: str = ""

    @property
    def exposure(self) -> float:
        """Clicks as they are to be divided by."""
        return float(self.clicks) if self.mature < 0 else self.mature


class SmoothedOrders:
    """Between what the advertiser declared (`Goal.orders_per_click`, `Goal.amount`) and what was counted."""

    name = "smoothed"

    def __init__(self, outcomes: Mapping[int, Outcome] | None = None) -> None:
        """Take outcomes by the line item's number; without any, the declared estimates hold."""
        self._outcomes = dict(outcomes or {})
        together: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for each in self._outcomes.values():
            if each.advertiser:
                together[each.advertiser][0] += each.orders
                together[each.advertiser][1] += each.exposure
        self._advertisers = dict(together)

    def orders(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[Orders]:
        """Return what to expect of each, whatever the page."""
        return [self.expected(candidate) for candidate in candidates]

    def expected(self, candidate: Candidate) -> Orders:
        """Return orders per click in (0, 1], their worth, and how little is behind the first."""
        seen = self._outcomes.get(candidate.line_item_number, _NOTHING)
        prior = self._prior(candidate, seen)
        rate = min((seen.orders + PRIOR_ORDERS) / (seen.exposure + PRIOR_ORDERS / prior), 1.0)
        return Orders(rate, _worth(candidate, seen), sqrt(trigamma(seen.orders + PRIOR_ORDERS)))

    def known(self, candidate: Candidate) -> float:
        """Return how many orders its own clicks were expected to bring: the evidence of its own."""
        seen = self._outcomes.get(candidate.line_item_number, _NOTHING)
        return max(float(seen.orders), seen.exposure * self.expected(candidate).per_click)

    def _prior(self, candidate: Candidate, seen: Outcome) -> float:
        """Return the declared rate, moved by what the advertiser's other line items showed."""
        declared = min(max(candidate.goal.orders_per_click, _LOWEST), 1.0)
        totals = self._advertisers.get(candidate.advertiser)
        if totals is None:
            return declared
        orders, exposure = totals
        if seen.advertiser == candidate.advertiser:
            orders, exposure = orders - seen.orders, exposure - seen.exposure
        heavy = max(orders, exposure * declared)
        if heavy <= 0.0:
            return declared
        weight = min(1.0, PRIOR_ORDERS / heavy)
        found = (PRIOR_ORDERS + weight * orders) / (PRIOR_ORDERS / declared + weight * exposure)
        return min(max(found, _LOWEST), 1.0)


def _worth(candidate: Candidate, seen: Outcome) -> Nanos:
    if candidate.goal.kind != "roas":
        return 0
    declared = candidate.goal.amount
    prior = int(PRIOR_ORDERS)
    mean = share(seen.worth + prior * declared, 1, seen.valued + prior)
    return min(max(mean, -(-declared // MOST_TIMES_WORTH)), declared * MOST_TIMES_WORTH)


_NOTHING = Outcome()


def outcomes(events: Path, tally: Tally) -> dict[int, Outcome]:
    """Count clicks, and orders credited to a click, by line item number; each of them once.

    Reads a folder of event segments, or one; `tally` says what was unreadable. Raises `InvalidConfig` if it cannot be read.
    """
    found = find(events, tally)
    return count(found, delays(found))


def delays(found: Found) -> Delays:
    """Return how long orders take, by those that lead to their click."""
    waited = [
        (click.ordered_at - click.at, found.ends - click.at)
        for click in found.clicks.values()
        if isfinite(click.ordered_at)
    ]
    columns = np.array(waited).reshape(-1, 2)
    return learn(columns[:, 0], columns[:, 1])


def count(found: Found, curve: Delays) -> dict[int, Outcome]:
    """Count by line item number, clicks also by the share of their orders that has come when the log ends."""
    numbers = [click.line_item for click in found.clicks.values()]
    ages = np.array([found.ends - click.at for click in found.clicks.values()])
    clicks: dict[int, int] = defaultdict(int)
    mature: dict[int, float] = defaultdict(float)
    for line_item, come in zip(numbers, curve.share(ages).tolist(), strict=True):
        clicks[line_item] += 1
        mature[line_item] += come
    orders: dict[int, int] = defaultdict(int)
    for order in found.orders.values():
        orders[order.line_item] += 1
    valued: dict[int, int] = defaultdict(int)
    worth: dict[int, Nanos] = defaultdict(int)
    for order, taken in worths(found):
        valued[order.line_item] += 1
        worth[order.line_item] += taken
    return {
        line_item: Outcome(
            clicks.get(line_item, 0),
            orders.get(line_item, 0),
            round(mature.get(line_item, 0.0), 6),
            valued.get(line_item, 0),
            worth.get(line_item, 0),
            found.advertisers.get(line_item, ""),
        )
        for line_item in clicks.keys() | orders.keys()
    }


def write_outcomes(path: Path, found: Mapping[int, Outcome]) -> None:
    """Keep what was counted, so that a starting server need not read the log. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)  # the first training of a server
    with replacing(path) as file:
        file.write(encoded(found))


def read_outcomes(path: Path) -> dict[int, Outcome]:
    """Return what `write_outcomes` kept; nothing kept is nothing counted. Raises `InvalidConfig`."""
    try:
        return decoded(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        advice = f"cannot be read: {error}; `train` writes it anew"
        raise InvalidConfig([Fault(str(path), "$", advice)]) from error


def encoded(found: Mapping[int, Outcome]) -> bytes:
    """Return outcomes as JSON."""
    return msgspec.json.encode({str(key): value for key, value in sorted(found.items())})


def decoded(text: bytes) -> dict[int, Outcome]:
    """Return outcomes from JSON; raises `ValueError` if they cannot be."""
    kept = msgspec.json.decode(text, type=dict[str, Outcome])
    for line_item, each in kept.items():
        if min(each.clicks, each.orders, each.valued, each.worth) < 0 or each.mature > each.clicks:
            raise ValueError(f"the counts of line item {line_item[:24]} cannot be")
    return {int(key): value for key, value in kept.items()}
