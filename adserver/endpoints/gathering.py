"""Gather: all that a decision may look at, from the bytes to the person's profile."""

from collections.abc import Callable, Sequence
from zlib import crc32

import msgspec
from msgspec.structs import replace

from adserver.catalog.snapshot import Snapshot
from adserver.decision.pipeline import look_ahead
from adserver.decision.world import Moment
from adserver.domain.choices import NO_CHOICES
from adserver.domain.consent import Permission, without_person
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.identity import segment_number
from adserver.domain.money import Rates
from adserver.domain.opportunity import Auction
from adserver.domain.person import NOBODY, Found, PersonKey, Profile, Touch
from adserver.domain.reasons import Reason
from adserver.endpoints.suspicion import suspect
from adserver.errors import Unavailable
from adserver.metrics import DROPPED_FIELDS, PROFILE_FAILURES
from adserver.openrtb import inbound
from adserver.openrtb.codec import decode, inflate
from adserver.openrtb.partners import NO_SOURCES, IdSources
from adserver.openrtb.people import identifiers
from adserver.ports import Clock, Purse
from adserver.ports.people import Profiles, RemoteProfiles, YoungContacts
from adserver.privacy.permission import permit, with_choices
from adserver.privacy.rules import Rules
from adserver.validity.judge import RequestJudge


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
        rules: Rules,
        pseudonym: Callable[[str, str], PersonKey],
        profiles: Profiles | None,
        contacts: YoungContacts,
        clock: Clock,
        remote: RemoteProfiles | None = None,
        sources: IdSources = NO_SOURCES,
        judge: RequestJudge | None = None,
    ) -> None:
        """Without a judge every request is taken for a person's. People are in one of `profiles` and `remote`;
        `sources` are the partners whose ids we know.
        """
        self._snapshot = snapshot
        self._rates = rates
        self._rules = rules
        self._pseudonym = pseudonym
        self._profiles = profiles
        self.remote = remote
        """Where people are fetched from; `None`: they are here, to be met at once."""
        self._contacts = contacts
        self._clock = clock
        self._judge = judge
        self._sources = sources

    def gather(self, body: bytes, encoding: str, terms: ExchangeTerms) -> Gathered | Declined:
        """Return what to decide on but for the person; then `meet` or `fetch` them, if there are `ids`.

        Raises `InvalidBidRequest` for what is no bid request.
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
            self._rules,
            self._clock.now(),
            contextual_without_consent=terms.contextual_without_consent,
        )
        if not permission.bid:
            return Declined(str(request.id), Reason.NO_LEGAL_BASIS)
        if self._judge is not None:
            reason = suspect(self._judge, request, identified=permission.identify)
            if reason is not None:
                return Declined(str(request.id), reason)
        auction = inbound.auction(request, terms, self._rates, permission, self._snapshot.wanted)
        if isinstance(auction, Reason):
            return Declined(str(request.id), auction)
        auction.segment_count = len(auction.segments)
        gathered = Gathered(auction, permission, look_ahead(self._snapshot, auction), left_ms)
        if not any(gathered.fits):
            _forget(gathered)  # Nobody need know the person, so nobody asks whether they opted out.
        elif permission.identify:
            gathered.ids = [self._pseudonym(*each) for each in identifiers(request, self._sources)]
        return gathered

    def meet(self, gathered: Gathered) -> None:
        """Look the person up here, in microseconds."""
        assert self._profiles is not None  # noqa: S101 - else `fetch`
        try:
            found = self._profiles.find(gathered.ids, self._clock.now())
        except Unavailable:
            self._unknowable(gathered)
        else:
            self._known(gathered, found)

    async def fetch(self, gathered: Gathered) -> None:
        """Look the person up where everybody's profiles are, within the adapter's time-out."""
        assert self.remote is not None  # noqa: S101 - else `meet`
        try:
            found = await self.remote.fetch(gathered.ids, self._clock.now())
        except Unavailable:
            self._unknowable(gathered)
        else:
            self._known(gathered, found)

    def _known(self, gathered: Gathered, found: Found) -> None:
        choices, profile, auction = found.choices, found.profile, gathered.auction
        if choices is not NO_CHOICES:
            gathered.permission = with_choices(gathered.permission, choices)
            if not gathered.permission.identify:
                _forget(gathered)
                return
            if choices.objections:
                profile = _without_objected(auction, profile, frozenset(choices.objections))
        gathered.profile = profile
        auction.person = found.person
        gathered.touches = self._contacts.merged(found.person, profile.touches)
        auction.segment_count = len(auction.segments) + (
            len(profile.segments) if gathered.permission.personalise else 0
        )

    def _unknowable(self, gathered: Gathered) -> None:
        """Bid on the page alone: somebody who opted out must not be treated as if they had not."""
        PROFILE_FAILURES.inc()
        gathered.permission = without_person("choices_unknown", bid=gathered.permission.bid)
        _forget(gathered)


def _forget(gathered: Gathered) -> None:
    """Let go of what the request said of its person."""
    gathered.auction.segments = ()
    gathered.auction.segment_count = 0


def _without_objected(auction: Auction, profile: Profile, objections: frozenset[int]) -> Profile:
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
