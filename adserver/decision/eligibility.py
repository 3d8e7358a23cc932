"""Who may bid on this request at all: narrowing by everything that its opportunities share."""

from adserver.catalog.audience import Listener
from adserver.catalog.publications import EVERYBODY
from adserver.catalog.snapshot import Snapshot
from adserver.decision import grouped
from adserver.decision.tracing import Trace
from adserver.decision.world import Moment
from adserver.domain.consent import CHILDREN
from adserver.domain.opportunity import Auction
from adserver.domain.reasons import Reason


def narrow(snapshot: Snapshot, auction: Auction, moment: Moment, trace: Trace) -> int:
    """Return the candidates that survive of all, as a set of bits.

    The audience is not asked here: that is dear for all, and the shortlist needs but a few.
    """
    alive = grouped.narrow(snapshot.rules, auction, snapshot.everyone, trace)
    alive = _there(snapshot, auction, alive, trace)
    alive = trace.narrow(Reason.SCHEDULE, alive, snapshot.calendar.active(moment.now_s))
    if snapshot.too_small:
        alive = trace.narrow(Reason.AUDIENCE_TOO_SMALL, alive, ~snapshot.too_small)
    if moment.stopped:
        alive = trace.narrow(Reason.ADVERTISER_STOPPED, alive, ~moment.stopped)
    alive = trace.narrow(Reason.BUDGET, alive, moment.purse.funded)
    if alive:
        alive = _without_blocked(snapshot, auction, alive, trace)
    return _presentable(snapshot, auction, moment, alive, trace)


def _presentable(
    snapshot: Snapshot, auction: Auction, moment: Moment, alive: int, trace: Trace
) -> int:
    """Return whom neither this exchange's review nor what it is about keeps away."""
    review = snapshot.review
    barred = review.barred.get(auction.exchange)
    if barred:
        alive = trace.narrow(Reason.NOT_APPROVED, alive, ~barred)
    if alive & review.restricted:
        for_children = moment.permission.basis == CHILDREN
        refused = review.restricted if for_children else review.refused_in(auction.country)
        alive = trace.narrow(Reason.RESTRICTED, alive, ~refused, auction.country)
    return alive


def _there(snapshot: Snapshot, auction: Auction, alive: int, trace: Trace) -> int:
    """Return who wants this place on Earth and this publication; what nobody asks costs nothing."""
    if not snapshot.near.accepts_all:
        got = "a place" if auction.point else "no place as exact as this"
        alive = trace.narrow(Reason.NEAR, alive, snapshot.near.of(auction.point), got)
    lists = snapshot.publication_lists
    if not lists.accepts_all:
        passing = lists.accepting(auction.publication, is_domain=auction.inventory_type != "app")
        if passing != EVERYBODY:
            alive = trace.narrow(Reason.PUBLICATION_LIST, alive, passing, auction.publication)
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
