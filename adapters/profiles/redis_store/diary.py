"""What this host did to people in Redis, written down on its own disk, so that a Redis that is lost can be filled again.

Three files of records, in a folder of mode 700:

- `contacts-*.log`: impressions, for as long as a frequency cap counts them;
- `links.log`: whose id another id is;
- `choices.log`: what people decided, with tombstones.

Contacts and links name nobody. They are sealed under the person's own secret (`stored.seal`), which lies in another
Redis, and each is marked with a hash of that secret: erasing somebody destroys the secret, and with it what was
written of them here, on every host and in every copy, whether or not it runs. Choices must outlive the secret, and
stand as they stand in Redis: a pseudonym and a few flags. See docs/decisions/0010-counting-anew.md.
"""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from struct import Struct
from typing import NamedTuple
from zlib import crc32

import msgspec

from adserver.domain.person import KEY_BYTES, PersonKey
from adserver.durable import replacing, sync_folder
from adserver.errors import Unavailable

SEGMENT_S = 3_600
MARK_BYTES = 8
_HEAD = Struct("<HI")
"""Before a body: its size and its CRC-32."""


class Entry(NamedTuple):
    """One record of a file."""

    key: bytes
    """Of choices a person, otherwise a mark: whose secret opens it."""
    body: bytes


class About(msgspec.Struct, frozen=True):
    """What this host knows of itself and of others that share the Redis."""

    host: str
    """Drawn at random; its name among the others."""
    peers: tuple[str, ...] = ()
    """Whoever ever shared this Redis. Without all of them it cannot be filled again."""
    joined: bool = False
    """Whether this host ever took part."""
    kept_s: int = 0
    """For how long contacts are kept."""
    keys_marked: bool = False
    """Whether the Redis of people's secrets was seen with its mark."""
    waiting: bool = False
    """Whether contacts wait in memory to be added; who starts and finds this has lost them."""
    since_s: float = 0.0
    """Contacts from before are not written down; 0 if all are that `kept_s` reaches back to."""


def mark(secret: bytes) -> bytes:
    """Return what a person's records are marked with: it tells nothing without their secret."""
    return blake2b(secret, digest_size=MARK_BYTES, person=b"diary").digest()


