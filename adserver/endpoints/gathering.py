"""Gather: all that a decision may look at, from the bytes to the person's profile."""

from collections.abc import Callable, Mapping
from math import inf

from adserver.catalog.snapshot import Snapshot
from adserver.decision.pipeline import look_ahead
from adserver.domain.choices import NO_CHOICES
from adserver.domain.consent import CHILDREN, Permission, without_person
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Rates
from adserver.domain.opportunity import OUT_OF_HOME, Auction
from adserver.domain.person import Found, PersonKey
from adserver.domain.reasons import Reason
from adserver.endpoints.gathered import Declined, Gathered, without_objected
from adserver.endpoints.supply_gate import SupplyGate
from adserver.endpoints.suspicion import suspect
from adserver.errors import Unavailable
from adserver.metrics import DROPPED_FIELDS, PROFILE_FAILURES
from adserver.openrtb import inbound
from adserver.openrtb.codec import decode, inflate
from adserver.openrtb.completing import Completer
from adserver.openrtb.partners import NO_SOURCES, IdSources
from adserver.openrtb.people import household, identifiers
from adserver.openrtb.request import BidRequest
from adserver.ports import Clock
from adserver.ports.people import Profiles, RemoteProfiles, YoungContacts
from adserver.privacy.permission import permit, with_choices
from adserver.privacy.rules import Rules
from adserver.validity.judge import RequestJudge

