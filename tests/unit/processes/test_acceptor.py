"""Workers that wait on one socket come to have about as many connections each, and nobody waits for a worker that is away."""

import asyncio
import errno
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest.mock import Mock

import pytest
from structlog.testing import capture_logs

from adserver.processes.acceptor import GIVE_WAY_S, Acceptor
from adserver.processes.ports import bind
from adserver.processes.spread import Place, Spread
from tests.unit.processes.owner_world import eventually

TOGETHER = 12


class Held(asyncio.Protocol):
    """A connection of a worker's."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._place.fewer()


class Workers:
    """Some that share a socket in one event loop."""

    def __init__(self, spread: Spread, listener: socket.socket, numbers: range) -> None:
        self.places = [spread.place(number) for number in numbers]
        self.acceptors = [
            Acceptor(listener.dup(), lambda place=place: Held(place), place)  # type: ignore[misc]
            for place in self.places
        ]
        self._clients: list[asyncio.StreamWriter] = []
        self._address = listener.getsockname()

    def start(self) -> None:
        """Have all of them accept."""
        for each in self.acceptors:
            each.start()

    async def connect(self, number: int) -> None:
        """Open connections, one after the other, and wait until they are accepted."""
        before = sum(self.counts())
        for _ in range(number):
            self._clients.append((await asyncio.open_connection(*self._address))[1])
        await eventually(lambda: sum(self.counts()) >= before + number)

    async def close(self, number: int) -> None:
        """Close the connections that were opened first."""
        left = sum(self.counts()) - number
        for client in self._clients[:number]:
            client.close()
        del self._clients[:number]
        await eventually(lambda: sum(self.counts()) <= left)

    def counts(self) -> list[int]:
        """Return how many each has."""
        return [place.count for place in self.places]

    async def stop(self) -> None:
        """End everything."""
        for each in self.acceptors:
            each.stop()
        await self.close(len(self._clients))


@asynccontextmanager
async def sharing(spread: Spread, workers: range) -> AsyncIterator[Workers]:
    with bind("127.0.0.1", 0, "$") as listener:
        made = Workers(spread, listener, workers)
        made.start()
        try:
            yield made
        finally:
            await made.stop()


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
async def test_each_has_as_many(workers: int) -> None:
    async with sharing(Spread(workers), range(workers)) as made:
        await made.connect(TOGETHER)
        assert made.counts() == [TOGETHER // workers] * workers


async def test_very_many_at_once_are_not_held_up() -> None:
    async with sharing(Spread(2), range(2)) as made:
        began = time.monotonic()
        await made.connect(400)
        assert abs(made.counts()[0] - made.counts()[1]) <= 400 // 8
        assert time.monotonic() - began < 400 * GIVE_WAY_S


async def test_who_lost_some_accepts_the_next() -> None:
    async with sharing(Spread(2), range(2)) as made:
        await made.connect(4)
        await made.close(3)
        await made.connect(5)
        assert made.counts() == [3, 3]


async def test_nobody_waits_long_for_a_worker_that_is_away() -> None:
    """The second slot's worker has died, or has much to do: it accepts nothing."""
    async with sharing(Spread(2), range(1)) as made:
        await made.connect(50)
        assert made.counts() == [50]


async def test_who_takes_a_slot_begins_with_none() -> None:
    """It drains, and its successor is there; what ends meanwhile is not the successor's."""
    spread = Spread(2)
    async with sharing(spread, range(2)) as before:
        await before.connect(6)
        async with sharing(spread, range(2)) as after:
            for each in before.acceptors:
                each.stop()
            await before.close(5)
            await after.connect(3)
            await after.connect(1)
            assert after.counts() == [2, 2]
            assert not any(place.is_ahead() for place in after.places)
            before.acceptors.clear()


async def test_what_ended_before_it_was_accepted_holds_nobody_up() -> None:
    line = Mock(type=socket.SOCK_STREAM)
    answers = [
        OSError(errno.ECONNABORTED, "gone"), OSError(errno.EPROTO, "gone"), (line, "somebody"),
        BlockingIOError,
    ]  # fmt: skip
    broken = Mock(accept=Mock(side_effect=answers))
    place = Spread(1).place(0)
    acceptor = Acceptor(broken, Mock(side_effect=OSError), place)  # the line has ended by then
    acceptor._ready()
    assert place.count == 1
    await eventually(lambda: not place.count)
    line.close.assert_called_once_with()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
async def test_a_system_that_is_full_is_told_of_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr("adserver.processes.acceptor.FULL_S", 0.05)
    async with sharing(Spread(1), range(1)) as made:
        (acceptor,) = made.acceptors
        inner = acceptor._listener
        accept = Mock(side_effect=OSError(number, "full"))
        full = Mock(wraps=inner, fileno=inner.fileno, accept=accept)
        acceptor._listener = full
        with capture_logs() as logs:
            connecting = asyncio.ensure_future(made.connect(2))
            await asyncio.sleep(0.08)
            assert made.counts() == [0]
            acceptor._listener = inner
            await connecting
        assert made.counts() == [2]
    assert {each["event"] for each in logs} == {"accept_failed"}
    assert logs[0]["error"] == os.strerror(number)
    assert len(logs) < 4, "not at each turn of the loop"
