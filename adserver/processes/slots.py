"""The supervisor's children and their places: who is in them, and when who died may begin again."""

import socket
import time
from dataclasses import dataclass, field

from adserver.processes.pulse import Pulse

BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 5.0)
SETTLED_S = 30.0
"""Who lived so long may die again without waiting."""


@dataclass
class Child:
    """A process of ours."""

    pid: int
    started: float
    pulse: Pulse = field(default_factory=Pulse)
    """How it beats, if it does: workers and the owner do."""


@dataclass(frozen=True)
class Newcomer:
    """A worker that cannot bid yet."""

    child: Child
    says: int
    """A descriptor: a byte comes when it can."""
    until: float
    """Then it is given up, by the monotonic clock."""


@dataclass
class Slot:
    """A worker's place: its number and private port stay while processes come and go."""

    number: int
    private: socket.socket
    child: Child | None = None
    """Who serves."""
    coming: Newcomer | None = None
    failures: int = 0
    retry_at: float = 0.0
    leaving: dict[int, float] = field(default_factory=dict)
    """Workers that drain: until when they may."""

    @property
    def pids(self) -> set[int]:
        """The processes of this place: who drains, who serves, and who is to."""
        here = [self.child, self.coming.child if self.coming else None]
        return {*self.leaving, *(child.pid for child in here if child)}


def failures(before: int, child: Child) -> int:
    """Return how often in a row a child has died, now that it died once more."""
    return 1 if time.monotonic() - child.started > SETTLED_S else before + 1


def retry_at(failed: int) -> float:
    """Return when to start again what has died so often in a row."""
    return time.monotonic() + BACK_OFF_S[min(failed - 1, len(BACK_OFF_S) - 1)]
