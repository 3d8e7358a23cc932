"""A market whose rivals are known, and the log of who bid there."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

MONDAY_S = 1_790_553_600.0  # 2026-09-28 00:00 UTC
CPM = 1_000_000
LEVELS = {"dear.example": 4.0, "cheap.example": 1.0}
"""The median of the highest rival's bid, CPM."""


class Auctioned(NamedTuple):
    """An auction and what we bid there."""

    at: float
    publication: str
    floor: int
    minimum: int
    price: int
    bid: str

    @property
    def won(self) -> bool:
        """Whether we offered enough."""
        return self.price >= self.minimum


def auctions(count: int, seed: int = 1, scale: float = 1.0) -> Iterator[Auctioned]:
    """Yield auctions in order of time, bid on at prices all over the place."""
    dice = random.Random(seed)
    for number in range(count):
        publication = dice.choice(sorted(LEVELS))
        floor = dice.choice((0, 500_000))
        rival = LEVELS[publication] * dice.lognormvariate(0, 0.3) * CPM * scale
        yield Auctioned(
            MONDAY_S + number,
            publication,
            floor,
            max(floor, int(rival)),
            int(dice.uniform(0.5, 8) * CPM),
            f"{dice.getrandbits(128):032x}",
        )


def bid_line(each: Auctioned, **changes: Any) -> dict[str, Any]:
    """Return what is logged of a bid."""
    return {
        "at": each.at, "bid": each.bid, "exchange": "ssp", "media": "banner", "size": "300x250", "country": "USA",
        "publication": each.publication, "tag": "top", "hour_of_week": int(each.at // 3_600) % 168, "floor": each.floor,
        "value": 10 * CPM, "price": each.price, "deal": "", "auction": "first_price", "p_win": None,
        "measured": True, "trainable": True, "event": "bid", **changes,
    }  # fmt: skip


def notice_line(each: Auctioned, kind: str, **changes: Any) -> dict[str, Any]:
    """Return what is logged of a notice a second later."""
    return {
        "event": kind, "at": each.at + 1, "bid": each.bid, "exchange": "ssp", "measured": True, "trainable": True,
        "loss": "", "cleared": None, "minimum": None, **changes,
    }  # fmt: skip


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    """Write a segment of the event log."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def log(path: Path, bids: list[Auctioned], *, told: bool = True) -> Path:
    """Write bids and what became of them; losses by silence."""
    lines = []
    for each in bids:
        lines.append(bid_line(each))
        if each.won:
            lines.append(notice_line(each, "win", minimum=each.minimum if told else None))
            lines.append(notice_line(each, "billing", cleared=each.price))
    return write(path, lines)
