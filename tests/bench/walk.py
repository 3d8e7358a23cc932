"""A worker in this process, and the walk of a request through it stage by stage, for whoever measures."""

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from adserver import bootstrap
from adserver.background.purse import LeasedPurse
from adserver.bootstrap import Worker
from adserver.catalog.snapshot import Snapshot
from adserver.config import Loaded, load_settings
from adserver.decision import (
    demands,
    eligibility,
    fitting,
    frequency,
    seeing,
    selection,
    shortlist,
    valuation,
)
from adserver.decision.pipeline import look_ahead
from adserver.decision.tracing import Untraced
from adserver.decision.world import Moment, World
from adserver.domain.bid import Bid
from adserver.domain.opportunity import Auction
from adserver.domain.reasons import Reason
from adserver.endpoints.gathered import Gathered, moment
from adserver.openrtb import inbound
from adserver.openrtb.codec import decode
from adserver.openrtb.people import identifiers
from adserver.privacy.permission import permit

PLENTY = 10**15
"""Nanos for each line item: nobody runs dry while we measure."""
DAY_S = 86_400
NOTHING = "nothing"
"""What watching a stage costs by itself: part of every other stage."""
END = ""


class Ready(NamedTuple):
    """A worker that could bid, and what it was built from."""

    worker: Worker
    snapshot: Snapshot
    loaded: Loaded


def ready(settings_file: Path, now_s: float) -> Ready:
    """Build a worker and give it money for everything, since there is no owner to do so."""
    loaded = load_settings(settings_file)
    snapshot = bootstrap.load_snapshot(loaded)
    worker = bootstrap.build_worker(loaded, snapshot, 0)
    purse = worker.bid._purse
    assert isinstance(purse, LeasedPurse)
    for item in snapshot.line_items:
        purse.granted(item.number, 1, PLENTY, int(now_s) + DAY_S, now_s)
    return Ready(worker, snapshot, loaded)


def arrived(built: Ready, body: bytes, now_s: float) -> tuple[Auction, Moment]:
    """Return a request in the core's words and its moment, of somebody who is not known."""
    bid = built.worker.bid
    terms = bid._desks["demo"].terms
    request = decode(body).request
    rules = bid._gatherer._rules
    permission = permit(inbound.signals(request), rules, now_s, contextual_without_consent=False)
    auction = inbound.auction(request, terms, built.loaded.rates, permission)
    assert not isinstance(auction, Reason)
    gathered = Gathered(auction, permission, [], 100)
    return auction, moment(gathered, terms, bid._purse, bid._purse.paces, 0, now_s)


def walk(built: Ready, body: bytes, now_s: float) -> Iterator[str]:
    """Take the steps of `BidEndpoint`, yielding the name of each stage before it begins; the first has nothing in it."""
    bid = built.worker.bid
    gatherer, answerer, purse, world = bid._gatherer, bid._answerer, bid._purse, bid._world
    desk = bid._desks["demo"]
    terms = desk.terms
    yield NOTHING
    yield "decode"
    request = decode(body).request
    yield "permission"
    signals = inbound.signals(request)
    permission = permit(signals, gatherer._rules, now_s, contextual_without_consent=False)
    yield "inbound"
    auction = inbound.auction(request, terms, built.loaded.rates, permission)
    assert not isinstance(auction, Reason)
    yield "fitting"
    fits = look_ahead(world.snapshot, auction)
    if not any(fits):
        yield END
        return
    yield "profile"
    gathered = Gathered(auction, permission, fits, 100)
    gathered.ids = [gatherer._pseudonym(*each) for each in identifiers(request)]
    gatherer.meet(gathered)
    yield "moment"
    now = moment(gathered, terms, purse, purse.paces, 0, now_s)
    bids = yield from _decide(world, auction, fits, now)
    if bids:
        yield "answer"
        answerer.book(answerer.answer(desk, auction, permission, bids, {}, now.now_s))
    yield END


def _decide(
    world: World, auction: Auction, fits: Sequence[int], now: Moment
) -> Generator[str, None, list[Bid]]:
    """Take the steps of `pipeline.decide`."""
    snapshot, trace = world.snapshot, Untraced()
    yield "eligibility"
    eligible = eligibility.narrow(snapshot, auction, now, trace)
    yield "frequency"
    eligible = frequency.hold_back(snapshot, auction, now, eligible, trace)
    yield "seeing"
    listener = eligibility.listener(snapshot, auction, now)
    auction.seen = seeing.see(auction, now, listener)
    bids: list[Bid] = []
    taken: set[int] = set()
    for opportunity, fit in zip(auction.opportunities, fits, strict=True):
        alive = eligible & fit
        if not alive:
            yield "fitting"  # once more, for the reason
            alive = fitting.narrow(snapshot, opportunity, eligible, trace)
        yield "demands"
        for demand in demands.split(snapshot, auction, opportunity, alive, trace):
            yield "shortlist"
            few = shortlist.keep(world, demand, listener, now, trace)
            yield "valuation"
            worths = valuation.value(world, auction, opportunity, demand, few, now, trace)
            yield "selection"
            one = selection.choose(
                world.landscape, worths, auction, opportunity, demand, now, taken, trace
            )
            if one is not None:
                bids.append(one)
            yield "demands"
    return bids
