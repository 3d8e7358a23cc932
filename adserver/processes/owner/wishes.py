"""What workers asked for and could not get yet."""

from typing import NamedTuple

from adserver.domain.money import Nanos

GATHER_S = 10.0
"""So long small rests are gathered from all workers before they are handed out as they are."""


class Wish(NamedTuple):
    """What a worker asked for."""

    want: Nanos
    least: Nanos
    """Less is of no use; 0: anything is."""
    since_s: float

    def least_at(self, now_s: float) -> Nanos:
        """Return the least that is worth granting now: when nobody gave back enough for a while, what there is."""
        return self.least if 0 <= now_s - self.since_s < GATHER_S else 0
