"""Attackers' lines and victims', and what the server has acted on."""

import re
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from itertools import count
from typing import NamedTuple

from tests.endpoints.client import Client
from tests.endpoints.wire import request
from tests.smuggling.vectors import Vector

QUIET_S = 0.05
"""Who need not say anything is not waited for longer."""
PATIENCE_S = 3.0
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3}) ")
_numbers = count(1)


class Heard(NamedTuple):
    """One vector, what came back, and what the server has done."""

    number: int
    statuses: list[int]
    """Of the final answers, in order."""
    closed: bool
    outer: bool
    """The outer request was acted on."""
    inner: bool
    text: bytes
    disturbed: bool
    """Somebody else's answer was not their own."""


class Attack:
    """A vector with a number of its own, said on a line of its own."""

    def __init__(self, port: int, vector: Vector) -> None:
        self.number = next(_numbers)
        self._heard = b""
        self._closed = False
        self._line = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        with suppress(ConnectionError):  # refused before all was said
            self._line.sendall(vector.numbered(self.number))
        self._hear(PATIENCE_S if vector.answered else QUIET_S)

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def outcome(self, server: Client, *, disturbed: bool) -> Heard:
        """Ask the server what it has acted on, and hear what is left to hear."""
        outer, inner = self._acted(server, "outer"), self._acted(server, "inner")
        while len(self._statuses()) < outer + inner and self._hear(PATIENCE_S):
            pass
        while self._hear(0):
            pass
        return Heard(
            self.number, self._statuses(), self._closed, outer, inner, self._heard, disturbed
        )

    def _hear(self, seconds: float) -> bool:
        """Read once; tell whether there may be more."""
        self._line.settimeout(seconds)
        try:
            chunk = self._line.recv(1 << 20)
        except (TimeoutError, BlockingIOError):
            return False
        except ConnectionError:
            chunk = b""
        self._heard += chunk
        self._closed = not chunk
        return bool(chunk)

    def _statuses(self) -> list[int]:
        found = [int(each) for each in _STATUS.findall(self._heard)]
        return [each for each in found if each >= 200]

    def _acted(self, server: Client, which: str) -> bool:
        """Tell whether `outer` or `inner` is counted already: whoever asks first is told that it is now."""
        reply = server.call("GET", f"/c/tents?order={which}-{self.number:04}")
        assert reply.status == 200, reply
        return reply.json()["counted"] is False


def say_all(
    vectors: Sequence[Vector], port: int, server: Client, victim: Callable[[], Client]
) -> dict[str, Heard]:
    """Say all vectors to a port, one after the other; behind each, a victim asks on a line of its own.

    What the server has acted on is asked at the very end, when nothing can be under way any more.
    """
    with ExitStack() as closing:
        attacks = {}
        for vector in vectors:
            attack = Attack(port, vector)
            closing.callback(attack.close)
            with victim() as other:
                attacks[vector.name] = attack, not all(_is_own_answer(other) for _ in range(2))
        return {
            name: attack.outcome(server, disturbed=disturbed)
            for name, (attack, disturbed) in attacks.items()
        }


def _is_own_answer(victim: Client) -> bool:
    """Ask for a bid by a name of its own and tell whether the answer is to that name."""
    asked = request(test=1)
    try:
        reply = victim.bid(asked)
        return reply.status == 200 and bool(reply.json()["id"] == asked["id"])
    except OSError:  # no answer at all
        return False
