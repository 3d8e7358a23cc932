"""Far more requests than a worker can answer: those that it answers are in time, and the others go at once."""

import json
import time
from collections.abc import Iterator

import pytest
import uvloop

from loadtest import openloop
from loadtest.connection import Connection
from tests.endpoints.client import EXCHANGE
from tests.endpoints.throttled import running
from tests.endpoints.wire import request

DECISION_MS = 10
TMAX_MS = 200
BODIES = [json.dumps(request(tmax=TMAX_MS)).encode() for _ in range(50)]
CONNECTIONS = 300
"""Far more than can be answered within `tmax`: the queue is as long as they are many."""


class Timed(openloop.Generator):
    """Remembers how long each bid took, from the moment at which its request was sent."""

    def __init__(self, options: openloop.Options) -> None:
        super().__init__(options, BODIES)
        self.took_s: list[float] = []

    def answered(self, connection: Connection, status: int) -> None:
        """Note it, and go on."""
        if status == 200:
            self.took_s.append(time.monotonic() - connection.sent_s)
        super().answered(connection, status)


@pytest.fixture
def port() -> Iterator[int]:
    """Start a worker that needs ten milliseconds for a bid."""
    with running("tests.endpoints.throttled", str(DECISION_MS)) as port:
        yield port


def load(port: int, rate: float, seconds: float, connections: int = CONNECTIONS) -> Timed:
    """Send at a rate, whatever comes back."""
    options = openloop.Options(
        f"http://127.0.0.1:{port}/openrtb2/{EXCHANGE}",
        rate,
        seconds,
        connections=connections,
        arrivals="uniform",
        drain_s=2.0,
    )

    async def run() -> Timed:
        generator = Timed(options)
        await generator.run()
        return generator

    return uvloop.run(run())


def test_overload_costs_others_not_those_who_are_answered(port: int) -> None:
    capacity = len(load(port, 1_000 / DECISION_MS, 1.0, connections=4).took_s)
    for times, share in ((2, 0.8), (8, 0.65)):
        seconds = 2.5
        asked = load(port, capacity * times, seconds)
        report = asked.report
        in_time = sum(took <= TMAX_MS / 1_000 for took in asked.took_s)
        assert in_time / seconds >= share * capacity, (times, capacity, in_time, report)
        assert in_time >= 0.97 * len(asked.took_s), (times, len(asked.took_s), in_time)
        assert report.statuses.total() == report.intended, report
        assert report.statuses[204] > 0
        began = time.monotonic()
        calm = load(port, capacity / 2, 1.0)
        assert len(calm.took_s) >= 0.95 * calm.report.intended, calm.report
        assert time.monotonic() - began < 2.0
