"""Explain one real request: every candidate with the reason it fell, and the money of those valued.

The same gathering and the same decision as for a bid, with a trace that listens and a purse that only looks.
Unless asked to reveal them it counts the person's segments and does not name them, nor who asked for which.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from adserver.catalog.snapshot import Snapshot
from adserver.decision.pipeline import decide
from adserver.decision.tracing import Fall, Traced, Valued
from adserver.decision.world import World
from adserver.domain.bid import Bid
from adserver.domain.bits import ascending
from adserver.domain.campaign import Goal
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.fees import PPM
from adserver.domain.money import Nanos, units, wire_cpm
from adserver.domain.opportunity import Auction
from adserver.domain.reasons import Reason
from adserver.endpoints.gathered import Declined, Gathered, moment
from adserver.endpoints.gathering import Gatherer
from adserver.endpoints.wishes import got, wanted
from adserver.ports import Clock, Restraint, Wallet
from adserver.ports.deciding import Deciding

HIDDEN = "(hidden)"
"""In place of segments, unless they are to be revealed."""


class LookingPurse:
    """A purse that tells what could be claimed and takes nothing."""

    def __init__(self, purse: Wallet) -> None:
        self.funded = purse.funded
        self._purse = purse

    def claim(self, line_item: int, exchange: str, amount: Nanos) -> bool:
        """Tell whether a claim would succeed now; what is taken is put back at once."""
        if self._purse.claim(line_item, exchange, amount):
            self._purse.put_back(line_item, exchange, amount)
            return True
        return False

    def covers(self, exchange: str, amount: Nanos) -> bool:
        """Tell whether the ceilings leave so much."""
        return self._purse.covers(exchange, amount)


class Explainer:
    """Answers `POST /explain`."""

    def __init__(
        self,
        *,
        world: World,
        terms: Mapping[str, ExchangeTerms],
        gatherer: Gatherer,
        purse: Wallet,
        stopped: Restraint,
        clock: Clock,
        deciding: Deciding | None = None,
    ) -> None:
        self._world = world
        self._deciding = deciding
        self._terms = terms
        self._gatherer = gatherer
        self._purse = purse
        self._stopped = stopped
        self._clock = clock

    async def explain(
        self, body: bytes, exchange: str = "", *, reveal: bool = False
    ) -> dict[str, Any]:
        """Return the walk of a request as plain values; the first exchange unless one is named.

        `reveal` names segments; ids, addresses and coordinates are in no explanation.

        Raises `InvalidBidRequest`, and `KeyError` for an exchange that is not configured.
        """
        terms = self._terms[exchange] if exchange else next(iter(self._terms.values()))
        gathered = self._gatherer.gather(body, "", terms)
        if isinstance(gathered, Gathered) and (gathered.ids or gathered.household):
            if self._gatherer.remote is not None:
                await self._gatherer.fetch(gathered)
            else:
                self._gatherer.meet(gathered)
        if isinstance(gathered, Gathered) and (closed := self._closed(terms)):
            gathered = Declined(gathered.auction.id, closed)
        if isinstance(gathered, Declined):
            return {
                "request": gathered.request_id,
                "exchange": terms.name,
                "no_bid": gathered.reason,
            }
        trace = Traced()
        purse = LookingPurse(self._purse)
        now_s = self._clock.now()
        now = moment(gathered, terms, purse, self._purse.paces, self._stopped.candidates, now_s)
        bids = decide(self._world, gathered.auction, gathered.fits, now, trace)
        return self._walk(gathered, terms, trace, bids, reveal=reveal)

    def _closed(self, terms: ExchangeTerms) -> Reason | None:
        """Return why nothing at all may be bid there now."""
        if self._stopped.everything or terms.name in self._stopped.exchanges:
            return Reason.STOPPED
        return None if self._purse.covers(terms.name, 1) else Reason.CEILING

    def _walk(
        self,
        gathered: Gathered,
        terms: ExchangeTerms,
        trace: Traced,
        bids: Sequence[Bid],
        *,
        reveal: bool,
    ) -> dict[str, Any]:
        snapshot = self._world.snapshot
        auction = gathered.auction
        named = {"segment_names": self._segment_names(gathered)} if reveal else {}
        return {
            "request": auction.id,
            "exchange": terms.name,
            "permission": gathered.permission,
            "person": "known" if auction.segment_count or gathered.touches else "unknown",
            "segments": auction.segment_count,
            **named,
            "candidates": len(snapshot.candidates),
            "fallen": {reason.value: count for reason, count in trace.counts().items()},
            "no_bid": None if bids else trace.reason,
            "model": self._model(auction),
            "order_model": self._world.orders.name,
            "bids": [_bid(bid) for bid in bids],
            "valued": [self._valued(each, trace) for each in trace.sums],
            "fallen_candidates": [
                {
                    "line_item": snapshot.candidates[index].line_item,
                    "creative": snapshot.candidates[index].creative.id,
                    "reason": fall.reason,
                    **_sides(snapshot, index, fall, reveal=reveal),
                    "imp": fall.opportunity,
                }
                for fall in trace.falls
                for index in ascending(fall.fallen)
            ],
        }

    def _model(self, auction: Auction) -> str:
        """Return the name of the click model that decides on a request."""
        if self._deciding is None:
            return self._world.clicks.name
        return self._deciding.decider(auction).model.name

    def _segment_names(self, gathered: Gathered) -> list[str]:
        """Return the person's segments by name, as far as they may choose the ad and anybody asks for them."""
        if not gathered.permission.personalise:
            return []
        audience = self._world.snapshot.audience
        sent = audience.numbers(gathered.auction.segments)
        return audience.known((*gathered.profile.segments, *sent))

    def _valued(self, each: Valued, trace: Traced) -> dict[str, Any]:
        candidate = self._world.snapshot.candidates[each.candidate]
        by_orders = candidate.goal.by_orders
        return {
            "imp": each.opportunity,
            "line_item": candidate.line_item,
            "creative": candidate.creative.id,
            "deal": each.deal,
            "guaranteed": each.guaranteed,
            "goal": _goal(candidate.goal),
            "click_probability": each.click_probability,
            "orders_per_click": each.orders_per_click if by_orders else None,
            "order_worth": units(each.order_worth) if candidate.goal.kind == "roas" else None,
            "draw": trace.draws.get((each.opportunity, each.candidate), 1.0),
            "value_cpm": wire_cpm(each.value),
            "paced_cpm": wire_cpm(each.paced),
            "floor_cpm": wire_cpm(each.floor),
        }


