"""P6: narrowing by every dimension, on logged traffic, and that the obvious loop over all line items agrees.

The logged requests are of 2012: what they do not say, and line items target today, is made up (see `dressing`).
Without the corpus (`ADSERVER_CORPUS`) the fixed request set of the load tests stands in, and the figure says so.
CPU time, the best of a few rounds over all requests; nothing is sent or decoded meanwhile.
"""

import gc
import lzma
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

import msgspec

from adapters.context.user_agents import UserAgents
from adserver.catalog.audience import Listener
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.facts import READ_IF_WANTED, TOLD_BY_AGENTS
from adserver.catalog.snapshot import Snapshot
from adserver.decision import eligibility, frequency
from adserver.decision.pipeline import look_ahead
from adserver.decision.tracing import Untraced
from adserver.decision.world import Moment
from adserver.domain.campaign import Catalog
from adserver.domain.identity import segment_number
from adserver.domain.opportunity import Auction
from adserver.domain.person import Profile, Touch, pseudonymiser
from adserver.domain.wanted import Wanted
from adserver.openrtb import codec, inbound
from adserver.openrtb.completing import Completer
from adserver.openrtb.people import identifiers
from adserver.privacy.permission import ALLOWED
from loadtest import traffic
from tests.bench.catalogs import SEGMENTS, catalog
from tests.bench.dressing import dress
from tests.bench.figures import Bench, Figure
from tests.bench.wishes import blocking, wishes
from tests.fakes.purse import FakePurse
from tests.unit.decision import oracle
from tests.unit.decision.test_pipeline import names
from tests.unit.openrtb.wire import EVERYTHING, RATES, TERMS

NOW_S = 1_795_003_200
BARS = {10_000: (20.0, 12), 100_000: (60.0, 2)}
"""Line items: microseconds at most, and how many requests the obvious loop answers too (it takes seconds)."""
ROUNDS = 3
REQUESTS = 10_000
SEGMENTS_EACH = 30
WANTED = Wanted(dimensions=READ_IF_WANTED, point=True, device=frozenset(TOLD_BY_AGENTS))

Case = tuple[Auction, Moment]
_pseudonym = pseudonymiser(bytes(32))


def narrowing(bench: Bench) -> list[Figure]:
    """Return P6 for 10,000 and 100,000 line items."""
    auctions, source = _auctions()
    figures = []
    for line_items, (most, sample) in BARS.items():
        bench.say(f"narrowing: compiling {line_items:,} line items")
        began = time.monotonic()
        made = blocking(catalog(line_items, wishes=wishes(auctions)), auctions)
        snapshot = compile_snapshot(made)
        took_s = time.monotonic() - began
        asked = cases(snapshot, auctions)
        bench.say(f"narrowing: {line_items:,} line items, compiled in {took_s:.0f} s")
        spent_us = microseconds(narrow, snapshot, asked)
        unheard_us = microseconds(narrow_unheard, snapshot, asked)
        bench.say(f"narrowing: {line_items:,} line items, the obvious loop on {sample} requests")
        wrong = disagreements(made, snapshot, Random(line_items).sample(asked, sample))
        figures += [
            Figure(
                "P6", f"narrowing {line_items:,} line items", spent_us, "us", most,
                f"{len(asked):,} {source} requests; {unheard_us:.1f} us without the audience, of which the"
                f" pipeline asks only a few; compiled in {took_s:.0f} s",
            ),
            Figure(
                "P6", f"sets unlike the obvious loop's, {line_items:,} line items", len(wrong), "",
                0, f"of {sample} requests{': ' if wrong else ''}{'; '.join(wrong[:3])}",
            ),
        ]  # fmt: skip
    return figures


def narrow(snapshot: Snapshot, auction: Auction, now: Moment) -> list[int]:
    """Return who survives for each opportunity, the audience included, which the pipeline asks of a few only."""
    fits, listener = narrow_unheard(snapshot, auction, now)
    if any(fits):
        accepting = listener.accepting()
        return [fit & accepting for fit in fits]
    return fits


