"""What a worker does many times a second: follow its clock, leave what is over, and tell the owner what is due."""

from collections.abc import Callable
from typing import Protocol

from adserver.background.clock_watch import ClockWatch
from adserver.background.contacts import PendingContacts
from adserver.background.flow import FlowCounter
from adserver.background.protocol import FromWorker, Renew
from adserver.background.purse import LeasedPurse
from adserver.metrics import EXPOSED
from adserver.ports import Clock

RENEW_S = 1.0


class Speaker(Protocol):
    """The worker's end of the line."""

    @property
    def connected(self) -> bool:
        """Tell whether the owner listens."""

    def send(self, message: FromWorker) -> None:
        """Say something, if the owner listens."""

    def begin_anew(self) -> None:
        """Give the lease up and ask for a fresh one."""


class Rounds:
    """Goes round once at each `step`."""

    def __init__(
        self,
        line: Speaker,
        clock: Clock,
        monotonic: Callable[[], float],
        purse: LeasedPurse,
        contacts: PendingContacts,
        flow: FlowCounter | None,
    ) -> None:
        self._line = line
        self._watch = ClockWatch(clock, monotonic)
        self._purse = purse
        self._contacts = contacts
        self._flow = flow
        self._renew_at = 0.0

    def step(self) -> None:
        """See to what became due since the last time."""
        before_s, by_s = self._watch.step()
        now_s, steady_s = self._watch.wall_s, self._watch.steady_s
        if by_s:
            # What is promised by one time cannot be told from what is promised by another: a new lease, a new time.
            self._purse.hand_back()
            self._contacts.clock_set(before_s, by_s)
            self._line.begin_anew()
        self._purse.follow(steady_s, now_s)
        self._contacts.expire(now_s)
        if self._flow and self._line.connected and (report := self._flow.due(steady_s)):
            self._line.send(report)
        if steady_s < self._renew_at:
            return
        self._renew_at = steady_s + RENEW_S
        EXPOSED.set(sum(self._purse.exposed.values()))
        self._purse.gather(now_s)
        if self._line.connected:
            self._line.send(Renew(steady_s))
            release = self._purse.releases(now_s)
            if release is not None:
                self._line.send(release)