class Diary:
    """The files of one host; its processes may write side by side, and any thread of them."""

    def __init__(self, folder: Path) -> None:
        """Open or create the folder. Raises `Unavailable`."""
        self._folder = folder
        self._file: int | None = None
        self._began_s = 0.0
        self._count = 0
        self._ahead_s = 0.0
        """How far the owner's clock is ahead of the machine's: a simulation runs at any time."""
        with _named_failure():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._about = self._read_about()

    @property
    def about(self) -> About:
        """What this host knows of itself."""
        return self._about

    def note(self, **changes: object) -> None:
        """Change what it knows of itself, durably. Raises `Unavailable`."""
        about = msgspec.structs.replace(self._about, **changes)
        if about != self._about:
            with _named_failure(), replacing(self._folder / "about.json", mode=0o600) as file:
                file.write(msgspec.json.format(msgspec.json.encode(about)))
            self._about = about

    def reread(self) -> None:
        """Take over what an operator changed by hand: a host that will never come back. Raises `Unavailable`."""
        with _named_failure():
            self._about = self._read_about()

    def keep(self, seconds: int, now_s: float) -> None:
        """Keep contacts for so long from now on, and delete older ones. Raises `Unavailable`."""
        about = self._about
        if seconds > about.kept_s and about.joined:  # what is older than it was kept is gone
            self.note(kept_s=seconds, since_s=max(about.since_s, now_s - about.kept_s))
        else:
            self.note(kept_s=seconds)
        self._ahead_s = now_s - time.time()
        with _named_failure():
            for path in self._folder.glob("contacts-*.log"):
                began_s = int(path.name.split("-")[1])
                if began_s < now_s - seconds - SEGMENT_S:
                    path.unlink()

    def add_contacts(self, entries: Iterable[Entry]) -> None:
        """Append. What the machine's crash takes of the last seconds is missed only if Redis is lost as well.

        Raises `Unavailable`.
        """
        with _named_failure():
            _append(self._segment(), _packed(entries))

    def add_links(self, entries: Iterable[Entry]) -> None:
        """Append, durably. Raises `Unavailable`."""
        self._add("links.log", entries)

    def add_choices(self, entries: Iterable[Entry]) -> None:
        """Append, durably. Raises `Unavailable`."""
        self._add("choices.log", entries)

    def contacts(self) -> Iterator[Entry]:
        """Yield what is there, the oldest first. Raises `Unavailable`."""
        for path in sorted(self._folder.glob("contacts-*.log")):
            yield from _read(path, MARK_BYTES)

    def links(self) -> dict[bytes, bytes]:
        """Return the last body by mark. Raises `Unavailable`."""
        return dict(_read(self._folder / "links.log", MARK_BYTES))

    def choices(self) -> dict[PersonKey, bytes]:
        """Return what everybody decided last. Raises `Unavailable`."""
        return dict(_read(self._folder / "choices.log", KEY_BYTES))

    def shorten(self) -> None:
        """Leave out what later records replace, and what a crash cut short. Raises `Unavailable`."""
        for name, key_bytes in (("links.log", MARK_BYTES), ("choices.log", KEY_BYTES)):
            path = self._folder / name
            with _named_failure(), self._alone():
                if not path.exists():
                    continue
                entries = list(_read(path, key_bytes))
                last = dict(entries)
                is_torn = len(_packed(entries)) < path.stat().st_size
                if is_torn or len(entries) > 2 * len(last):
                    with replacing(path, mode=0o600) as file:
                        file.write(_packed(Entry(*each) for each in last.items()))

    def grants(self) -> bytes | None:
        """Return the longest table of grants that was seen. Raises `Unavailable`."""
        with _named_failure():
            path = self._folder / "grants"
            return path.read_bytes() if path.exists() else None

    def keep_grants(self, table: bytes) -> None:
        """Keep a table of grants; it only ever grows. Raises `Unavailable`."""
        with _named_failure(), self._alone():
            before = self.grants()
            if before is None or len(table) > len(before):
                with replacing(self._folder / "grants", mode=0o600) as file:
                    file.write(table)

    def close(self) -> None:
        """Let go of the files."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _add(self, name: str, entries: Iterable[Entry]) -> None:
        with _named_failure(), self._alone():
            # Opened each time: another process may have shortened it since.
            file = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                _append(file, _packed(entries))
                os.fsync(file)
            finally:
                os.close(file)

    def _segment(self) -> int:
        now = time.monotonic()
        if self._file is not None and now - self._began_s < SEGMENT_S:
            return self._file
        self.close()
        # A process writes to files of its own, so whatever a crash tore stays at the end of one.
        self._count += 1
        began_s = int(time.time() + self._ahead_s)
        name = f"contacts-{began_s:012}-{os.getpid():08}-{self._count:06}-{os.urandom(2).hex()}.log"
        self._file = os.open(
            self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600
        )
        self._began_s = now
        return self._file

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _read_about(self) -> About:
        path = self._folder / "about.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=About)
        except FileNotFoundError:
            about = About(os.urandom(8).hex())
            try:
                with replacing(path, mode=0o600, anew=True) as file:
                    file.write(msgspec.json.format(msgspec.json.encode(about)))
            except FileExistsError:  # another process was sooner
                return msgspec.json.decode(path.read_bytes(), type=About)
            sync_folder(self._folder.parent)
            return about
        except msgspec.DecodeError as error:
            raise Unavailable(f"profiles: {path}: {error}") from error


@contextmanager
def _named_failure() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"profiles: what was written down of them: {error}") from error


def _packed(entries: Iterable[Entry]) -> bytes:
    return b"".join([key + _HEAD.pack(len(body), crc32(body)) + body for key, body in entries])


def _append(file: int, what: bytes) -> None:
    """Append all of it, or nothing. Raises `OSError`."""
    size = os.fstat(file).st_size
    done = 0
    try:
        while done < len(what):
            done += os.write(file, what[done:])
    except OSError:
        os.ftruncate(file, size)
        raise


def _read(path: Path, key_bytes: int) -> Iterator[Entry]:
    """Yield the whole records of a file; one that a crash cut short is its last. Raises `Unavailable`."""
    head = key_bytes + _HEAD.size
    with _named_failure():
        if not path.exists():
            return
        with path.open("rb") as file:
            while len(start := file.read(head)) == head:
                size, check = _HEAD.unpack_from(start, key_bytes)
                body = file.read(size)
                if len(body) < size or crc32(body) != check:
                    return
                yield Entry(start[:key_bytes], body)
