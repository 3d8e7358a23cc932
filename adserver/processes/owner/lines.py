"""Every line item as the owner needs it: today's pot, its limits, its fees."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from adserver.domain.app_install import Source, Sources
from adserver.domain.budget import (
    Chain,
    Window,
    active_span,
    ceiling_account,
    ceiling_key,
    chains,
    day_of,
    hour_of,
)
from adserver.domain.campaign import Catalog
from adserver.domain.money import MICROS_PER_UNIT, Nanos, share
from adserver.domain.pacing_plan import Pacing, Plan, plan
from adserver.domain.supply_profile import EVEN
from adserver.domain.ticket import Ticket
from adserver.domain.topics import topic_of
from adserver.processes.owner.dayparts import open_halves


class Bound(NamedTuple):
    """A limit with the time over which it is to be spent."""

    account: str
    amount: Nanos
    start_s: int
    end_s: int
    plan: Plan
    """By which it is to be spent today."""
    spent_before: Nanos = 0
    """What was, before today."""


class Past(Protocol):
    """What plans are made from: how it was before today."""

    def rates(self, number: int) -> Sequence[float]:
        """Return a line item's supply by hour of the week (UTC)."""

    def spent_before(self, account: str, day: str) -> Nanos:
        """Return what was spent before a day of what an account counts for life."""


class NoPast:
    """Nothing is known: supply is even, and nothing was spent."""

    def rates(self, _number: int) -> Sequence[float]:
        """All hours are alike."""
        return EVEN

    def spent_before(self, _account: str, _day: str) -> Nanos:
        """Nothing."""
        return 0


NO_PAST = NoPast()


class Payer:
    """What money can be granted for: a line item on a day, or a ceiling in an hour."""

    def __init__(
        self,
        key: int,
        window: Window,
        accounts: tuple[str, ...],
        bounds: tuple[Bound, ...],
        unit: Nanos,
        pacing: Pacing,
    ) -> None:
        self.key = key
        self.window = window
        self.accounts = accounts
        self.bounds = bounds
        self.unit = unit
        """About the dearest single bid, gross of fees."""
        self.pacing = pacing
        self.pot = 0
        """0: not opened yet."""

    def plan(self, bound: Bound, now_s: float) -> Nanos:
        """Return what of a bound may be spent by now."""
        return bound.plan.planned(bound.amount, now_s, bound.spent_before)


class Lines:
    """The catalog's line items and the configured ceilings, by key; rebuilt when the catalog changes."""

    def __init__(
        self, catalog: Catalog, ceilings: Mapping[str, Nanos], past: Past = NO_PAST
    ) -> None:
        self._past = past
        self.chains: dict[int, Chain] = {chain.line_item.number: chain for chain in chains(catalog)}
        self.of_advertiser: dict[str, set[int]] = {}
        for number, chain in self.chains.items():
            self.of_advertiser.setdefault(chain.advertiser, set()).add(number)
        self.creatives = {
            creative.number: creative.id
            for advertiser in catalog.advertisers
            for creative in advertiser.creatives
        }
        self.topics = {
            advertiser.id: topic_of(advertiser.categories, advertiser.category_taxonomy)
            for advertiser in catalog.advertisers
        }
        """What contacts with an advertiser are about, by its id; `None` where nothing may be kept of that."""
        self.sources = Sources(
            Source(app.store_id, app.source_identifier, number)
            for number, chain in self.chains.items()
            if (app := chain.line_item.app) is not None
        )
        """What Apple's postbacks name line items by."""
        self._ceilings = {ceiling_key(name): (name, limit) for name, limit in ceilings.items()}
        self._payers: dict[int, Payer] = {}
        self._days: dict[ZoneInfo, Window] = {}
        """The day that was asked for last."""

    def payer(self, key: int, now_s: float) -> Payer | None:
        """Return the payer for a key at this moment; `None` for a key that nobody knows."""
        found = self._payers.get(key)
        if found is None or not found.window.start_s <= now_s < found.window.end_s:
            found = self._build(key, now_s)
            if found is not None:
                self._payers[key] = found
        return found

    def payer_at(self, key: int, at_s: float) -> Payer | None:
        """Return the same for another moment, yesterday's say."""
        found = self._payers.get(key)
        if found is not None and found.window.start_s <= at_s < found.window.end_s:
            return found
        return self._build(key, at_s)

    def forget_pots(self) -> None:
        """Ask the ledger anew which pots there are."""
        self._payers.clear()

    def name(self, number: int) -> str:
        """Return a line item's id; the number as text for one that is no longer in the catalog."""
        chain = self.chains.get(number)
        return chain.line_item.id if chain else str(number)

    def arms(self, ticket: Ticket) -> tuple[int, ...]:
        """Return what a rotation learns about from this bid's contacts; nothing, if none does or it may not."""
        chain = self.chains.get(ticket.line_item)
        if chain is None or chain.line_item.rotation != "learned" or not ticket.measured:
            return ()
        return (ticket.creative, *ticket.products)

    def topic(self, number: int) -> int | None:
        """Return what contacts with a line item are about, if that may be kept."""
        chain = self.chains.get(number)
        return self.topics[chain.advertiser] if chain else None

    def _build(self, key: int, now_s: float) -> Payer | None:
        chain = self.chains.get(key)
        if chain is not None:
            return _line_payer(key, chain, self._past, self._day(chain.zone, now_s))
        if key in self._ceilings:
            name, limit = self._ceilings[key]
            hour = hour_of(now_s)
            account = ceiling_account(name, hour)
            whole = (hour.start_s, hour.end_s)
            bounds = (Bound(account, limit, *whole, plan("asap", whole, whole)),)
            return Payer(key, hour, (account,), bounds, limit // CEILING_PARTS, "asap")
        return None

    def _day(self, zone: ZoneInfo, now_s: float) -> Window:
        found = self._days.get(zone)
        if found is None or not found.start_s <= now_s < found.end_s:
            found = self._days[zone] = day_of(zone, now_s)
        return found


CEILING_PARTS = 200
"""A ceiling's money is handed out in at least so many parts: workers share it by what they use."""


def _line_payer(key: int, chain: Chain, past: Past, day: Window) -> Payer:
    item = chain.line_item
    start_s, end_s = active_span(item.hours_of_week, chain.zone, day)
    start_s, end_s = max(start_s, item.flight.start_s), min(end_s, item.flight.end_s)
    rates = past.rates(key)
    hours = item.hours_of_week
    halves = open_halves(hours, chain.zone, day.start_s) if hours else None
    flight = (item.flight.start_s, item.flight.end_s)
    bounds = []
    for limit in chain.limits(day):
        window = (start_s, end_s) if limit.daily else flight
        planned = plan(item.pacing, window, (day.start_s, day.end_s), rates, halves)
        before = 0 if limit.daily else past.spent_before(limit.account, day.label)
        bounds.append(Bound(limit.account, limit.amount, *window, planned, before))
    fees_ppm = item.fees.tech_ppm + item.fees.margin_ppm
    price = item.goal.max_cpm
    unit = max(1, price + share(price, fees_ppm, MICROS_PER_UNIT) + item.fees.data_cpm)
    return Payer(key, day, chain.accounts(day), tuple(bounds), unit, item.pacing)