Hear = Callable[[bytes, Auction], Auction]
"""Returns an auction with what only its exchange says, given the request's bytes."""
_ALL_SAID: Mapping[str, Hear] = {}


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
        households: IdSources = NO_SOURCES,
        judge: RequestJudge | None = None,
        supply: SupplyGate | None = None,
        hears: Mapping[str, Hear] = _ALL_SAID,
        completer: Completer | None = None,
    ) -> None:
        """Without a judge every request is taken for a person's; without a gate whoever sells may; without a completer
        nothing is known that a request does not say. People are in one of `profiles` and `remote`;
        `sources` are the partners whose ids of people we know, `households` those whose ids stand for households;
        `hears` are the exchanges that say more than the standard has words for.
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
        self._supply = supply
        self._hears = hears
        self._sources = sources
        self._households = households
        self._completer = completer

    def gather(self, body: bytes, encoding: str, terms: ExchangeTerms) -> Gathered | Declined:
        """Return what to decide on but for the person; then `meet` or `fetch` them, if there are `ids`.

        Raises `InvalidBidRequest` for what is no bid request.
        """
        if encoding == "gzip":
            body = inflate(body)
        request = _decoded(body)
        left_ms = inbound.time_left_ms(request, terms)
        if left_ms <= 0:
            return Declined(str(request.id), Reason.TIME_OUT)
        completer = self._completer
        place = None if completer is None else completer.locate(request)
        permission = self._permission(request, terms)
        reason = self._refusal(request, permission)
        if reason is not None:
            return Declined(str(request.id), reason)
        located = completer is not None and completer.complete(request, place, permission)
        auction = self._auction(request, body, terms, permission)
        if isinstance(auction, Reason):
            return Declined(str(request.id), auction)
        gathered = Gathered(auction, permission, look_ahead(self._snapshot, auction), left_ms)
        gathered.located = located
        if not any(gathered.fits):
            gathered.forget()  # Nobody need know the person, so nobody asks whether they opted out.
        elif permission.identify:
            self._seek(gathered, request)
        return gathered

    def _refusal(self, request: BidRequest, permission: Permission) -> Reason | None:
        """Return why the request is not even read as an auction: nobody may bid, or no person is behind it."""
        if not permission.bid:
            return Reason.NO_LEGAL_BASIS
        if self._judge is None or request.dooh is not None:  # behind a screen no person is expected
            return None
        return suspect(self._judge, request, identified=permission.identify)

    def _auction(
        self, request: BidRequest, body: bytes, terms: ExchangeTerms, permission: Permission
    ) -> Auction | Reason:
        """Return what is on offer, with what only this exchange says, if whoever sells it may."""
        auction = inbound.auction(request, terms, self._rates, permission, self._snapshot.wanted)
        if isinstance(auction, Reason):
            return auction
        auction.segment_count = len(auction.segments)
        hear = self._hears.get(terms.name)
        if hear is not None:
            auction = hear(body, auction)
        reason = None if self._supply is None else self._supply.refusal(request, auction)
        return auction if reason is None else reason

    def _permission(self, request: BidRequest, terms: ExchangeTerms) -> Permission:
        signals = inbound.signals(request)
        if request.dooh is not None:  # whoever passes a screen is nobody, whatever the request says
            return without_person(CHILDREN if signals.coppa else OUT_OF_HOME)
        return permit(
            signals,
            self._rules,
            self._clock.now(),
            contextual_without_consent=terms.contextual_without_consent,
        )

    def _seek(self, gathered: Gathered, request: BidRequest) -> None:
        """Say who is to be looked up: the person, and the household if any cap counts by it."""
        gathered.ids = [self._pseudonym(*each) for each in identifiers(request, self._sources)]
        if self._snapshot.household_frequency.capped:
            home = household(request, self._households)
            gathered.household = self._pseudonym("household", home) if home else None

    def meet(self, gathered: Gathered) -> None:
        """Look the person up here, in microseconds."""
        assert self._profiles is not None  # noqa: S101 - else `fetch`
        now_s = self._clock.now()
        try:
            if gathered.ids:
                self._known(gathered, self._profiles.find(gathered.ids, now_s))
            if gathered.household is not None and gathered.permission.identify:
                self._home(gathered, self._profiles.find([gathered.household], now_s))
        except Unavailable:
            self._unknowable(gathered)

    async def fetch(self, gathered: Gathered) -> None:
        """Look the person up where everybody's profiles are, within the adapter's time-out."""
        assert self.remote is not None  # noqa: S101 - else `meet`
        now_s = self._clock.now()
        try:
            if gathered.ids:
                self._known(gathered, await self.remote.fetch(gathered.ids, now_s))
            if gathered.household is not None and gathered.permission.identify:
                self._home(gathered, await self.remote.fetch([gathered.household], now_s))
        except Unavailable:
            self._unknowable(gathered)

    def _home(self, gathered: Gathered, found: Found) -> None:
        """Know a household, unless somebody there said no; of its profile nothing counts but what it has seen."""
        if not with_choices(gathered.permission, found.choices).identify:
            return
        gathered.auction.household = found.person
        profile = found.profile
        gathered.household_touches = self._contacts.merged(
            found.person, profile.touches, profile.aliases
        )
        self._doubt(gathered, found)

    def _known(self, gathered: Gathered, found: Found) -> None:
        choices, profile, auction = found.choices, found.profile, gathered.auction
        if choices is not NO_CHOICES:
            gathered.permission = with_choices(gathered.permission, choices)
            if not gathered.permission.identify:
                gathered.forget()
                return
            if choices.objections:
                profile = without_objected(auction, profile, frozenset(choices.objections))
        gathered.profile = profile
        auction.person = found.person
        gathered.touches = self._contacts.merged(found.person, profile.touches, profile.aliases)
        self._doubt(gathered, found)
        auction.segment_count = len(auction.segments) + (
            len(profile.segments) if gathered.permission.personalise else 0
        )

    def _doubt(self, gathered: Gathered, found: Found) -> None:
        """Say since when contacts are known, if not all of them are: caps must not take what is missing for none."""
        if not found.counted:
            gathered.counted_since_s = inf
        elif self._contacts.counted_since_s:
            gathered.counted_since_s = max(gathered.counted_since_s, self._contacts.counted_since_s)

    def _unknowable(self, gathered: Gathered) -> None:
        """Bid on the page alone: somebody who opted out must not be treated as if they had not."""
        PROFILE_FAILURES.inc()
        gathered.permission = without_person("choices_unknown", bid=gathered.permission.bid)
        gathered.forget()


def _decoded(body: bytes) -> BidRequest:
    decoded = decode(body)
    if decoded.dropped:
        DROPPED_FIELDS.inc(len(decoded.dropped))
    return decoded.request
