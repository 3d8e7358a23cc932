"""What logged bids say of the minimum to win: told, at most what we offered, or more than that.

Won (win, billing or impression): told where the exchange said it (`minimum`), in a second-price auction also by what was
charged (`cleared`); otherwise between the floor and our price. Lost by a notice, or never heard of again: more than our
price, or what the notice says. Losses that have nothing to do with the price say nothing.
"""

from math import inf
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from adserver.domain.losses import LossReason
from models.events import Head, Tally, lines, segments
from models.landscape.estimate import Floats, Places
from models.landscape.grid import Bounds
from models.landscape.keys import HOURS, LEVELS, band, kind
from models.progress import Progress

MAX_ROWS = 1_000_000
"""Of more bids a share, drawn by their ids."""
BY_PRICE = frozenset(
    {
        "",
        LossReason.UNSAID,
        LossReason.OTHER,
        LossReason.OUTBID,
        LossReason.BELOW_FLOOR,
        LossReason.BELOW_DEAL_FLOOR,
        LossReason.LOST_TO_DEAL,
    }
)
"""Losses that a higher price might have turned."""
WAIT_QUANTILE = 0.995
"""So many of the notices about wins have come by the time at which no notice means a loss."""
LEAST_WAIT_S, MOST_WAIT_S = 2.0, 86_400.0
"""Notices tell their time in whole seconds."""
_LINE_BYTES = 700
"""Of a bid and what is heard of it."""
_WON = frozenset({"win", "billing", "impression"})
_NANOS = Annotated[int, msgspec.Meta(ge=0, le=10**15)]


class _Bid(msgspec.Struct):
    at: Annotated[float, msgspec.Meta(ge=0, le=10_000_000_000)]
    exchange: str
    media: str
    hour_of_week: Annotated[int, msgspec.Meta(ge=0, le=167)]
    price: _NANOS
    floor: _NANOS = 0
    size: str = ""
    country: str = ""
    publication: str = ""
    tag: str = ""
    deal: str = ""
    auction: str = ""
    p_win: float | None = None


class _Notice(msgspec.Struct):
    loss: str = ""
    cleared: _NANOS | None = None
    minimum: _NANOS | None = None


class _Heard(NamedTuple):
    """What notices said of one bid, the first of each kind."""

    won_s: float = 0.0
    paid: bool = False
    lost: str | None = None
    cleared: int | None = None
    minimum: int | None = None


class Evidence(NamedTuple):
    """One row per bid, by its time."""

    at: Floats
    words: tuple[Places, ...]
    """Codes by level of `keys.LEVELS`."""
    vocabularies: tuple[list[str | int], ...]
    bounds: Bounds
    price: Floats
    """What we offered, house nanos per impression."""
    won: NDArray[np.bool_]
    paid: NDArray[np.bool_]
    """Won, and billed or shown: not everything that wins is."""
    expected: Floats
    """The chance of winning that was logged with the bid; NaN where none was."""
    tally: Tally = Tally()
    young: int = 0
    """Bids whose notices may still come: not in the rows."""

    def take(self, rows: NDArray[np.bool_] | Places) -> "Evidence":
        """Return some of the rows."""
        return self._replace(
            at=self.at[rows],
            words=tuple(column[rows] for column in self.words),
            bounds=Bounds(*(column[rows] for column in self.bounds)),
            price=self.price[rows],
            won=self.won[rows],
            paid=self.paid[rows],
            expected=self.expected[rows],
        )


def read(path: Path, *, max_rows: int = MAX_ROWS, on_progress: Progress) -> Evidence:
    """Read a folder of event segments, or one. Raises `InvalidConfig` if the log cannot be read.

    Only bids that models may learn from. Memory is bounded by `max_rows`, not by the log.
    """
    files = segments(path)
    tally = Tally()
    share = _share(files, max_rows)
    rows = Rows()
    bids: dict[str, _Bid] = {}
    heard: dict[str, _Heard] = {}
    for done, file in enumerate(files):
        on_progress("reading bids and their notices", done / len(files))
        for line in lines(file, tally):
            try:
                head = _HEAD.decode(line)
                if not head.teaches or not _drawn(head.bid, share):
                    continue
                if head.event == "bid":
                    bids[head.bid] = _BID.decode(line)
                elif head.event in _WON or head.event == "loss":
                    before = heard.get(head.bid, _NOTHING)
                    heard[head.bid] = _learned(before, head, _NOTICE.decode(line))
            except (ValueError, RecursionError):  # msgspec and bad UTF-8 raise the first
                tally.damaged += 1
    newest = max((bid.at for bid in bids.values()), default=0.0)
    waits = _waits(bids, heard)
    young = 0
    for name, bid in bids.items():
        known = heard.get(name)
        if bid.at > newest - waits.get(bid.exchange, LEAST_WAIT_S):
            young += 1  # also those that were heard of: they would count for more
        else:
            rows.add(bid, _NOTHING if known is None else known)
    return rows.evidence(tally, young)


