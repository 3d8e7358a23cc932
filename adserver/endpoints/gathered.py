"""What is known of a request when it is decided on, or why it is not."""

from collections.abc import Sequence
from zlib import crc32

import msgspec
from msgspec.structs import replace

from adserver.decision.pacing import shake
from adserver.decision.world import Moment
from adserver.domain.consent import Permission
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.identity import segment_number
from adserver.domain.opportunity import Auction
from adserver.domain.person import NOBODY, PersonKey, Profile, Touch
from adserver.domain.reasons import Reason
from adserver.openrtb.facts import coarsen
from adserver.ports import Purse


class Gathered(msgspec.Struct, gc=False):
    """A request that may be decided on, once its person is known, or known to stay unknown."""

    auction: Auction
    permission: Permission
    """What the signals allow; narrower once the person's own choices are known."""
    fits: Sequence[int]
    """Who fits each opportunity; see `pipeline.look_ahead`."""
    left_ms: int
    """How long we have from the request's arrival to the answer's last byte."""
    ids: Sequence[PersonKey] = ()
    """Who is to be looked up before deciding: nobody, or the keys of one person's ids."""
    profile: Profile = NOBODY
    touches: tuple[Touch, ...] = ()
    household: PersonKey | None = None
    """Which household is to be looked up, if any cap counts by household."""
    household_touches: tuple[Touch, ...] = ()
    counted_since_s: float = 0.0
    """Contacts from before may be missing; see `Moment`."""
    located: bool = False
    """Region and city are those of the address."""

    def forget(self) -> None:
        """Let go of what the request said of its person."""
        self.auction.segments = ()
        self.auction.segment_count = 0
        self.auction.person = self.auction.household = None
        coarsen(self.auction, located=self.located)
        if any(self.fits):  # else no model is asked
            self.auction.opportunities = tuple(
                [replace(each, tag_id="") for each in self.auction.opportunities]
            )
        self.profile, self.touches, self.household_touches = NOBODY, (), ()


class Declined(msgspec.Struct, frozen=True):
    """A request that is not decided on, and why."""

    request_id: str
    reason: Reason


def without_objected(auction: Auction, profile: Profile, objections: frozenset[int]) -> Profile:
    """Return the profile without the segments that the person objects to; the request's go, too."""
    auction.segments = tuple(
        [name for name in auction.segments if segment_number(name) not in objections]
    )
    kept = tuple([number for number in profile.segments if number not in objections])
    return replace(profile, segments=kept)


def moment(
    gathered: Gathered,
    terms: ExchangeTerms,
    purse: Purse,
    paces: list[float],
    stopped: int,
    now_s: float,
) -> Moment:
    """Return the moment of a decision; its dice come from the request's id."""
    auction = gathered.auction
    seed = crc32(auction.id.encode("utf-8", "surrogatepass"))
    return Moment(
        now_s=now_s,
        seed=seed,
        shake=shake(seed),
        terms=terms,
        permission=gathered.permission,
        purse=purse,
        paces=paces,
        stopped=stopped,
        profile=gathered.profile,
        touches=gathered.touches,
        household_touches=gathered.household_touches,
        counted_since_s=gathered.counted_since_s,
    )
