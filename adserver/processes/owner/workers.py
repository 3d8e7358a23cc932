"""Who is connected, and what all of them are told."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from adserver.background.people_messages import Forget
from adserver.background.protocol import Arms, Contact, FromOwner, Paces, Recall, Resolved, Trouble
from adserver.domain.bandit import Arm
from adserver.domain.person import PersonKey
from adserver.processes.owner.notices import Outcome

RECALL_S = 5.0
"""A pot is asked back no more often than this: halves of halves are not worth the journal."""


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
        self._recalled: dict[int, float] = {}

    def leave(self, connection: Line) -> bool:
        """Forget a worker; tell whether it was one, and not followed by itself already."""
        if self.by_lease.get(connection.lease) is not connection:
            return False
        del self.by_lease[connection.lease]
        return True

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

    def recall(self, asker: int, pots: Iterable[tuple[int, int]], now_s: float) -> None:
        """Ask the others for what the asker cannot get: pairs of pot and lease that has much of it."""
        for pot, lease in pots:
            holder = self.by_lease.get(lease)
            ago_s = now_s - self._recalled.get(pot, 0.0)
            if lease != asker and holder is not None and not 0 <= ago_s < RECALL_S:
                self._recalled[pot] = now_s
                holder.send(Recall((pot,)))

    def hang_up(self) -> None:
        """Close all lines."""
        for connection in list(self.by_lease.values()):
            connection.hang_up()

    def _tell(self, message: FromOwner) -> None:
        for connection in list(self.by_lease.values()):
            connection.send(message)
