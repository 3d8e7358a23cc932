"""A ledger's file, replayed with nothing of the server's: plain dictionaries over the entries as they are documented.

`adserver/domain/entries.py` says what is in an entry, `docs/explanation/money.md` what follows from it. Whatever
should never be is collected in `wrong`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from struct import unpack
from typing import Any
from zlib import crc32

import msgspec

(
    LEASED, OPENED, GRANTED, RETURNED, CLOSED, EXPIRED, SETTLED, LATE, QUARANTINED, SEEN, ORDERED, CHECKPOINT,
    CORRECTED, INSTALLED, ADJUSTED, SHIFTED, ALIVE, WANTED, RELEASED,
) = range(19)  # fmt: skip
_OF_NO_ACCOUNT = {
    LEASED,
    CLOSED,
    QUARANTINED,
    ORDERED,
    CORRECTED,
    INSTALLED,
    ALIVE,
    WANTED,
    RELEASED,
}
_HEAD = 12
"""Mark, length and checksum of a frame."""
Entry = list[Any]


def whole_frames(data: bytes) -> list[tuple[bytes, int]]:
    """Return the payloads of a ledger file up to the first frame that is not whole, each with where it ends."""
    at, found = data.find(b"\n") + 1, []
    while at + _HEAD <= len(data):
        length, checksum = unpack(">II", data[at + 4 : at + _HEAD])
        payload = data[at + _HEAD : at + _HEAD + length]
        if len(payload) < length or crc32(payload) != checksum:
            break
        at += _HEAD + length
        found.append((payload, at))
    return found


def of_file(ledger: Path) -> Iterator[Entry]:
    """Yield the entries of a ledger file."""
    yield from entries(payload for payload, _ in whole_frames(ledger.read_bytes()))


def entries(payloads: Iterable[bytes]) -> Iterator[Entry]:
    """Yield the entries of frames, each a tag and its fields."""
    for payload in payloads:
        yield from msgspec.msgpack.decode(payload)


class Replay:
    """All totals of a ledger, nanos."""

    def __init__(self, limits: Mapping[str, int] | None = None) -> None:
        """Watch that no account is ever promised more than its limit."""
        self.wrong: list[str] = []
        self.settled: defaultdict[str, int] = defaultdict(int)
        """By account, as the two that follow."""
        self.outstanding: defaultdict[str, int] = defaultdict(int)
        self.late: defaultdict[str, int] = defaultdict(int)
        self.parts: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        """Media, data, tech and margin by the number of the line item."""
        self.media: dict[str, int] = {}
        """By bid, as the exchange writes it."""
        self.late_bids: set[str] = set()
        self.shown: set[str] = set()
        """Bids whose pixel was counted, as the exchange writes them."""
        self.seen: Counter[tuple[int, str]] = Counter()
        """Notices by the number of the line item and kind."""
        self.items: dict[int, str] = {}
        """Ids of line items by number."""
        self.count = 0
        """Entries."""
        self._limits = dict(limits or {})
        self._accounts: dict[int, list[str]] = {}
        self._held: defaultdict[tuple[int, int], int] = defaultdict(int)
        self._notices: set[tuple[bytes, str]] = set()
        self._over: set[int] = set()
        self._by_tag: dict[int, Callable[[list[Any]], None]] = {
            OPENED: self._open,
            GRANTED: partial(self._lend, sign=1),
            RETURNED: partial(self._lend, sign=-1),
            EXPIRED: self._expire,
            SETTLED: partial(self._settle, late=False),
            LATE: partial(self._settle, late=True),
            SEEN: self._see,
            SHIFTED: self._shift,
        }

    def all(self, found: Iterable[Entry]) -> "Replay":
        """Apply all of these, one after the other."""
        for entry in found:
            self.apply(entry)
        return self

    def apply(self, entry: Entry) -> None:
        """Apply one entry."""
        self.count += 1
        tag, *fields = entry
        book = self._by_tag.get(tag)
        if book is not None:
            book(fields)
        elif tag == CHECKPOINT and self.count > 1:
            pass  # it only sums up what came before
        elif tag not in _OF_NO_ACCOUNT:
            self.wrong.append(f"an entry with tag {tag}, which nothing here should lead to")

    def overspent(self) -> int:
        """Return by how much accounts are beyond their limits, late liabilities included; the worst of them."""
        spent = (
            self.settled[account] + self.late[account] - limit
            for account, limit in self._limits.items()
        )
        return max(0, *spent, 0)

    def held_by(self) -> Counter[int]:
        """Return what is outstanding by lease, from all pots together."""
        held: Counter[int] = Counter()
        for (lease, _), amount in self._held.items():
            held[lease] += amount
        return held

    def _open(self, fields: list[Any]) -> None:
        pot, key, accounts = fields[:3]
        self._accounts[pot] = accounts
        kind, _, rest = accounts[0].partition("/")
        if kind == "line_item":
            self.items[key] = rest.partition("/")[0]

    def _lend(self, fields: list[Any], *, sign: int) -> None:
        lease, pot, amount = fields[:3]
        if lease in self._over:
            self.wrong.append(f"lease {lease} moves money after it expired")
        self._move(lease, pot, sign * amount)

    def _expire(self, fields: list[Any]) -> None:
        self._over.add(fields[0])
        for lease, pot in [key for key in self._held if key[0] == fields[0]]:
            self._move(lease, pot, -self._held[lease, pot])

    def _shift(self, fields: list[Any]) -> None:
        giver, taker, amount = fields[:3]
        for account, by in ((giver, -amount), (taker, amount)):
            if account in self._limits:
                self._limits[account] += by

    def _settle(self, fields: list[Any], *, late: bool) -> None:
        bid, _, line_item, _, lease, pots, reserved, *amounts = fields[:11]
        name = bid.hex()
        total = sum(amounts)
        if name in self.media:
            self.wrong.append(f"bid {name} is paid for twice")
        if min(amounts) < 0 or total > reserved:
            self.wrong.append(f"bid {name} costs {amounts}, of {reserved} set aside")
        self.media[name] = amounts[0]
        for index, amount in enumerate(amounts):
            self.parts[line_item][index] += amount
        if late:
            self.late_bids.add(name)
        elif lease in self._over:
            self.wrong.append(f"bid {name} is paid by lease {lease}, which expired")
        for pot in pots:
            for account in self._accounts[pot]:
                (self.late if late else self.settled)[account] += total
            if not late:
                self._move(lease, pot, -total)

    def _move(self, lease: int, pot: int, amount: int) -> None:
        self._held[lease, pot] += amount
        if self._held[lease, pot] < 0:
            self.wrong.append(f"lease {lease} gives {-amount} of pot {pot}, more than it has")
        for account in self._accounts[pot]:
            self.outstanding[account] += amount
            if amount > 0:
                self._judge(account)

    def _judge(self, account: str) -> None:
        promised = self.settled[account] + self.outstanding[account] + self.late[account]
        limit = self._limits.get(account)
        if limit is not None and promised > limit:
            self.wrong.append(f"{account}: {promised} are promised of {limit}")

    def _see(self, fields: list[Any]) -> None:
        bid, kind, line_item, _, rule = (*fields, "")[:5]
        mark = (bid, kind)
        if mark in self._notices:
            self.wrong.append(f"a {kind} of {bid.hex()} is counted twice")
        if not rule:
            self._notices.add(mark)
        self.seen[line_item, kind] += 1
        if kind == "impression":
            self.shown.add(bid.hex())