class Rows:
    """Evidence as it is gathered."""

    def __init__(self) -> None:
        self._codes: list[dict[str | int, int]] = [{} for _ in LEVELS]
        self._words: list[list[int]] = [[] for _ in LEVELS]
        self._numbers: list[tuple[float, ...]] = []

    def add(self, bid: _Bid, heard: _Heard) -> None:
        """Take in one bid and what was heard of it."""
        bounds = _bounds(bid, heard)
        if bounds is None:
            return
        words = (
            bid.exchange,
            bid.deal,
            bid.country,
            0 if bid.deal else band(bid.floor),  # a deal has a floor of its own
            kind(bid.media, bid.size),
            bid.publication,
            bid.tag,
            bid.hour_of_week % HOURS,
        )
        self.put(
            words,
            at=bid.at,
            bounds=bounds,
            price=bid.price,
            won=heard.won_s > 0,
            paid=heard.paid,
            expected=np.nan if bid.p_win is None else bid.p_win,
        )

    def put(
        self,
        words: tuple[str | int, ...],
        *,
        at: float,
        bounds: tuple[float, float],
        price: float,
        won: bool,
        paid: bool = True,
        expected: float = np.nan,
    ) -> None:
        """Take in one row by its words, one per level."""
        for column, codes, word in zip(self._words, self._codes, words, strict=True):
            column.append(codes.setdefault(word, len(codes)))
        self._numbers.append((at, *bounds, price, won, won and paid, expected))

    def evidence(self, tally: Tally, young: int = 0) -> Evidence:
        """Return the rows by time."""
        numbers = np.array(self._numbers, np.float64).reshape(len(self._numbers), 7)
        order = np.argsort(numbers[:, 0], kind="stable")
        at, above, up_to, price, won, paid, expected = numbers[order].T
        return Evidence(
            at=at,
            words=tuple(np.array(column, np.int64)[order] for column in self._words),
            vocabularies=tuple(list(codes) for codes in self._codes),
            bounds=Bounds(above, up_to),
            price=price,
            won=won > 0,
            paid=paid > 0,
            expected=expected,
            tally=tally,
            young=young,
        )


_HEAD = msgspec.json.Decoder(Head)
_BID = msgspec.json.Decoder(_Bid)
_NOTICE = msgspec.json.Decoder(_Notice)
_NOTHING = _Heard()


def _learned(before: _Heard, head: Head, notice: _Notice) -> _Heard:
    minimum = before.minimum if notice.minimum is None else notice.minimum
    if head.event == "loss":
        return before._replace(lost=notice.loss, minimum=minimum)
    return before._replace(
        won_s=min(head.at, before.won_s or inf),
        paid=before.paid or head.event != "win",
        minimum=minimum,
        cleared=before.cleared if notice.cleared is None else notice.cleared,
    )


def _bounds(bid: _Bid, heard: _Heard) -> tuple[float, float] | None:
    """Return what the minimum to win is above, and at most; `None` if nothing is known of it.

    What contradicts the outcome (a win below the minimum, a loss above it) is not believed.
    """
    price, minimum = float(bid.price), heard.minimum
    if heard.won_s:
        if bid.auction == "agreed_price":
            return None
        if minimum is None and bid.auction == "second_price":
            minimum = heard.cleared
        if minimum is not None and minimum <= price:
            told = float(max(minimum, 1))
            return told, told
        floor = 0.0 if bid.deal else float(bid.floor)
        return min(floor, price) - 1, price
    if heard.lost is not None and heard.lost not in BY_PRICE:
        return None
    if minimum is not None and minimum > price:
        return float(minimum), float(minimum)
    return price, inf


def _waits(bids: dict[str, _Bid], heard: dict[str, _Heard]) -> dict[str, float]:
    """Return by exchange after how many seconds a bid that won was heard of, almost always."""
    delays: dict[str, list[float]] = {}
    for name, known in heard.items():
        bid = bids.get(name)
        if bid is not None and known.won_s:
            delays.setdefault(bid.exchange, []).append(known.won_s - bid.at)
    return {
        exchange: float(np.clip(np.quantile(each, WAIT_QUANTILE), LEAST_WAIT_S, MOST_WAIT_S))
        for exchange, each in delays.items()
    }


def _share(files: list[Path], max_rows: int) -> float:
    """Return which share of the bids to read so that there are about `max_rows`."""
    size = sum(file.stat().st_size for file in files if file.exists())
    return min(1.0, max_rows * _LINE_BYTES / max(1, size))


def _drawn(bid: str, share: float) -> bool:
    return share >= 1.0 or int(bid[:16], 16) < share * 2**64  # ids are random
