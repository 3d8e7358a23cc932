"""A circuit breaker: whoever fails often is left alone for a while, then tried with a single question."""

from collections.abc import Callable
from enum import Enum

WINDOW = 32
"""So many of the last answers count."""
_MASK = (1 << WINDOW) - 1


class State(Enum):
    """What the breaker does with the next question."""

    CLOSED = 0  # lets it through
    OPEN = 1  # refuses it
    TRYING = 2  # one is under way that shall show whether it is over; refuses the others


class Breaker:
    """Opens when so many of the last 32 questions failed, in a row or not; asks again after a pause."""

    def __init__(self, failures: int, open_s: float, monotonic: Callable[[], float]) -> None:
        self.state = State.CLOSED
        self._failures = min(failures, WINDOW)
        self._open_s = open_s
        self._monotonic = monotonic
        self._failed = 0
        """The last answers as bits, 1 for a failure, the last one lowest."""
        self._until_s = 0.0

    def allows(self) -> bool:
        """Tell whether to ask; whoever asks then must tell how it ended."""
        if self.state is State.CLOSED:
            return True
        if self.state is State.OPEN and self._monotonic() >= self._until_s:
            self.state = State.TRYING
            return True
        return False

    def succeeded(self) -> None:
        """Count an answer. While open it is an old question's, and shows nothing."""
        if self.state is State.TRYING:
            self.state, self._failed = State.CLOSED, 0
        self._failed = self._failed << 1 & _MASK

    def failed(self) -> None:
        """Count a failure; one of those that wait when it opens changes nothing any more."""
        self._failed = (self._failed << 1 | 1) & _MASK
        if self.state is State.TRYING or (
            self.state is State.CLOSED and self._failed.bit_count() >= self._failures
        ):
            self.state = State.OPEN
            self._until_s = self._monotonic() + self._open_s