def narrow_unheard(snapshot: Snapshot, auction: Auction, now: Moment) -> tuple[list[int], Listener]:
    """Return who survives everything but the audience, and whom to ask about that: the pipeline's own steps."""
    trace = Untraced()
    fits = look_ahead(snapshot, auction)
    alive = snapshot.everyone
    if any(fits):
        alive = eligibility.narrow(snapshot, auction, now, trace)
        alive = frequency.hold_back(snapshot, auction, now, alive, trace)
    return [fit & alive for fit in fits], eligibility.listener(snapshot, auction, now)


def microseconds(
    how: Callable[[Snapshot, Auction, Moment], object], snapshot: Snapshot, cases: Sequence[Case]
) -> float:
    """Return CPU microseconds per request, the best round."""
    gc.collect()
    gc.freeze()
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for auction, now in cases:
            how(snapshot, auction, now)
        rounds.append(time.process_time() - began)
    gc.unfreeze()
    return min(rounds) / len(cases) * 1e6


def disagreements(made: Catalog, snapshot: Snapshot, cases: Iterable[Case]) -> list[str]:
    """Return the ids of opportunities for which the obvious loop finds others."""
    items = {item.id: item for item in snapshot.line_items}
    creatives = {each.creative.id: each.creative for each in snapshot.candidates}
    wrong = []
    for auction, now in cases:
        everybody = oracle.may_bid(made, auction, now.profile.segments, now.touches, now.now_s)
        for opportunity, fit in zip(
            auction.opportunities, narrow(snapshot, auction, now), strict=True
        ):
            wanted = {
                (item, creative)
                for item, creative in everybody
                if oracle.fits_space(creatives[creative], items[item], opportunity)
            }
            if names(snapshot, fit) != wanted:
                wrong.append(f"{auction.id} {opportunity.id}")
    return wrong


def _auctions() -> tuple[list[Auction], str]:
    root = os.environ.get("ADSERVER_CORPUS")
    if root:
        with lzma.open(Path(root, "traffic", "logged_10k.jsonl.xz")) as log:
            bodies, source = log.readlines(), "logged"
    else:
        bodies, source = traffic.requests(REQUESTS, 1), "made-up (no ADSERVER_CORPUS)"
    return auctions_of(bodies), source


def auctions_of(bodies: Iterable[bytes]) -> list[Auction]:
    """Return what is on offer in these requests, and to whom."""
    found = []
    agents = Completer(None, UserAgents(), WANTED.device)
    for body in bodies:
        request = codec.decode(msgspec.json.encode(dress(msgspec.json.decode(body)))).request
        agents.complete(request, None, EVERYTHING)
        auction = inbound.auction(request, TERMS, RATES, EVERYTHING, WANTED)
        if isinstance(auction, Auction):
            auction.person = next((_pseudonym(*each) for each in identifiers(request)), None)
            found.append(auction)
    return found


def cases(snapshot: Snapshot, auctions: Sequence[Auction]) -> list[Case]:
    """Give everybody segments, and half of them two impressions of somebody's in the last hour."""
    dice = Random(1)
    numbers = [segment_number(name) for name in SEGMENTS]
    paces = [1.0] * len(snapshot.line_items)
    found = []
    for auction in auctions:
        shown = dice.sample(snapshot.line_items, 2) if dice.random() < 0.5 else []
        touches = tuple(
            Touch("impression", NOW_S - 3_600, item.number, number, bytes(16))
            for number, item in enumerate(shown)
        )
        now = Moment(
            now_s=NOW_S,
            seed=7,
            terms=TERMS,
            permission=ALLOWED,
            purse=FakePurse(snapshot.everyone),
            paces=paces,
            profile=Profile(tuple(sorted(dice.sample(numbers, SEGMENTS_EACH)))),
            touches=touches,
        )
        found.append((auction, now))
    return found
