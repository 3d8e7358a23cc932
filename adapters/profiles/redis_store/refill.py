"""Filling a Redis again that was lost: every host brings what its diary has, and only then is anybody known.

Hosts find one another by a hash in Redis. Who is in it has all that its diary says in this Redis. A flush empties it; a
host that misses a part empties it for all. Then each brings its diary and enters itself, and the first to find
everybody there who ever took part sets the marks of the buckets. So no opt-out is missing when somebody is looked up,
and no impression when one is counted. See docs/decisions/0010-counting-anew.md.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

import structlog

from adapters.profiles.redis_store import names
from adapters.profiles.redis_store.blocking import BlockingNodes, good
from adapters.profiles.redis_store.diary import Diary, Entry
from adapters.profiles.redis_store.filling import Filling
from adapters.profiles.redis_store.noting import copied
from adapters.profiles.redis_store.shelf import Shelf
from adapters.profiles.redis_store.wire import pack
from adserver.domain.person import KEY_BYTES

STRIDE = 64
"""Each look reads one mark in so many: a flush and a lost node show at once, a single lost mark within a minute."""
TIDY_S = 60.0
BATCH = 1_000

_log = structlog.get_logger()


class _State(NamedTuple):
    """What Redis says of itself."""

    hosts: dict[str, float]
    counted_since_s: float
    is_written_down: bool
    grants: bytes | None
    missing: int
    """How many of the marks that were read."""


class Refill:
    """One host's part in it."""

    def __init__(
        self,
        nodes: BlockingNodes,
        keys: BlockingNodes | None,
        diary: Diary,
        lock: "threading.RLock",
    ) -> None:
        """`lock` is held while the store is asked something, not longer: money must not wait for a large diary."""
        self.keep_s = 0
        """For how long contacts are counted."""
        self._nodes = nodes
        self._keys = keys
        self._diary = diary
        self._lock = lock
        self._shelf = Shelf(nodes, keys, filling=True)
        self._turn = 0
        self._tidy_at = 0.0
        self._told_at = -TIDY_S
        self._is_filled = False
        """Whether our diary is in, and we wait for the others'."""
        self._has_lost = diary.about.waiting
        """Whether a predecessor ended with contacts that were not added yet."""

    def look(self, now_s: float) -> float:
        """See `ports.Recounted.counted_since_s`."""
        diary = self._diary
        if time.monotonic() >= self._tidy_at or diary.about.kept_s != self.keep_s:
            if self._tidy_at == 0.0:
                diary.shorten()
            self._tidy_at = time.monotonic() + TIDY_S
            diary.keep(self.keep_s, now_s)
        self._turn = (self._turn + 1) % STRIDE
        state = self._ask(range(self._turn, names.BUCKETS, STRIDE))
        if state.missing:
            state = self._ask(range(names.BUCKETS))
        is_in = diary.about.host in state.hosts
        if is_in and not state.missing:
            return self._whole(state, now_s)
        if not is_in and not diary.about.joined:
            return self._join(state, now_s)
        if not (is_in and self._is_filled):
            self._fill(state, now_s, is_in=is_in)
        return self._finish(now_s)

    def _whole(self, state: _State, now_s: float) -> float:
        """All is well: note what will be needed when it is not."""
        about = self._diary.about
        if self._is_filled:
            self._is_filled = False
            _log.warning("profile_store_filled")
        if state.grants is not None:
            self._diary.keep_grants(state.grants)
        since_s = max(state.counted_since_s, self._lost_keys_at(now_s))
        if self._has_lost:
            since_s = now_s
            self._put((0, pack("SET", names.COUNTED, repr(now_s))))
            self._diary.note(waiting=False)
            self._has_lost = False
        self._diary.note(
            peers=tuple(sorted({*about.peers, *state.hosts})), since_s=max(about.since_s, since_s)
        )
        return since_s

    def _lost_keys_at(self, now_s: float) -> float:
        """Return now, if the secrets of the people were lost: all their records are noise, and so are the diaries."""
        if self._keys is None:
            return 0.0
        with self._lock:
            (mark,) = good(self._keys.ask([(0, pack("GET", names.KEYS_MARK))]))
        if mark is not None:
            self._diary.note(keys_marked=True)
            return 0.0
        with self._lock:
            good(self._keys.ask([(0, pack("SET", names.KEYS_MARK, 1))]))
        if not self._diary.about.keys_marked:
            self._diary.note(keys_marked=True)
            return 0.0
        _log.error("profile_keys_lost")
        self._put((0, pack("SET", names.COUNTED, repr(now_s))))
        return now_s

    def _join(self, state: _State, now_s: float) -> float:
        """Take part in a Redis that others filled, or nobody."""
        if state.missing:
            return self._tell_missing(state.missing)
        self._diary.add_choices(self._all_choices())
        if state.grants is not None:
            self._diary.keep_grants(state.grants)
        # What older releases added stands in no diary.
        since_s = 0.0 if state.is_written_down else now_s
        host = self._diary.about.host
        self._diary.note(joined=True, since_s=since_s, peers=tuple(sorted({host, *state.hosts})))
        self._put((0, pack("HSET", names.HOSTS, host, repr(since_s))))
        return self._whole(state, now_s)

    def _fill(self, state: _State, now_s: float, *, is_in: bool) -> None:
        """Bring what our diary has."""
        diary = self._diary
        _log.error("profile_store_lost", parts=state.missing, of=names.BUCKETS)
        if is_in:  # a part is missing: everybody must bring what they have of it
            self._put((0, pack("DEL", names.HOSTS)))
        if not state.missing:  # somebody took it for a new one
            self._put(*((at, pack("DEL", mark)) for at, mark in enumerate(names.MARKS)))
        written = diary.grants()
        if written is not None and len(written) > len(state.grants or b""):
            self._put((0, pack("SET", names.GRANTS, written)))
        filling = Filling(self._shelf, self._keys, diary, self._lock, now_s)
        filling.choices()
        since_s = diary.about.since_s
        if self._keys is None or self._lost_keys_at(now_s):
            since_s = now_s
        else:
            filling.contacts()
        self._put((0, pack("HSET", names.HOSTS, diary.about.host, repr(since_s))))
        self._is_filled = True

    def _finish(self, now_s: float) -> float:
        """Let people be known again if all diaries are in."""
        state = self._ask(range(0))
        self._diary.reread()
        absent = set(self._diary.about.peers) - state.hosts.keys()
        if absent:
            if time.monotonic() - self._told_at >= TIDY_S:
                self._told_at = time.monotonic()
                _log.error("profile_store_waits", hosts=sorted(absent))
            return inf
        since_s = max(state.counted_since_s, *state.hosts.values())
        if since_s:
            self._put((0, pack("SET", names.COUNTED, repr(since_s))))
        self._put((0, pack("SET", names.WRITTEN_DOWN, 1)))
        self._put(*((at, pack("SET", mark, 1, "NX")) for at, mark in enumerate(names.MARKS)))
        return self._whole(state._replace(counted_since_s=since_s), now_s)

    def _tell_missing(self, missing: int) -> float:
        if time.monotonic() - self._told_at >= TIDY_S:
            self._told_at = time.monotonic()
            _log.error("profile_store_lost", parts=missing, of=names.BUCKETS)
        return inf

    def _all_choices(self) -> Iterator[Entry]:
        """Yield what everybody decided before we came."""
        scan = self._nodes.scan(names.CHOICES, BATCH)
        while True:
            with self._lock:
                keys = next(scan, None)
                if keys is None:
                    return
                people = [each[-KEY_BYTES:] for each in keys]
                entries = self._shelf.take(people)
            for person, entry in entries.items():
                if entry.decided is not None:
                    yield copied(person, entry.decided, entry.secret)

    def _ask(self, buckets: Sequence[int]) -> _State:
        asked = [
            (0, pack("HGETALL", names.HOSTS)),
            (0, pack("MGET", names.COUNTED, names.WRITTEN_DOWN, names.GRANTS)),
            *((at, pack("EXISTS", names.MARKS[at])) for at in buckets),
        ]
        with self._lock:
            hosts, (counted, written, grants), *marks = good(self._nodes.ask(asked))
        pairs = zip(hosts[::2], hosts[1::2], strict=True)
        return _State(
            {host.decode(): float(since_s) for host, since_s in pairs},
            float(counted or 0), written is not None, grants, marks.count(0),
        )  # fmt: skip

    def _put(self, *commands: tuple[int, bytes]) -> None:
        with self._lock:
            good(self._nodes.ask(commands))
