"""Who may bid on this request at all: narrowing by everything that its opportunities share."""

from adserver.catalog.audience import Listener
from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Trace
from adserver.decision.world import Moment
from adserver.domain.opportunity import Auction
from adserver.domain.reasons import Reason


def narrow(snapshot: Snapshot, auction: Auction, moment: Moment, trace: Trace) -> int:
    """Return the candidates that survive of all, as a set of bits.

    The audience is not asked here: that is dear for all, and the shortlist needs but a few.
    """
    alive = snapshot.everyone
    for reason, field, rules in snapshot.rules:
        value = getattr(auction, field)
        alive = trace.narrow(reason, alive, rules.accepting(value), value)
    if not snapshot.categories.accepts_all:
        categories = snapshot.categories.accepting_any(auction.categories)
        alive = trace.narrow(Reason.CATEGORY, alive, categories, auction.categories)
    alive = trace.narrow(Reason.SCHEDULE, alive, snapshot.calendar.active(moment.now_s))
    if snapshot.too_small:
        alive = trace.narrow(Reason.AUDIENCE_TOO_SMALL, alive, ~snapshot.too_small)
    if moment.stopped:
        alive = trace.narrow(Reason.ADVERTISER_STOPPED, alive, ~moment.stopped)
    alive = trace.narrow(Reason.BUDGET, alive, moment.purse.funded)
    if alive:
        alive = _without_blocked(snapshot, auction, alive, trace)
    return alive


def listener(snapshot: Snapshot, auction: Auction, moment: Moment) -> Listener:
    """Return the person to ask candidates about, with the segments that may choose the ad."""
    audience = snapshot.audience
    segments = moment.profile.segments if moment.permission.personalise else ()
    if auction.segments:
        segments = (*segments, *audience.numbers(auction.segments))
    return Listener(audience, segments)


def _without_blocked(snapshot: Snapshot, auction: Auction, alive: int, trace: Trace) -> int:
    """Most requests block little, so each list is looked at only if it is there."""
    if auction.blocked_domains:
        fallen = snapshot.advertiser_domains.holding(auction.blocked_domains)
        alive = trace.narrow(Reason.BLOCKED_ADVERTISER, alive, ~fallen, auction.blocked_domains)
    if auction.blocked_categories:
        fallen = snapshot.advertiser_categories.holding(
            _in_taxonomy(auction, auction.blocked_categories)
        )
        alive = trace.narrow(Reason.BLOCKED_CATEGORY, alive, ~fallen, auction.blocked_categories)
    if auction.allowed_categories:
        passing = snapshot.advertiser_categories.holding(
            _in_taxonomy(auction, auction.allowed_categories)
        )
        alive = trace.narrow(Reason.BLOCKED_CATEGORY, alive, passing, auction.allowed_categories)
    if auction.blocked_apps:
        fallen = snapshot.advertiser_apps.holding(auction.blocked_apps)
        alive = trace.narrow(Reason.BLOCKED_APP, alive, ~fallen, auction.blocked_apps)
    if auction.languages:
        passing = snapshot.languages.holding(auction.languages) | snapshot.languageless
        alive = trace.narrow(Reason.LANGUAGE, alive, passing, auction.languages)
    return alive


def _in_taxonomy(auction: Auction, categories: tuple[str, ...]) -> list[tuple[int, str]]:
    """Categories mean something only with their taxonomy: `1` of one is not `1` of another."""
    taxonomy = auction.category_taxonomy
    return [(taxonomy, category) for category in categories]
