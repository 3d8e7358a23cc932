"""What a decision may look at: the world as loaded, and the moment of the request. Values and views."""

import sys
from collections.abc import Sequence
from typing import overload

import msgspec

from adserver.catalog.snapshot import Snapshot
from adserver.domain.consent import Permission
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Nanos
from adserver.domain.person import NOBODY, Profile, Touch
from adserver.ports import ClickModel, Evidence, OrderModel, Purse
from adserver.ports.landscape import UNKNOWN, Landscape
from adserver.ports.products import NO_ARMS, Arms, Showcase


class World(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What changes only when something is loaded."""

    snapshot: Snapshot
    clicks: ClickModel
    orders: OrderModel
    arms: Arms = NO_ARMS
    """How often what takes turns was seen and clicked, as last told."""
    showcase: Showcase | None = None
    """The products of dynamic creatives, as last loaded."""
    landscape: Landscape = UNKNOWN
    """What it takes to win first-price auctions."""
    max_cpm: Nanos | None = None
    """A guard-rail over all exchanges: no bid is ever higher."""
    explore_ppm: int = 20_000
    """How often, in a million, a shortlisted place goes to somebody drawn from the rest."""
    evidence: Evidence | None = None
    """How little is known of whom; nothing: nobody tells, and nobody is tried for it."""
    learn_ppm: int = 0
    """In how many of a million requests those valued are ranked by what might be true; see `exploring`."""


class Moment(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What is true for this request alone."""

    now_s: float
    seed: int
    """Stands for all dice: the same request and seed give the same decision."""
    terms: ExchangeTerms
    permission: Permission
    purse: Purse
    paces: Sequence[float]
    """Multipliers on value in [0, 1] by line item index."""
    shake: float = 1.0
    """By what those below 1 are multiplied for this request, up to 1; see `pacing`."""
    stopped: int = 0
    """Candidates of advertisers that somebody stopped."""
    profile: Profile = NOBODY
    touches: Sequence[Touch] = ()
    """This person's contacts: those of the profile, and those too young to be in it."""
    household_touches: Sequence[Touch] = ()
    """The same of the household, whoever of it that was."""
    counted_since_s: float = 0.0
    """Contacts from before may be missing in both: 0 if all are there, infinite if nobody knows."""


class _NotHeldBack(Sequence[float]):
    """As many multipliers as anybody asks for, all of them 1."""

    @overload
    def __getitem__(self, index: int) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[float]: ...
    def __getitem__(self, index: int | slice) -> float | Sequence[float]:
        return 1.0 if isinstance(index, int) else self

    def __len__(self) -> int:
        return sys.maxsize


NOT_HELD_BACK: Sequence[float] = _NotHeldBack()
"""The paces of those who promised to buy."""