def _sides(snapshot: Snapshot, index: int, fall: Fall, *, reveal: bool) -> dict[str, str]:
    """Return what was wanted and what there was; of an audience both would tell what the person is."""
    if fall.reason is Reason.AUDIENCE and not reveal:
        return {"wanted": HIDDEN, "got": HIDDEN}
    return {"wanted": wanted(snapshot, index, fall.reason), "got": got(fall)}


def _goal(goal: Goal) -> str:
    """Say what is paid for, in currency units: per mille, per click or per order; or the return that is wanted."""
    if goal.kind == "roas":
        return f"roas {goal.return_ppm / PPM:.2f}"
    amount = wire_cpm(goal.amount) if goal.kind == "cpm" else units(goal.amount)
    return f"{goal.kind} {amount:.2f}"


def _price_from(bid: Bid) -> str:
    """Say what the price was learned from; nothing, where it was not."""
    offer = bid.offer
    return "" if offer is None else f"{offer.bids:,} bids of {offer.key}"


def _bid(bid: Bid) -> dict[str, Any]:
    return {
        "imp": bid.opportunity.id,
        "line_item": bid.candidate.line_item,
        "creative": bid.candidate.creative.id,
        "deal": bid.deal.id if bid.deal is not None else None,
        "guaranteed": bid.deal is not None and bid.deal.guaranteed,
        "click_probability": bid.click_probability,
        "value_cpm": wire_cpm(bid.value),
        "price_cpm": wire_cpm(bid.price),
        "price_from": _price_from(bid),
        "win_chance": None if bid.offer is None else bid.offer.chance,
        "reserved_cpm": wire_cpm(bid.reserved),
        "impressions": bid.opportunity.multiplier_ppm / PPM,
    }
