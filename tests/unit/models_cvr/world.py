"""A small market whose order probabilities, worths and delays are known, and the log of it."""

import json
import random
from collections.abc import Iterator
from math import exp
from pathlib import Path
from typing import NamedTuple

from tests.unit.models_ctr.world import (
    COUNTRIES,
    MONDAY_S,
    SPAN_S,
    Shown,
    bid_event,
    contact,
    shown,
)

DELAY_S = 86_400.0
"""Mean delay of orders, of a week's log."""
UNIT = 1_000_000_000


class Bought(NamedTuple):
    """A click with the truth of it."""

    seen: Shown
    probability: float
    """That an order follows in the end."""
    worth: float
    """Expected, of an order, nanos."""
    waits_s: float | None
    """Until its order; none: there is none."""

    @property
    def clicked_at(self) -> float:
        """Seconds since the epoch."""
        return self.seen.now_s + 9


def bought(count: int, seed: int = 1, delay_s: float = DELAY_S) -> Iterator[Bought]:
    """Yield clicks over a week, in order of time."""
    dice = random.Random(seed)
    for seen in shown(count, seed):
        auction, chosen = seen.auction, seen.candidate
        log_odds = (
            -1.6
            + (1.0 if auction.device_type == "computer" else 0.0)
            + 0.4 * (COUNTRIES.index(auction.country) - 2)
            - 0.3 * (chosen.index % 4)
        )
        probability = 1 / (1 + exp(-log_odds))
        worth = UNIT * (20 + 10 * (chosen.index % 3)) * (3.0 if auction.os == "ios" else 1.0)
        ordered = dice.random() < probability
        yield Bought(seen, probability, worth, dice.expovariate(1 / delay_s) if ordered else None)


def write_log(folder: Path, clicks: list[Bought], seed: int = 2) -> Path:
    """Write their log, which ends with the week: later orders are not in it."""
    dice = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "0.jsonl").open("w") as log_file:
        for each in clicks:
            seen = each.seen
            log_file.write(json.dumps(bid_event(seen)) + "\n")
            log_file.write(json.dumps(contact(seen, "impression", 1)) + "\n")
            log_file.write(json.dumps(contact(seen, "click", 9)) + "\n")
            if each.waits_s is None or each.clicked_at + each.waits_s > MONDAY_S + SPAN_S:
                continue
            log_file.write(json.dumps({
                "event": "conversion", "at": each.clicked_at + each.waits_s,
                "advertiser": seen.candidate.advertiser, "order_hash": seen.bid,
                "value": int(each.worth * dice.lognormvariate(-0.08, 0.4)),
                "line_item": seen.candidate.line_item, "credit": "click", "trainable": True,
                "bid": seen.bid, "invalid": "",
            }) + "\n")  # fmt: skip
    return folder
