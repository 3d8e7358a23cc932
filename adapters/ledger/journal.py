"""The ledger's entries in one append-only file, each commit a frame with length and checksum.

The file is a header line and frames: mark (4 bytes), payload length (4, big-endian), CRC-32 of the
payload (4), payload (MessagePack array of entries). A frame is written only after the one before is
on the disk, so that a crash can damage the last frame and no other: a broken end is cut off, but a
broken frame with a good one behind it is damage that nobody should pass over.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from struct import Struct
from zlib import crc32

import msgspec
import structlog

from adserver.domain.entries import AnyEntry
from adserver.durable import sync_folder
from adserver.errors import Fault, InvalidConfig, Unavailable

HEADER = b"adserver ledger 1\n"
MARK = b"\xf5LJ\n"
FRAME = Struct(">4sII")
MAX_FRAME_BYTES = 1 << 30
COPY_BYTES = 1 << 20
REWRITE_BYTES = 64 << 20
"""Beyond this a start writes a checkpoint and begins a new file; the old one is kept beside it."""

_log = structlog.get_logger()
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[AnyEntry])


class Config(msgspec.Struct, tag="file", tag_field="kind", frozen=True, forbid_unknown_fields=True):
    """A file in the state folder: for one server."""

    def within(self, folder: Path) -> "Config":
        """Return the same: there is nothing to find in a folder."""
        return self

    def build(self, path: Path) -> "Journal":
        """Return the journal at `path`. Raises `Unavailable`, and `InvalidConfig` if a database has the ledger."""
        note = path.with_name(f"{path.name}.known")
        if note.exists():
            advice = "says that a database has the ledger; delete it to begin without what is there"
            raise InvalidConfig([Fault(str(note), "$", advice)])
        return Journal(path)


class Journal:
    """A `LedgerStore` in one file; `replay` it once before anything else."""

    shared = stale = False
    host = ""

    def __init__(self, path: Path) -> None:
        """Open or create the file and lock it. Raises `Unavailable` if another process has it."""
        self._path = path
        self._queue: list[AnyEntry] = []
        self._queued = self._durable = 0
        self._writing: asyncio.Task[None] | None = None
        self._suspect = False
        """A sync of this file failed: what the kernel shows of it need not be on the disk."""
        self._refused = False
        """No sync has succeeded since one failed, and that was said."""
        self._end = 0
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unavailable(f"cannot open the ledger {path}: {error}") from error

    def replay(self) -> Iterator[AnyEntry]:
        """Yield every durable entry; cut off an unfinished last frame, refuse any other damage."""
        with self._path.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            header = source.read(len(HEADER))
            if header != HEADER:
                if not HEADER.startswith(header):
                    raise self._damage(0, "this is no ledger")
                self._begin()
                return
            self._end = len(HEADER)
            while self._end < size:
                try:
                    entries, frame_bytes = read_frame(source)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    raise self._damage(
                        self._end, f"another version wrote this ({error})"
                    ) from error
                if not frame_bytes:
                    self._cut(source, size)
                    return
                yield from entries
                self._end += frame_bytes
        self._settle()

    async def begin(self) -> Sequence[tuple[str, Sequence[AnyEntry]]]:
        """Return nothing: nobody else writes here."""
        return ()

    def append(self, entries: Sequence[AnyEntry]) -> None:
        """Queue entries for the next commit."""
        self._queue.extend(entries)
        self._queued += len(entries)

    async def commit(self) -> None:
        """Make all that was appended so far durable; whoever waits meanwhile shares the next write."""
        wanted = self._queued
        while self._durable < wanted:
            if self._writing is None:
                self._writing = asyncio.create_task(self._write_queue())
            # Shielded: who gives up waiting must not set a second write free beside this one.
            await asyncio.shield(self._writing)

    def compact(self, checkpoint: Callable[[], AnyEntry]) -> None:
        """Begin a new file with one checkpoint, if this one has grown long; keep the old beside it."""
        if self._end < REWRITE_BYTES:
            return
        fresh = self._path.with_suffix(".next")
        fresh.unlink(missing_ok=True)
        successor = Journal(fresh)
        kept = self._path.with_name(f"{self._path.name}.{time.time_ns()}")
        try:
            successor._begin()
            successor._write([checkpoint()])
            os.link(self._path, kept)
            fresh.replace(self._path)
        except (OSError, Unavailable) as error:
            successor.close()
            fresh.unlink(missing_ok=True)
            raise Unavailable(f"cannot shorten the ledger {self._path}: {error}") from error
        os.close(self._file)
        self._file, self._end = successor._file, successor._end
        try:
            sync_folder(self._path.parent)
        except OSError:
            self._suspect = True  # the new name may not last: the next write gives it another
        _log.info("ledger_checkpoint", file=str(self._path), kept=str(kept))

    def close(self) -> None:
        """Close the file and give up its lock."""
        os.close(self._file)

    async def _write_queue(self) -> None:
        batch, until = list(self._queue), self._queued
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._write, batch)
            del self._queue[: len(batch)]
            self._durable = until
        finally:
            self._writing = None

    def _begin(self) -> None:
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, HEADER, 0)
            os.fsync(self._file)
            sync_folder(self._path.parent)
        except OSError as error:
            raise Unavailable(f"cannot begin the ledger {self._path}: {error}") from error
        self._end = len(HEADER)

    def _write(self, entries: list[AnyEntry]) -> None:
        """Write one frame and wait for the disk; runs in a thread."""
        if self._suspect:
            self._move()
        payload = _encoder.encode(entries)
        frame = FRAME.pack(MARK, len(payload), crc32(payload)) + payload
        try:
            written = 0
            while written < len(frame):
                written += os.pwrite(self._file, frame[written:], self._end + written)
        except OSError as error:  # a full disk, say: nothing of it counts; to be tried again
            with suppress(OSError):  # the next write begins at the same place anyway
                os.ftruncate(self._file, self._end)
            raise Unavailable(f"cannot write the ledger {self._path}: {error}") from error
        try:
            os.fdatasync(self._file)
        except OSError as error:
            # The kernel may have dropped the pages and forgotten that they were never written: a second sync of
            # this file would succeed and mean nothing. What was synced before is on the disk; the rest goes.
            self._suspect = True
            with suppress(OSError):
                # Whoever starts anew must not take the frame for durable.
                os.ftruncate(self._file, self._end)
            if not self._refused:
                _log.critical("ledger_sync_failed", file=str(self._path), error=str(error))
            self._refused = True
            raise Unavailable(f"the disk refused the ledger {self._path}: {error}") from error
        self._end += len(frame)
        if self._refused:
            self._refused = False
            _log.warning("ledger_moved", file=str(self._path), bytes=self._end)

    def _move(self) -> None:
        """Go on in a fresh file with all that was ever synced, since this one cannot be trusted again."""
        fresh = self._path.with_suffix(".next")
        try:
            fresh.unlink(missing_ok=True)
            file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for offset in range(0, self._end, COPY_BYTES):
                    part = os.pread(self._file, min(COPY_BYTES, self._end - offset), offset)
                    _write_all(file, part)
                os.fsync(file)
                fresh.replace(self._path)
            except OSError:
                os.close(file)
                fresh.unlink(missing_ok=True)
                raise
            os.close(self._file)
            self._file = file
            sync_folder(self._path.parent)
        except OSError as error:
            raise Unavailable(f"cannot write the ledger {self._path} anew: {error}") from error
        self._suspect = False

    def _settle(self) -> None:
        """Make durable what was read: a predecessor may have died between writing and syncing it."""
        try:
            os.fdatasync(self._file)
        except OSError as error:
            raise Unavailable(f"the disk refused the ledger {self._path}: {error}") from error

    def _cut(self, source: BufferedReader, size: int) -> None:
        source.seek(self._end)
        tail = source.read()
        if good_frame_within(tail):
            raise self._damage(self._end, "this frame is damaged, though later ones are good")
        kept = self._path.with_name(f"{self._path.name}.torn-{self._end}")
        try:
            kept.write_bytes(tail)
        except OSError:
            # A full disk: the tail is of interest, but nothing that was acknowledged is in it.
            kept.unlink(missing_ok=True)
        try:
            os.ftruncate(self._file, self._end)
            os.fsync(self._file)
        except OSError as error:
            raise Unavailable(f"cannot mend the ledger {self._path}: {error}") from error
        _log.warning(
            "ledger_tail_cut",
            file=str(self._path),
            offset=self._end,
            cut_bytes=size - self._end,
            kept=str(kept) if kept.exists() else "",
            meaning="the last write was interrupted; nothing in it had been acknowledged",
        )

    def _damage(self, offset: int, what: str) -> InvalidConfig:
        advice = (
            f"{what}. Acknowledged money would be lost by going on: restore the file from a backup, "
            "or move it away to begin with empty totals"
        )
        return InvalidConfig([Fault(str(self._path), f"byte {offset}", advice)])


def read_frame(source: BufferedReader) -> tuple[list[AnyEntry], int]:
    """Return a frame's entries and its length in the file; length 0 if there is no whole frame."""
    head = source.read(FRAME.size)
    if len(head) < FRAME.size:
        return [], 0
    mark, length, checksum = FRAME.unpack(head)
    if mark != MARK or not 0 < length <= MAX_FRAME_BYTES:
        return [], 0
    payload = source.read(length)
    if len(payload) < length or crc32(payload) != checksum:
        return [], 0
    return _decoder.decode(payload), FRAME.size + length


def good_frame_within(tail: bytes) -> bool:
    """Tell whether a whole frame begins anywhere behind the broken one."""
    at = tail.find(MARK, 1)
    while at >= 0:
        if at + FRAME.size <= len(tail):
            _, length, checksum = FRAME.unpack_from(tail, at)
            payload = memoryview(tail)[at + FRAME.size : at + FRAME.size + length]
            if 0 < length == len(payload) and crc32(payload) == checksum:
                return True
        at = tail.find(MARK, at + 1)
    return False


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
