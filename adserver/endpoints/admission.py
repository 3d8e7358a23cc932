"""Whether there is still time to answer: shed early what would be late, from how long requests wait for their turn."""

import asyncio
import re
from collections.abc import Callable

from adserver.domain.exchange import ExchangeTerms
from adserver.metrics import EVENTS_DROPPED
from adserver.ports import EventLog

ORDINARY_S = 0.002
"""Waits below this are everyday: nobody looks further."""
HOPELESS_S = 1.0
"""Who waited so long is told to go elsewhere: the last rung."""
SLACK_S = 0.002
"""From the decision to the last byte: the others of the turn, and the sending. In an overload nearly all that are decided
are just in time, so without it a third of the decisions would be for nothing.
"""
STRAIN = 0.25
"""Optional work is left out when so much of the time to answer went by in the queue: the first rung."""
QUIET_TURNS = 3
"""A request is handled within so many turns of the event loop, once it is read; then there is no work left."""
_RISE, _FALL = 1 / 8, 1 / 64
"""A slower answer is believed at once, a faster one gradually: we keep near the slow ones."""
_TMAX = re.compile(rb'"tmax"\s*:\s*(\d{1,5})\b')


def _soon(call: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(call)


class Admission:
    """Measures one worker's queue. The connections tell when bytes came, the bid endpoint when work was done.

    How long they lay in the kernel is not seen, but bounded: they came after the event loop looked for the last time
    but one. As long as there is work, we have ourselves called once in each of its turns.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        soon: Callable[[Callable[[], None]], object] = _soon,
    ) -> None:
        """`soon` has a function called in the event loop's next turn."""
        self._monotonic = monotonic
        self._soon = soon
        self.strained = False
        """Set while optional work is to be left out."""
        self._awake = False
        self._quiet = 0
        self._looked_s = self._turned_s = 0.0
        self._read_s = 0.0
        """When this turn's first bytes were read; 0 if none were."""
        self._answer_s = 0.0
        self._longest_s = 0.0

    def arrival(self) -> float:
        """Return the earliest moment at which bytes that are read now can have come, by `monotonic`."""
        if self._read_s == 0.0:
            self._read_s = self._monotonic()
            self._quiet = 0
            if not self._awake:  # the loop slept until these came
                self._awake = True
                self._looked_s = self._turned_s = self._read_s
                self._soon(self._turn)
        return self._looked_s

    def _turn(self) -> None:
        """Note when the loop looked: when it read, or else not before our last turn."""
        self._looked_s = self._read_s or self._turned_s
        self._read_s = 0.0
        self._quiet += 1
        if self._quiet > QUIET_TURNS:
            self._awake = False
        else:
            self._turned_s = self._monotonic()
            self._soon(self._turn)

    def worked(self) -> None:
        """Note that a request was handled, in whatever way."""
        self._quiet = 0

    def is_late(self, waited_s: float, body: bytes, terms: ExchangeTerms) -> bool:
        """Tell whether an answer would come too late, for a request that waited `waited_s` seconds."""
        self._longest_s = max(self._longest_s, waited_s)
        if waited_s < ORDINARY_S:
            self.strained = False
            return False
        left_s = _time_s(body, terms)
        self.strained = waited_s > left_s * STRAIN
        return waited_s + self._answer_s + SLACK_S > left_s

    def answered(self, took_s: float) -> None:
        """Learn from how long a decision and its answer took, waiting not included."""
        change = took_s - self._answer_s
        self._answer_s += change * (_RISE if change > 0 else _FALL)

    def longest_wait(self) -> float:
        """Return the longest wait since the last call, in seconds."""
        longest, self._longest_s = self._longest_s, 0.0
        return longest


class Sparing:
    """An event log that is left out, and counted, while the worker is strained: only for bid events."""

    def __init__(self, events: EventLog, admission: Admission) -> None:
        self._events = events
        self._admission = admission

    def write(self, line: bytes) -> None:
        """Pass the line on, or count it as dropped."""
        if self._admission.strained:
            EVENTS_DROPPED.inc()
        else:
            self._events.write(line)


class Quota:
    """A bucket that holds one second's worth of requests."""

    def __init__(self, per_s: float) -> None:
        """Allow so many requests per second, above 0."""
        self._per_s = per_s
        self._burst = max(per_s, 1.0)
        self._left = self._burst
        self._at_s = 0.0

    def take(self, now: float) -> bool:
        """Tell whether one more request is allowed at `now`, monotonic seconds."""
        left = min(self._burst, self._left + (now - self._at_s) * self._per_s)
        self._at_s = now
        allowed = left >= 1.0
        self._left = left - 1.0 if allowed else left
        return allowed


def _time_s(body: bytes, terms: ExchangeTerms) -> float:
    """Return the time that an answer may take, from a look at the undecoded body; compressed ones get the default.

    A `tmax` in the wrong place harms only the request that has it.
    """
    found = _TMAX.search(body)
    tmax_ms = int(found[1]) if found else terms.default_tmax_ms
    return max(0, tmax_ms - terms.network_margin_ms) / 1_000
