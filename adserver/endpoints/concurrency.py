"""How many requests may wait for something slow at once: found by how long it takes, so that waiting fills no memory."""

import time
from collections.abc import Callable
from itertools import count

from adserver.domain.notice import Fact
from adserver.errors import Unavailable
from adserver.metrics import WAITING, WAITING_LIMIT, WAITING_REFUSED
from adserver.ports import Owner

ORDINARY_S = 0.25
"""Waits below this are everyday, whatever the fastest was: a disk may think for a moment."""
SLOW = 4.0
"""A wait so many times longer than the fastest is too long..."""
SLOWEST = 4.0
"""... and in any case one so many times longer than what is ordinary: the fastest of a bad hour must not excuse all."""
STALLED = 2.0
"""Nobody answers who takes so many times longer than that."""
LEAST = 8
"""So many may always wait: somebody must try whether it is over."""
_CUT = 0.75
_DRIFT = 1 / 256
"""The fastest wait is forgotten so slowly: what has become slower for good is no exception any more."""


class Concurrency:
    """A limit that falls by a quarter when answers come too late, and to the least when none come at all.

    It rises by one with each answer in time up to half of where it fell from, then by one with each limit's worth of them.
    """

    def __init__(
        self,
        dependency: str,
        most: int,
        *,
        ordinary_s: float = ORDINARY_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`dependency` names what is waited for, in metrics; never more than `most` wait."""
        self._most = max(most, LEAST)
        self._ordinary_s = ordinary_s
        self._monotonic = monotonic
        self._limit = self._knee = float(self._most)
        self._fastest_s = 0.0
        """0: not known yet."""
        self._cut_s = -1.0
        self._began: dict[int, float] = {}
        """Who waits since when, the oldest first."""
        self._numbers = count()
        self._refused = WAITING_REFUSED.labels(dependency)
        WAITING_LIMIT.labels(dependency).set_function(lambda: self.limit)
        WAITING.labels(dependency).set_function(lambda: self.in_use)

    @property
    def limit(self) -> int:
        """How many may wait."""
        return int(self._limit)

    @property
    def in_use(self) -> int:
        """How many wait."""
        return len(self._began)

    def enter(self) -> int | None:
        """Return a number for `leave`; nothing if too many wait already, which is counted."""
        now = self._monotonic()
        if self._began:
            waited_s = now - next(iter(self._began.values()))
            if waited_s > STALLED * self._slow_s():
                self._cut_s = now
                self._fall(LEAST)
        if len(self._began) >= self.limit:
            self._refused.inc()
            return None
        number = next(self._numbers)
        self._began[number] = now
        return number

    def leave(self, number: int, *, answered: bool) -> None:
        """End a wait; a failure teaches nothing but how long it took."""
        began = self._began.pop(number)
        now = self._monotonic()
        took_s = now - began
        if took_s > self._slow_s():
            if began > self._cut_s:  # those from before the cut say nothing of what it did
                self._cut_s = now
                self._fall(self._limit * _CUT)
        elif answered:
            fastest_s = self._fastest_s * (1 + _DRIFT) or took_s
            self._fastest_s = min(took_s, fastest_s)
            step = 1.0 if self._limit < self._knee else 1.0 / self._limit
            self._limit = min(float(self._most), self._limit + step)

    def _slow_s(self) -> float:
        longest_s = self._ordinary_s * SLOWEST
        return min(max(self._ordinary_s, self._fastest_s * SLOW), longest_s)

    def _fall(self, to: float) -> None:
        to = max(to, float(LEAST))
        if to < self._limit:
            self._knee = self._limit / 2
            self._limit = to


class PatientOwner:
    """An `Owner` that refuses at once when too many wait for it already."""

    def __init__(self, owner: Owner, concurrency: Concurrency) -> None:
        self._owner = owner
        self._concurrency = concurrency

    async def record(self, fact: Fact) -> bool:
        """Return once the fact is durable: True the first time. Raises `Unavailable`."""
        number = self._concurrency.enter()
        if number is None:
            raise Unavailable("too many wait for the owner already")
        answered = False
        try:
            first = await self._owner.record(fact)
            answered = True
        finally:
            self._concurrency.leave(number, answered=answered)
        return first
