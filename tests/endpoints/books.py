"""A server's ledger, read with nothing of the server's: what was settled, and that it adds up."""

from pathlib import Path
from struct import unpack
from typing import Any
from zlib import crc32

import msgspec

GRANTED, RETURNED, SETTLED, LATE, SEEN, CHECKPOINT = 2, 3, 6, 7, 9, 11


class Books:
    """Totals of a ledger file without checkpoints; every frame must be whole, up to the last byte."""

    def __init__(self, ledger: Path) -> None:
        self.settled: dict[bytes, int] = {}
        """By bid."""
        self.late: dict[bytes, int] = {}
        """By bid: billed after its money had been let go of."""
        self.seen: set[tuple[bytes, str]] = set()
        """Bid and kind of every notice."""
        self.granted = self.returned = 0
        for tag, *fields in _entries(ledger.read_bytes()):
            assert tag != CHECKPOINT
            if tag == GRANTED:
                self.granted += fields[2]
            elif tag == RETURNED:
                self.returned += fields[2]
            elif tag in {SETTLED, LATE}:
                bid, amounts = fields[0], fields[7:11]
                assert bid not in self.settled.keys() | self.late.keys(), "a bid is paid for twice"
                (self.settled if tag == SETTLED else self.late)[bid] = sum(amounts)
            elif tag == SEEN:
                mark = (fields[0], fields[1])
                assert mark not in self.seen, "a notice is counted twice"
                self.seen.add(mark)

    @property
    def outstanding(self) -> int:
        """What leases hold, unless one expired."""
        return self.granted - self.returned - sum(self.settled.values())


def _entries(data: bytes) -> list[list[Any]]:
    at, entries = data.index(b"\n") + 1, []
    while at < len(data):
        length, checksum = unpack(">II", data[at + 4 : at + 12])
        payload = data[at + 12 : at + 12 + length]
        assert crc32(payload) == checksum, "a torn or damaged frame"
        entries += msgspec.msgpack.decode(payload)
        at += 12 + length
    return entries
