"""Gather: all that a decision may look at, from the bytes to the person's profile."""

from collections.abc import Callable, Sequence
from zlib import crc32

import msgspec

from adserver.catalog.snapshot import Snapshot
from adserver.decision.pipeline import look_ahead
from adserver.decision.world import Moment
from adserver.domain.consent import Permission
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Rates
from adserver.domain.opportunity import Auction
from adserver.domain.person import NOBODY, PersonKey, Profile, Touch
from adserver.domain.reasons import Reason
from adserver.endpoints.suspicion import suspect
from adserver.errors import Unavailable
from adserver.metrics import DROPPED_FIELDS, PROFILE_FAILURES
from adserver.openrtb import inbound
from adserver.openrtb.codec import decode, inflate
from adserver.ports import Profiles, Purse, YoungContacts
from adserver.privacy.permission import permit
from adserver.validity.judge import RequestJudge


class Gathered(msgspec.Struct, frozen=True):
    """A request that may be decided on."""

    auction: Auction
    permission: Permission
    profile: Profile
    touches: tuple[Touch, ...]
    fits: Sequence[int]
    """Who fits each opportunity; see `pipeline.look_ahead`."""
    left_ms: int
    """How long we have from the request's arrival to the answer's last byte."""


class Declined(msgspec.Struct, frozen=True):
    """A request that is not decided on, and why."""

    request_id: str
    reason: Reason


class Gatherer:
    """Knows where to look things up; the same for every exchange."""

    def __init__(
        self,
        *,
        snapshot: Snapshot,
        rates: Rates,
        vendor: int,
        pseudonym: Callable[[str, str], PersonKey],
        profiles: Profiles,
        contacts: YoungContacts,
        judge: RequestJudge | None = None,
    ) -> None:
        """Without a judge every request is taken for a person's."""
        self._snapshot = snapshot
        self._rates = rates
        self._vendor = vendor
        self._pseudonym = pseudonym
        self._profiles = profiles
        self._contacts = contacts
        self._judge = judge

    def gather(self, body: bytes, encoding: str, terms: ExchangeTerms) -> Gathered | Declined:
        """Return what to decide on. Raises `InvalidBidRequest` for what is no bid request.

        A failed look-up is counted and leaves a stranger: bidding untargeted beats not bidding.
        """
        if encoding == "gzip":
            body = inflate(body)
        decoded = decode(body)
        if decoded.dropped:
            DROPPED_FIELDS.inc(len(decoded.dropped))
        request = decoded.request
        left_ms = inbound.time_left_ms(request, terms)
        if left_ms <= 0:
            return Declined(str(request.id), Reason.TIME_OUT)
        permission = permit(
            inbound.signals(request),
            self._vendor,
            contextual_without_consent=terms.contextual_without_consent,
        )
        if not permission.bid:
            return Declined(str(request.id), Reason.NO_LEGAL_BASIS)
        if self._judge is not None:
            reason = suspect(self._judge, request, identified=permission.identify)
            if reason is not None:
                return Declined(str(request.id), reason)
        auction = inbound.auction(request, terms, self._rates, permission, self._pseudonym)
        if isinstance(auction, Reason):
            return Declined(str(request.id), auction)
        fits = look_ahead(self._snapshot, auction)
        profile = NOBODY
        touches: tuple[Touch, ...] = ()
        if auction.person is not None and any(fits):
            try:
                profile = self._profiles.profile(auction.person)
            except Unavailable:
                PROFILE_FAILURES.inc()
            touches = self._contacts.merged(auction.person, profile.touches)
        auction.segment_count = len(auction.segments) + (
            len(profile.segments) if permission.personalise else 0
        )
        return Gathered(auction, permission, profile, touches, fits, left_ms)


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
    return Moment(
        now_s=now_s,
        seed=crc32(auction.id.encode("utf-8", "surrogatepass")),
        terms=terms,
        permission=gathered.permission,
        purse=purse,
        paces=paces,
        stopped=stopped,
        profile=gathered.profile,
        touches=gathered.touches,
    )
