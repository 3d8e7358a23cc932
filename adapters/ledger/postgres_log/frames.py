"""Frames of the log: numbered without a gap, each with a checksum over all that came before.

A checksum continues that of the frame before, so that a frame that was changed, left out or moved is found, and so
that two servers whose last frames agree agree on the whole log. A checkpoint begins anew: what is before it may be
moved away.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from adapters.ledger.postgres_log.target import Target
from adserver.domain.entries import AnyEntry

MAX_FRAME_BYTES = 512 << 20
"""PostgreSQL takes 1 GiB at most; beyond this it takes long and much memory."""
COLUMNS = "number, host, entries, checksum, checkpoint"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[AnyEntry]).decode


class Position(NamedTuple):
    """Up to where somebody knows the log: the last frame's number and checksum."""

    number: int
    checksum: int


START = Position(0, 0)


class Frame(NamedTuple):
    """What one commit wrote."""

    number: int
    host: str
    entries: bytes
    """MessagePack array of entries."""
    checksum: int
    checkpoint: bool

    @property
    def position(self) -> Position:
        """Return up to where somebody knows the log who knows this frame."""
        return Position(self.number, self.checksum)

    def decode(self) -> list[AnyEntry]:
        """Return the entries. Raises `Damaged` if they are none of ours."""
        try:
            return _decode(self.entries)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Damaged(self.number, f"another version wrote this ({error})") from error


class Damaged(Exception):
    """A frame is not what was written."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(f"frame {number}: {what}")
        self.number = number
        self.what = what


def frame(
    last: Position, host: str, entries: Sequence[AnyEntry], *, checkpoint: bool = False
) -> Frame:
    """Return the frame that follows. Raises `ValueError` if it is too large."""
    payload = _encode(entries)
    if len(payload) > MAX_FRAME_BYTES:
        raise ValueError(f"{len(payload):,} bytes are too many for one frame")
    seed = START.checksum if checkpoint else last.checksum
    number = last.number + 1
    return Frame(number, host, payload, _checksum(seed, number, host, payload), checkpoint)


def read(row: Mapping[str, Any]) -> Frame:
    """Return the frame in a row of `COLUMNS`."""
    return Frame(row["number"], row["host"], row["entries"], row["checksum"], row["checkpoint"])


async def insert(connection: Any, target: Target, written: Frame) -> None:
    """Write a frame within the transaction that is open."""
    await connection.execute(
        f"INSERT INTO {target.schema}.frames ({COLUMNS}) VALUES ($1, $2, $3, $4, $5)",  # noqa: S608 - checked by the settings
        *written,
    )


def follow(last: Position, found: Frame) -> Position:
    """Return up to where we know the log with this frame. Raises `Damaged` if it does not follow."""
    if found.number != last.number + 1:
        raise Damaged(last.number + 1, f"is missing; frame {found.number} comes in its place")
    seed = START.checksum if found.checkpoint else last.checksum
    if found.checksum != _checksum(seed, found.number, found.host, found.entries):
        raise Damaged(found.number, "is damaged: its checksum is another")
    return found.position


def _checksum(seed: int, number: int, host: str, entries: bytes) -> int:
    head = number.to_bytes(8, "big") + host.encode() + b"\0"
    return crc32(entries, crc32(head, seed))
