"""Profiles in LMDB: a memory-mapped file, many readers in many processes, one writer.

One record per person: a count (2 bytes), so many segment numbers (4 bytes each, little-endian), then the
contacts in MessagePack, oldest first, or nothing. A person of ten segments takes about 70 bytes with all
that LMDB adds, if loaded in key order.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import lmdb
import msgspec

from adserver.domain.person import NOBODY, PersonKey, Profile, Touch
from adserver.errors import Unavailable

MAX_TOUCHES = 64
TOUCHES_S = 30 * 24 * 3_600
BATCH = 200_000
"""People per write transaction while loading: some 60 MB."""
MAP_BYTES = 1 << 30
"""Address space to begin with; it doubles when full. The file takes what is used."""
MAX_READERS = 512
COUNT_BYTES = 2

_UNPACK = tuple(struct.Struct(f"<{count}I").unpack_from for count in range(256))
_encode_touches = msgspec.msgpack.Encoder().encode
_decode_touches = msgspec.msgpack.Decoder(tuple[Touch, ...]).decode
_DAMAGED = (
    struct.error, IndexError, msgspec.DecodeError, UnicodeDecodeError, RecursionError
)  # fmt: skip


class Config(msgspec.Struct, tag="lmdb", tag_field="kind", frozen=True, forbid_unknown_fields=True):
    """The embedded store, in a folder of its own on a local disk."""

    path: str

    def build(self) -> "LmdbProfiles":
        """Return the reading side, for workers."""
        return LmdbProfiles(self.path)

    def build_writer(self) -> "LmdbProfileWriter":
        """Return the writing side, for the owner alone. Raises `Unavailable`."""
        return LmdbProfileWriter(self.path)


class LmdbProfiles:
    """`ports.Profiles`. Opens its environment with the first look-up, so it may be built before a fork.

    Each look-up is a read transaction of its own, from a kept, reset one (0.25 us): it sees what the
    owner wrote last, and between look-ups nobody keeps old pages from being used again.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = str(path)
        self._environment: Any = None
        self._begin: Callable[[], Any] = self._open

    def profile(self, person: PersonKey) -> Profile:
        """Return what is known of a person, in some 3 us. Raises `Unavailable`."""
        try:
            with self._begin() as transaction:
                record = transaction.get(person)
            return NOBODY if record is None else _profile(record)
        except lmdb.MapResizedError:
            return self._after_growth(person)
        except (lmdb.Error, OSError) as error:
            raise Unavailable(f"profiles: {error}") from error
        except _DAMAGED as error:
            raise Unavailable(f"profiles: a damaged record: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        if self._environment is not None:
            self._environment.close()
            self._environment, self._begin = None, self._open

    def _open(self) -> Any:
        self._environment = lmdb.open(
            self._path, readonly=True, create=False, map_size=0, max_spare_txns=4,
            max_readers=MAX_READERS,
        )  # fmt: skip
        self._begin = self._environment.begin
        return self._begin()

    def _after_growth(self, person: PersonKey) -> Profile:
        """The owner needed more address space; take over its size."""
        try:
            self._environment.set_mapsize(0)
            with self._begin() as transaction:
                record = transaction.get(person)
            return NOBODY if record is None else _profile(record)
        except (lmdb.Error, *_DAMAGED) as error:
            raise Unavailable(f"profiles: {error}") from error


class LmdbProfileWriter:
    """`ports.Contacts` and `ports.Audiences`. One per environment, in the owner process.

    A commit reaches the disk before it returns; a power cut may still undo the last one, never more.
    """

    def __init__(self, path: str | Path, *, map_bytes: int = MAP_BYTES) -> None:
        """Open or create the folder `path`. Raises `Unavailable`."""
        self._path = str(path)
        with _named_failure():
            Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
            self._environment = self._open(map_bytes)
            self._environment.reader_check()  # slots of workers that were killed

    def put_segments(self, people: Iterable[tuple[PersonKey, Sequence[int]]]) -> int:
        """Store segments, 200,000 people at a time; contacts stay. Returns how many people.

        Keys in ascending order take 70 bytes a person in the file, others up to 250, since whole pages
        are copied for each. Raises `Unavailable`.
        """
        stored = 0
        source = iter(people)
        while batch := {person: _packed(who) for person, who in islice(source, BATCH)}:
            self._write(partial(_put, sorted(batch.items())))
            stored += len(batch)
        return stored

    def add_touches(self, touches: Sequence[tuple[PersonKey, Touch]]) -> None:
        """Store contacts; the newest 64 of the last 30 days stay. A contact (bid and kind) that is there
        already is not stored again, so a batch may be repeated. Raises `Unavailable`.
        """
        by_person: dict[PersonKey, list[Touch]] = {}
        for person, touch in touches:
            by_person.setdefault(person, []).append(touch)
        if by_person:
            self._write(partial(_add, by_person))

    def touches(self, person: PersonKey) -> tuple[Touch, ...]:
        """Return a person's contacts, oldest first. Raises `Unavailable`."""
        with _named_failure(), self._environment.begin() as transaction:
            return _parts(transaction.get(person))[1]

    def erase(self, person: PersonKey) -> bool:
        """Forget a person; return whether there was anything. Raises `Unavailable`.

        Nobody can look it up afterwards; the bytes stay in the file until LMDB uses the page again.
        """
        erased = False

        def delete(transaction: Any) -> None:
            nonlocal erased
            erased = transaction.delete(person)

        self._write(delete)
        return erased

    def close(self) -> None:
        """Let go of the file."""
        self._environment.close()

    def _open(self, map_bytes: int) -> Any:
        return lmdb.open(
            self._path, map_size=map_bytes, metasync=False, max_spare_txns=2,
            max_readers=MAX_READERS, mode=0o600,
        )  # fmt: skip

    def _write(self, change: Callable[[Any], None]) -> None:
        """Make a change in one transaction, again with twice the address space whenever that runs out."""
        with _named_failure():
            while True:
                try:
                    with self._environment.begin(write=True) as transaction:
                        change(transaction)
                except lmdb.MapFullError:
                    self._environment.set_mapsize(2 * self._environment.info()["map_size"])
                except lmdb.PanicError:
                    # The disk failed within a commit: LMDB does nothing more with this environment.
                    self._environment.close()
                    self._environment = self._open(0)
                    raise
                else:
                    return


def _profile(record: bytes) -> Profile:
    count = record[0] | record[1] << 8
    start = COUNT_BYTES + 4 * count
    segments = (
        _UNPACK[count](record, COUNT_BYTES)
        if count < len(_UNPACK)
        else struct.unpack_from(f"<{count}I", record, COUNT_BYTES)
    )
    return Profile(segments, _decode_touches(record[start:]) if len(record) > start else ())


def _parts(record: bytes | None) -> tuple[bytes, tuple[Touch, ...]]:
    """Return a record's segments, still packed, and its contacts; of a damaged record nothing."""
    if record is None:
        return _packed(()), ()
    try:
        touches = _profile(record).touches
    except _DAMAGED:
        return _packed(()), ()  # The writer heals: a new record takes the place of a damaged one.
    return record[: COUNT_BYTES + 4 * int.from_bytes(record[:COUNT_BYTES], "little")], touches


def _packed(segments: Sequence[int]) -> bytes:
    return struct.pack(f"<H{len(segments)}I", len(segments), *segments)


def _put(batch: Sequence[tuple[PersonKey, bytes]], transaction: Any) -> None:
    cursor = transaction.cursor()
    behind = not cursor.last() or cursor.key() < batch[0][0]
    if behind:
        cursor.putmulti(batch, append=True)
    else:
        cursor.putmulti(list(_keeping_touches(transaction, batch)))


def _keeping_touches(
    transaction: Any, batch: Sequence[tuple[PersonKey, bytes]]
) -> Iterator[tuple[PersonKey, bytes]]:
    for person, segments in batch:
        record = transaction.get(person)
        if record is None:
            yield person, segments
        else:
            _, touches = _parts(record)
            yield person, segments + (_encode_touches(touches) if touches else b"")


def _add(by_person: dict[PersonKey, list[Touch]], transaction: Any) -> None:
    for person in sorted(by_person):
        segments, stored = _parts(transaction.get(person))
        merged = {(touch.bid, touch.kind): touch for touch in (*by_person[person], *stored)}
        kept = sorted(merged.values(), key=lambda touch: touch.at_s)[-MAX_TOUCHES:]
        since_s = kept[-1].at_s - TOUCHES_S
        recent = [touch for touch in kept if touch.at_s > since_s]
        transaction.put(person, segments + _encode_touches(recent))


@contextmanager
def _named_failure() -> Iterator[None]:
    try:
        yield
    except (lmdb.Error, OSError) as error:
        raise Unavailable(f"profiles: {error}") from error
