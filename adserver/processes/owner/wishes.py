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

    def least_at(self, now_s: float, rest_s: float) -> Nanos:
        """Return the least that is worth granting now: when nobody gave back enough for a while, what there is.

        A rest was handed out at `rest_s`: the next are gathered anew, or none would ever meet another.
        """
        return self.least if 0 <= now_s - max(self.since_s, rest_s) < GATHER_S else 0
