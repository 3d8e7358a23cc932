"""Which of the servers that share the ledger are alive, as far as its log tells."""

from collections.abc import Callable, Iterator

from adserver.domain.ledger import OPEN, Ledger

TOLERANCE_S = 5.0
"""Steady clocks of two machines do not run alike."""


class Hosts:
    """When something was last read of each, by our own steady clock: what other clocks say does not matter."""

    def __init__(
        self, ledger: Ledger, ours: str, term_s: float, monotonic: Callable[[], float]
    ) -> None:
        """A host of which nothing is read for `term_s` has told its workers to stop before that."""
        self._ledger = ledger
        self._ours = ours
        self._term_s = term_s
        self._monotonic = monotonic
        self._began_s = monotonic()
        self._heard_s: dict[str, float] = {}

    def heard_of(self, host: str) -> None:
        """It has written something."""
        self._heard_s[host] = self._monotonic()

    def silent(self) -> Iterator[int]:
        """Yield the open leases of hosts that are dead, or cut off: their workers bid no more."""
        if not self._ours:
            return
        now_s = self._monotonic()
        for lease, closed_s in list(self._ledger.leases.items()):
            host = self._ledger.hosts.get(lease, self._ours)
            heard_s = self._heard_s.get(host, self._began_s)
            if (
                closed_s == OPEN
                and host != self._ours
                and now_s - heard_s > self._term_s + TOLERANCE_S
            ):
                yield lease
