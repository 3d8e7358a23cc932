"""The limit follows what it waits for: down when that is slow, to the least when it stands still, up again by itself."""

import asyncio

import pytest

from adserver.domain.notice import Conversion, Fact
from adserver.endpoints.concurrency import LEAST, ORDINARY_S, STALLED, Concurrency, PatientOwner
from adserver.errors import Unavailable
from adserver.metrics import REGISTRY

MOST = 200
ORDER = Conversion(advertiser="a", order="1", at_s=0, value=0)


class Dependency:
    """Answers after a time that can be changed, on a clock of its own; `offer` keeps asking."""

    def __init__(self, took_s: float) -> None:
        self.now_s = 0.0
        self.took_s = took_s
        self.limit = Concurrency("test", MOST, monotonic=lambda: self.now_s)
        self._under_way: list[tuple[float, int]] = []

    def offer(self, per_s: float, seconds: float) -> int:
        """Ask evenly for a while; return how often that was refused."""
        refused = 0
        for _ in range(int(per_s * seconds)):
            self.now_s += 1 / per_s
            while self._under_way and self._under_way[0][0] <= self.now_s:
                self.limit.leave(self._under_way.pop(0)[1], answered=True)
            number = self.limit.enter()
            if number is None:
                refused += 1
            else:
                self._under_way.append((self.now_s + self.took_s, number))
        return refused

    def thaw(self) -> None:
        """Answer all who wait at once."""
        self._under_way = [(self.now_s, number) for _, number in self._under_way]


def test_a_fast_dependency_is_never_refused_to_anybody() -> None:
    dependency = Dependency(0.005)
    assert dependency.offer(5_000, 2) == 0
    assert dependency.limit.limit == MOST


def test_a_step_in_its_time_brings_the_limit_down_and_back_up() -> None:
    dependency = Dependency(0.005)
    dependency.offer(1_000, 1)
    dependency.took_s = 2 * ORDINARY_S * 0.9  # slow, not stalled
    dependency.offer(1_000, 10)
    low = dependency.limit.limit
    assert low <= MOST / 4
    dependency.took_s = 0.005
    dependency.thaw()
    dependency.offer(1_000, 0.1)
    assert dependency.offer(1_000, 1) == 0
    dependency.offer(1_000, 20)
    assert dependency.limit.limit > 2 * low


def test_one_that_stands_still_is_left_to_the_least_and_recovers_within_a_second() -> None:
    dependency = Dependency(0.005)
    dependency.offer(1_000, 1)
    dependency.took_s = 1e9
    dependency.offer(1_000, STALLED * ORDINARY_S + 0.01)
    assert dependency.limit.limit == LEAST
    assert dependency.offer(1_000, 5) == 5_000, "everybody at once"
    assert dependency.limit.in_use <= MOST
    dependency.took_s = 0.005
    dependency.thaw()
    dependency.offer(1_000, 0.5)
    assert dependency.offer(1_000, 0.5) == 0
    assert dependency.limit.limit >= MOST / 2


def test_one_that_always_was_slow_is_not_held_against_itself() -> None:
    dependency = Dependency(0.2)
    dependency.offer(100, 5)
    dependency.took_s = 0.6  # three times as long as the fastest, and above what is ordinary
    assert dependency.offer(100, 5) == 0
    assert dependency.limit.limit == MOST


def test_even_a_slow_one_must_answer_some_time() -> None:
    dependency = Dependency(0.9)
    dependency.offer(100, 5)
    dependency.took_s = 1.2
    dependency.offer(100, 10)
    assert dependency.limit.limit < MOST / 2


def test_failures_at_once_neither_raise_nor_lower_the_limit() -> None:
    now = 0.0
    limit = Concurrency("test", MOST, monotonic=lambda: now)
    for _ in range(1_000):
        number = limit.enter()
        assert number is not None
        limit.leave(number, answered=False)
    assert (limit.limit, limit.in_use) == (MOST, 0)


class Frozen:
    """An owner that answers when told."""

    def __init__(self) -> None:
        self.thawed = asyncio.Event()
        self.asked = 0

    async def record(self, fact: Fact) -> bool:
        """Return when thawed."""
        self.asked += 1
        await self.thawed.wait()
        if self.asked > 99:
            raise Unavailable("down")
        return True


async def test_the_owner_is_not_even_asked_when_too_many_wait() -> None:
    frozen = Frozen()
    limit = Concurrency("owner-test", LEAST)
    patient = PatientOwner(frozen, limit)
    waiting = [asyncio.create_task(patient.record(ORDER)) for _ in range(LEAST)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="too many"):
        await patient.record(ORDER)
    labels = {"dependency": "owner-test"}
    assert REGISTRY.get_sample_value("adserver_waiting_refused_total", labels) == 1
    assert REGISTRY.get_sample_value("adserver_waiting_requests", labels) == LEAST
    assert REGISTRY.get_sample_value("adserver_waiting_limit", labels) == LEAST
    assert frozen.asked == LEAST
    waiting[0].cancel()  # whoever hangs up makes room
    with pytest.raises(asyncio.CancelledError):
        await waiting.pop(0)
    waiting.append(asyncio.create_task(patient.record(ORDER)))
    await asyncio.sleep(0)
    frozen.thawed.set()
    assert await asyncio.gather(*waiting) == [True] * LEAST
    frozen.asked = 99
    with pytest.raises(Unavailable, match="down"):
        await patient.record(ORDER)
    assert limit.in_use == 0
