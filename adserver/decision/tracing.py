"""Who fell where: the walk of one request, recorded only when somebody wants to know."""

from typing import Protocol

import msgspec

from adserver.domain.reasons import Reason


class Fall(msgspec.Struct, frozen=True):
    """One step of narrowing that somebody did not survive."""

    reason: Reason
    fallen: int
    """The candidates that fell here, as a set of bits."""
    got: object
    """What the request offered, to be held against what the line items wanted."""
    opportunity: str | None
    """The imp it happened at; `None` for the whole request."""


class Valued(msgspec.Struct, frozen=True):
    """The money of one shortlisted candidate at one opportunity; house nanos per impression."""

    opportunity: str
    candidate: int
    deal: str
    click_probability: float
    value: int
    paced: int
    floor: int
    guaranteed: bool = False
    """In a guaranteed deal: not held back by its pace, and worth at least the floor where its maximum allows that."""
    orders_per_click: float = 0.0
    """Where orders decide the value, with what an order is worth (house nanos); else 0."""
    order_worth: int = 0


class Trace(Protocol):
    """Every narrowing goes through here, traced or not: one code path."""

    opportunity: str | None
    """The imp being decided; `None` while the whole request is."""
    reason: Reason
    """What emptied the field last."""
    missed: dict[str, Reason]
    """The imps without a bid, each with what emptied its field."""

    def narrow(self, reason: Reason, alive: int, passing: int, got: object = "") -> int:
        """Return `alive & passing`; whoever is missing from it fell for this reason."""

    def valued(self, valued: Valued) -> None:
        """Note the money of one candidate."""

    def drew(self, candidate: int, factor: float) -> None:
        """Note by what a candidate's click probability was multiplied to rank it here."""

    wanted: bool
    """Is anybody going to read the notes? If not, callers skip what only notes need."""


class Untraced:
    """Remembers only what emptied the field: the reason of a no-bid."""

    wanted = False

    def __init__(self) -> None:
        self.opportunity: str | None = None
        self.reason = Reason.NO_OPPORTUNITY
        self.missed: dict[str, Reason] = {}

    def narrow(self, reason: Reason, alive: int, passing: int, got: object = "") -> int:
        """Narrow, remembering nothing about who fell."""
        survivors = alive & passing
        if alive and not survivors:
            self.reason = reason
        return survivors

    def valued(self, valued: Valued) -> None:
        """Nobody reads it."""

    def drew(self, candidate: int, factor: float) -> None:
        """Nobody reads it."""


class _Silent(Untraced):
    """For a look ahead, of which nothing is to be remembered."""

    def narrow(self, reason: Reason, alive: int, passing: int, got: object = "") -> int:
        """Narrow, and forget it."""
        return alive & passing


SILENT = _Silent()


class Traced(Untraced):
    """Remembers every fall and every sum."""

    wanted = True

    def __init__(self) -> None:
        super().__init__()
        self.falls: list[Fall] = []
        self.sums: list[Valued] = []
        self.draws: dict[tuple[str | None, int], float] = {}
        """By opportunity and candidate."""

    def narrow(self, reason: Reason, alive: int, passing: int, got: object = "") -> int:
        """Narrow, remembering who fell."""
        fallen = alive & ~passing
        if fallen:
            self.falls.append(Fall(reason, fallen, got, self.opportunity))
        return super().narrow(reason, alive, passing)

    def valued(self, valued: Valued) -> None:
        """Remember the money."""
        self.sums.append(valued)

    def drew(self, candidate: int, factor: float) -> None:
        """Remember the factor."""
        self.draws[self.opportunity, candidate] = factor

    def counts(self) -> dict[Reason, int]:
        """Return how many candidates fell for each reason, over all imps."""
        counted: dict[Reason, int] = {}
        for fall in self.falls:
            counted[fall.reason] = counted.get(fall.reason, 0) + fall.fallen.bit_count()
        return counted
