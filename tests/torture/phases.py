"""An open loop whose rate changes from phase to phase, and what became of every single request."""

import time
from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

import uvloop

from loadtest import openloop
from loadtest.connection import Connection
from tests.endpoints.client import EXCHANGE

CONNECTIONS = 400
"""More than are ever under way at once, so that no request waits in the generator."""


class Phase(NamedTuple):
    """So many requests per second for so long."""

    rate: float
    seconds: float


class Sent(NamedTuple):
    """One request; seconds count from the moment at which it was to be sent."""

    at_s: float
    """When that was, since the first phase began."""
    took_s: float
    status: int
    """0: no answer."""


class Generator(openloop.Generator):
    """Goes through the phases and remembers every request; its own lateness is part of what each took."""

    def __init__(
        self,
        port: int,
        bodies: Sequence[bytes],
        phases: Sequence[Phase],
        *,
        connections: int = CONNECTIONS,
        seed: int | None = None,
        exchange: str = EXCHANGE,
    ) -> None:
        """Send at even distances, or with a seed at the random ones of independent senders."""
        url = f"http://127.0.0.1:{port}/openrtb2/{exchange}"
        seconds = sum(phase.seconds for phase in phases)
        rate = max(phase.rate for phase in phases)
        super().__init__(openloop.Options(url, rate, seconds, connections, drain_s=2.0), bodies)
        self.sent: list[Sent] = []
        self._phases = phases
        self._dice = None if seed is None else Random(seed)
        self._began_s = 0.0

    def plan(self, began: float) -> Iterator[float]:
        """Yield when to send."""
        self._began_s = at = end = began
        for rate, seconds in self._phases:
            end += seconds
            while at < end:
                yield at
                at += self._dice.expovariate(rate) if self._dice else 1 / rate

    def answered(self, connection: Connection, status: int) -> None:
        """Remember it, and go on."""
        self._remember(connection.intended_s, status)
        super().answered(connection, status)

    def unanswered(self, intended_s: float) -> None:
        """Remember it, too."""
        self._remember(intended_s, 0)
        super().unanswered(intended_s)

    def _remember(self, intended_s: float, status: int) -> None:
        self.sent.append(Sent(intended_s - self._began_s, time.monotonic() - intended_s, status))

    @property
    def waited(self) -> int:
        """How many found no free connection."""
        return self.report.queued


def send(
    port: int, bodies: Sequence[bytes], *phases: Phase, connections: int = CONNECTIONS
) -> list[Sent]:
    """Send evenly and return what became of it, in the order of the answers.

    Raises `AssertionError` if requests had to wait for a connection though there are so many.
    """
    generator = Generator(port, bodies, phases, connections=connections)
    uvloop.run(generator.run())
    assert not generator.waited or connections < CONNECTIONS, f"{generator.waited} waited"
    return generator.sent


def capacity(port: int, bodies: Sequence[bytes], phase: Phase, connections: int) -> float:
    """Return how many bids per second are made on lines that are never idle; the phase asks for more than that."""
    sent = send(port, bodies, phase, connections=connections)
    done = [each.at_s + each.took_s for each in sent if each.status == 200]
    return sum(at <= phase.seconds for at in done) / phase.seconds


def percentile_ms(took_s: Sequence[float], share: float) -> float:
    """Return the duration in ms that this share (0 to 1) does not exceed; exact, and 0 without any."""
    if not took_s:
        return 0.0
    return 1_000 * sorted(took_s)[min(len(took_s) - 1, int(share * len(took_s)))]
