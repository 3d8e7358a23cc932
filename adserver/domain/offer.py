"""A price for which is known how likely it wins."""

from typing import NamedTuple

from adserver.domain.money import Nanos


class Offer(NamedTuple):
    """A price, and what is known about it."""

    price: Nanos
    """House nanos per impression."""
    chance: float
    """How likely it wins, in (0, 1]."""
    key: str
    """What the bids had in common by which that is known: `exchange / country / ...`."""
    bids: int
    """How many those were."""
    told: bool
    """The exchange tells what it takes to win: nothing need be tried to learn it."""
