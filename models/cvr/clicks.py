"""Clicks of the event log, and the orders that were credited to them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from statistics import median
from typing import Annotated

import msgspec

from adserver.domain.identity import number
from adserver.domain.money import Nanos
from models.events import Tally, corrections, lines, segments
from models.progress import Progress, silent

MOST_TIMES = 50
"""An order that is worth more than so many times its advertiser's median is taken for worth that much: a slipped decimal
point, or one order that would outweigh all others.
"""
_FEW_ORDERS = 5
"""With fewer there is no telling what is usual."""


class Click(msgspec.Struct):
    """One click that models may learn from."""

    at: float
    line_item: int
    """The line item's number."""
    ordered_at: float = inf
    """When the first order that is credited to it was reported; infinite: none so far."""


class Order(msgspec.Struct, frozen=True):
    """One order that is credited to a click."""

    at: float
    advertiser: str
    line_item: int
    bid: str
    """Of its click; empty in logs from before that was told."""
    worth: Nanos
    """0: not told."""


@dataclass
class Found:
    """What a log says."""

    tally: Tally
    clicks: dict[str, Click] = field(default_factory=dict)
    """By bid."""
    orders: dict[tuple[str, str], Order] = field(default_factory=dict)
    """By advertiser and hash of the order's number."""
    advertisers: dict[int, str] = field(default_factory=dict)
    """By line item number, of those who bid."""
    ends: float = 0.0
    """When the newest click or order was, seconds since the epoch."""
    invalid: int = 0
    """Clicks and orders that a rule calls invalid: in neither."""
    backwards: int = 0
    """Orders before their click, since a clock was set: with no time between."""
    cut: int = 0
    """Orders that were taken for worth less than they told; see `MOST_TIMES`."""

    @property
    def unjoined(self) -> int:
        """How many orders do not lead to a click of this log."""
        return sum(1 for order in self.orders.values() if order.bid not in self.clicks)


def find(events: Path, tally: Tally, on_progress: Progress = silent) -> Found:
    """Read all clicks and orders of a folder of event segments, or of one; each of them once.

    `tally` says what was unreadable: a line that is no event, a sum that is negative or no whole number. Raises
    `InvalidConfig` if the log cannot be read.
    """
    found = Found(tally)
    files = segments(events)
    corrected = corrections(files)
    for done, segment in enumerate(files):
        on_progress("reading clicks and orders", done / len(files))
        for line in lines(segment, tally):
            try:
                event = _EVENT.decode(line)
            except (ValueError, RecursionError):  # msgspec and bad UTF-8 raise the first
                tally.damaged += 1
                continue
            if event.event == "bid" and event.advertiser:
                found.advertisers[event.number] = event.advertiser
            elif not event.teaches:
                continue
            elif corrected.stands(event.invalid, event.at):
                found.invalid += 1
            elif event.event == "click":
                known = found.clicks.get(event.bid)
                if known is None or event.at < known.at:
                    found.clicks[event.bid] = Click(event.at, event.number)
                found.ends = max(found.ends, event.at)
            else:
                _order(found, event)
    _join(found)
    return found


def worths(found: Found) -> Iterator[tuple[Order, Nanos]]:
    """Yield each order that told its worth, with what it is taken for; count those that are cut."""
    told: Mapping[str, list[Nanos]] = defaultdict(list)
    for order in found.orders.values():
        if order.worth:
            told[order.advertiser].append(order.worth)
    most = {
        advertiser: int(MOST_TIMES * median(values))
        for advertiser, values in told.items()
        if len(values) >= _FEW_ORDERS
    }
    found.cut = 0
    for order in found.orders.values():
        if order.worth:
            taken = min(order.worth, most.get(order.advertiser, order.worth))
            found.cut += taken < order.worth
            yield order, taken


def _order(found: Found, event: "_Event") -> None:
    key = (event.advertiser, event.order_hash)
    if key not in found.orders:
        found.orders[key] = Order(event.at, event.advertiser, event.number, event.bid, event.value)
        found.advertisers.setdefault(event.number, event.advertiser)
        found.ends = max(found.ends, event.at)


def _join(found: Found) -> None:
    for order in found.orders.values():
        click = found.clicks.get(order.bid)
        if click is not None:
            found.backwards += order.at < click.at
            click.ordered_at = min(click.ordered_at, max(order.at, click.at))


class _Event(msgspec.Struct):
    event: str
    line_item: str | int = ""
    bid: str = ""
    measured: bool = False
    trainable: bool = False
    advertiser: str = ""
    order_hash: str = ""
    credit: str = ""
    at: Annotated[float, msgspec.Meta(ge=0, le=10_000_000_000)] = 0.0
    invalid: str = ""
    value: Annotated[int, msgspec.Meta(ge=0, le=10**18)] = 0

    @property
    def teaches(self) -> bool:
        """Whether it is a click or an order to learn from."""
        if not self.trainable:
            return False
        if self.event == "click":
            return self.measured
        return self.event == "conversion" and self.credit == "click"

    @property
    def number(self) -> int:
        """The line item's number, whether the event carries that or the id."""
        written = self.line_item
        return written if isinstance(written, int) else number("line_item", written)


_EVENT = msgspec.json.Decoder(_Event)
