"""Who is connected, and what all of them are told."""

from collections.abc import Iterable, Mapping
from math import inf
from typing import Protocol

from adserver.background.people_messages import Counted, Forget
from adserver.background.protocol import (
    Arms,
    Contact,
    FromOwner,
    Holds,
    Paces,
    Recall,
    Resolved,
    Trouble,
)
from adserver.domain.bandit import Arm
from adserver.domain.entries import AnyEntry, Closed, LateLiability, Seen, Settled, Wanted
from adserver.domain.ledger import Ledger
from adserver.domain.person import PersonKey
from adserver.processes.owner.notices import Outcome

RECALL_S = 5.0
"""A pot is asked back no more often than this: halves of halves are not worth the journal."""
RECALL_MOST_S = 320.0


class Line(Protocol):
    """A worker's end, as far as it is told something."""

    lease: int

    def send(self, message: FromOwner) -> None:
        """Queue a message."""

    def grant_waiting(self) -> None:
        """Try again what could not be granted before."""

    def hang_up(self) -> None:
        """Close the line."""


class Workers:
    """Who is connected, by lease, and what all of them are told."""

    def __init__(self) -> None:
        self.by_lease: dict[int, Line] = {}
        self.trouble = ""
        """What they were told last of why nothing can be made durable."""
        self.counted_since_s = 0.0
        """Since when contacts are known, as they were told last; see `Counted`."""
        self._recalled: dict[int, tuple[float, float]] = {}
        """By pot: when it was asked back last, and how long to wait then."""

    def leave(self, connection: Line) -> bool:
        """Forget a worker; tell whether it was one, and not followed by itself already."""
        if self.by_lease.get(connection.lease) is not connection:
            return False
        del self.by_lease[connection.lease]
        return True

    def tell_of(self, entry: AnyEntry, ledger: Ledger) -> None:
        """Tell our workers what another host's entry means for them."""
        match entry:
            case LateLiability() | Settled():
                holder = self.by_lease.get(entry.lease)
                if holder is not None:
                    late = isinstance(entry, LateLiability)
                    holder.send(Resolved(((entry.bid, 0 if late else entry.total),)))
            case Seen(bid=bid, kind="loss", lease=lease) if lease in self.by_lease:
                if bid not in ledger.charged:
                    self.by_lease[lease].send(Resolved(((bid, 0),)))
            case Closed(lease) if lease in self.by_lease:
                self.by_lease[
                    lease
                ].hang_up()  # we were taken for dead; it comes back and says what it has
            case Wanted(pot):
                for lease, pots in ledger.held.items():
                    if lease in self.by_lease and pots.get(pot, 0) > 0:
                        self.by_lease[lease].send(Recall((pot,)))

    def tell_holds(self, seconds: dict[str, int]) -> None:
        """Tell everybody how long bids need their money."""
        self._tell(Holds(seconds))

    def tell_outcome(self, outcome: Outcome) -> None:
        """Tell the lease's worker what became of a bid, and everybody of the contact."""
        if outcome.resolved is not None:
            lease, bid, charged = outcome.resolved
            holder = self.by_lease.get(lease)
            if holder is not None:
                holder.send(Resolved(((bid, charged),)))
        seen = [
            each
            for each in (outcome.touch, outcome.household)
            if each is not None and each[1].kind == "impression"
        ]
        if seen:
            self._tell(Contact(tuple(seen)))

    def tell_to_forget(self, people: tuple[PersonKey, ...]) -> None:
        """Tell everybody to let go of what they hold of these people."""
        self._tell(Forget(people))

    def tell_counted(self, since_s: float) -> None:
        """Tell everybody since when contacts are known; once per change."""
        if since_s != self.counted_since_s:
            self.counted_since_s = since_s
            self._tell(Counted(since_s))

    def tell_paces(self, multipliers: Mapping[int, float]) -> None:
        """Tell everybody how much to hold back."""
        self._tell(Paces(dict(multipliers)))

    def tell_arms(self, counts: dict[int, dict[int, Arm]]) -> None:
        """Tell everybody what was seen and clicked of what takes turns."""
        self._tell(Arms(counts))

    def tell_trouble(self, problem: str) -> None:
        """Tell everybody that nothing can be made durable, or that it can again; once per change."""
        if problem != self.trouble:
            self.trouble = problem
            self._tell(Trouble(problem))

    def recall(
        self, asker: int, pots: Iterable[tuple[int, int]], now_s: float, most_s: float
    ) -> set[int]:
        """Ask all others for what the asker cannot get: pairs of pot and lease that has something of it. Return the pots
        of which workers of other hosts have much. Nobody is asked again for longer than usual, `most_s` at most.
        """
        elsewhere = set()
        due: dict[int, bool] = {}
        for pot, lease in pots:
            if lease == asker:
                continue
            if pot not in due:
                at_s, wait_s = self._recalled.get(pot, (-inf, RECALL_S))
                due[pot] = not 0 <= now_s - at_s < min(wait_s, most_s)
                if due[pot]:
                    self._put_off(pot, now_s)
            if not due[pot]:
                continue
            holder = self.by_lease.get(lease)
            if holder is None:
                elsewhere.add(pot)
            else:
                holder.send(Recall((pot,)))
        return elsewhere

    def _put_off(self, pot: int, now_s: float) -> None:
        """Wait longer each time: of a budget that is used up, there is nothing more to be had."""
        at_s, wait_s = self._recalled.get(pot, (now_s, RECALL_S / 2))
        again = RECALL_S if now_s - at_s > RECALL_MOST_S else min(2 * wait_s, RECALL_MOST_S)
        self._recalled[pot] = (now_s, again)

    def hang_up(self) -> None:
        """Close all lines."""
        for connection in list(self.by_lease.values()):
            connection.hang_up()

    def _tell(self, message: FromOwner) -> None:
        for connection in list(self.by_lease.values()):
            connection.send(message)
