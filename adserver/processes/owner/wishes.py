"""What workers asked for and could not get yet."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from adserver.domain.money import Nanos

GATHER_S = 10.0
"""So long small rests are gathered from all workers before they are handed out as they are."""
TRIED_AT_ONCE = 500
"""So many wishes of a worker are tried in one go: with a large catalog others are heard in between."""
AGAIN_AT_ONCE = 1_000
"""So many of those that could not be granted are tried again in a second."""


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


class Wishes:
    """Of one worker, by key."""

    def __init__(self) -> None:
        self._new: dict[int, Wish] = {}
        self._waiting: dict[int, Wish] = {}
        """Those that could not be granted yet, the longest untried first."""

    def ask(
        self, wants: Iterable[tuple[int, Nanos]], least: Mapping[int, Nanos], now_s: float
    ) -> bool:
        """Take in what is asked for; tell whether nothing new was there before."""
        had_new = self.has_new
        for key, want in wants:
            self._new[key] = Wish(want, least.get(key, 0), now_s)
        return self.has_new and not had_new

    @property
    def has_new(self) -> bool:
        """Tell whether some were never tried."""
        return bool(self._new)

    def new(self) -> dict[int, Wish]:
        """Take out some that were never tried."""
        return _some(self._new, TRIED_AT_ONCE)

    def waiting(self) -> dict[int, Wish]:
        """Take out some that were tried in vain."""
        return _some(self._waiting, AGAIN_AT_ONCE)

    def wait(self, key: int, wish: Wish) -> None:
        """Try this again later."""
        self._waiting[key] = wish

    def granted(self, key: int) -> None:
        """Forget what was asked for before."""
        self._waiting.pop(key, None)


def _some(wishes: dict[int, Wish], most: int) -> dict[int, Wish]:
    found = dict(islice(wishes.items(), most))
    for key in found:
        del wishes[key]
    return found
