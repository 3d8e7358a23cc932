"""Orders per click, smoothed: the advertiser's own estimate until enough has been seen."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from adserver.domain.candidate import Candidate
from adserver.domain.identity import number
from adserver.durable import replacing
from adserver.errors import Fault, InvalidConfig
from models.events import Tally, corrections, lines, segments

PRIOR_ORDERS = 5.0
"""The declared estimate weighs as much as the clicks that it takes for so many orders."""
_LOWEST = 1e-6


class Outcome(NamedTuple):
    """What a line item's clicks led to."""

    clicks: int = 0
    orders: int = 0


class SmoothedOrders:
    """Between what the advertiser declared (`Goal.orders_per_click`) and what was counted."""

    def __init__(self, outcomes: Mapping[int, Outcome] | None = None) -> None:
        """Take outcomes by the line item's number; without any, the declared estimates hold."""
        self._outcomes = dict(outcomes or {})

    def orders_per_click(self, candidate: Candidate) -> float:
        """Return expected orders per click, above 0 and at most 1."""
        declared = min(max(candidate.goal.orders_per_click, _LOWEST), 1.0)
        seen = self._outcomes.get(candidate.line_item_number)
        if seen is None:
            return declared
        prior_clicks = PRIOR_ORDERS / declared
        return min((seen.orders + PRIOR_ORDERS) / (seen.clicks + prior_clicks), 1.0)


def outcomes(events: Path, tally: Tally) -> dict[int, Outcome]:
    """Count clicks, and orders credited to a click, by line item number; each of them once.

    Reads a folder of event segments, or one; `tally` says what was unreadable. Raises `InvalidConfig` if it cannot be read.
    """
    clicks: dict[int, set[str]] = {}
    orders: dict[int, set[str]] = {}
    files = segments(events)
    corrected = corrections(files)
    for segment in files:
        for line in lines(segment, tally):
            try:
                event = _EVENT.decode(line)
            except (ValueError, RecursionError):  # msgspec and bad UTF-8 raise the first
                tally.damaged += 1
                continue
            if corrected.stands(event.invalid, event.at):
                continue
            if event.event == "click" and event.measured and event.trainable:
                clicks.setdefault(event.number, set()).add(event.bid)
            elif event.event == "conversion" and event.credit == "click" and event.trainable:
                orders.setdefault(event.number, set()).add(f"{event.advertiser}/{event.order_hash}")
    return {
        line_item: Outcome(len(clicks.get(line_item, ())), len(orders.get(line_item, ())))
        for line_item in clicks.keys() | orders.keys()
    }


def write_outcomes(path: Path, found: Mapping[int, Outcome]) -> None:
    """Keep what was counted, so that a starting server need not read the log. Raises `OSError`."""
    with replacing(path) as file:
        file.write(msgspec.json.encode({str(key): value for key, value in found.items()}))


def read_outcomes(path: Path) -> dict[int, Outcome]:
    """Return what `write_outcomes` kept; nothing kept is nothing counted. Raises `InvalidConfig`."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=dict[str, Outcome])
        return {int(key): value for key, value in kept.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        advice = f"cannot be read: {error}; `train` writes it anew"
        raise InvalidConfig([Fault(str(path), "$", advice)]) from error


class _Event(msgspec.Struct):
    event: str
    line_item: str | int = ""
    bid: str = ""
    measured: bool = False
    trainable: bool = False
    advertiser: str = ""
    order_hash: str = ""
    credit: str = ""
    at: float = 0.0
    invalid: str = ""

    @property
    def number(self) -> int:
        """The line item's number, whether the event carries that or the id."""
        written = self.line_item
        return written if isinstance(written, int) else number("line_item", written)


_EVENT = msgspec.json.Decoder(_Event)
