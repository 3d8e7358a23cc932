"""Decided bids as a bid response: everything that an exchange checks is said."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from adserver.domain.bid import Bid
from adserver.domain.creative import Banner, Creative, Video
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Nanos, Rates, wire_cpm
from adserver.domain.opportunity import Auction, VideoSpace
from adserver.domain.reasons import Reason
from adserver.domain.vast import vast_protocol
from adserver.openrtb.codec import encode
from adserver.openrtb.links import NoticeUrls
from adserver.openrtb.lists import no_bid_code
from adserver.openrtb.response import BidOut, BidResponse, NoBid, NoBidExt, SeatBid


class Answer(NamedTuple):
    """A bid with its identity, its markup and its notice URLs."""

    bid: Bid
    bid_id: str
    adm: str
    urls: NoticeUrls


def respond(
    auction: Auction,
    answers: Sequence[Answer],
    response_id: str,
    terms: ExchangeTerms,
    rates: Rates,
    missed: Mapping[str, Reason] | None = None,
) -> bytes:
    """Return the response's bytes; `answers` is not empty. `response_id` becomes `bidid`.

    `missed` says why other imps have no bid; it is sent where the exchange wants to know.
    """
    bids = [_bid(auction, answer, terms, rates) for answer in answers]
    ext = NoBidExt(dict(missed)) if missed and terms.explain_no_bids else None
    seatbid = (SeatBid(auction.seat, bids),)
    return encode(BidResponse(auction.id, auction.currency, response_id, seatbid, ext))


def wire_price(bid: Bid, currency: str, rates: Rates) -> Nanos:
    """Return the price in the bid's currency, nanos per impression (micros per mille).

    Rounded down, but never below the floor; what is sent and what the ticket remembers.
    """
    floor = bid.deal.floor if bid.deal else bid.opportunity.floor
    lowest = -rates.bid_from_house(-floor, currency)  # the negation rounds up
    return max(rates.bid_from_house(bid.price, currency), lowest)


def no_bid(request_id: str, reason: Reason, by_imp: Mapping[str, Reason] | None = None) -> bytes:
    """Return a no-bid for exchanges that want to know why: `nbr`, and a reason per imp in `ext`."""
    ext = NoBidExt(dict(by_imp)) if by_imp else None
    return encode(NoBid(request_id, no_bid_code(reason), ext))


def _bid(auction: Auction, answer: Answer, terms: ExchangeTerms, rates: Rates) -> BidOut:
    bid, bid_id, adm, urls = answer
    opportunity = bid.opportunity
    candidate = bid.candidate
    creative = candidate.creative
    # More than 15 keywords cost a microsecond (CPython packs them into a dict): the rest follows.
    out = BidOut(
        id=bid_id,
        impid=opportunity.id,
        price=wire_cpm(wire_price(bid, auction.currency, rates)),
        adm=adm,
        adid=creative.id,
        crid=creative.id,
        cid=candidate.campaign,
        adomain=(candidate.advertiser_domain,),
        mtype=bid.media_type.value,
        exp=terms.life_s(opportunity.expiry_s),
        nurl=urls.win,
        burl=urls.billing,
        lurl=urls.loss,
        attr=creative.attributes,
    )
    if bid.deal is not None:
        out.dealid = bid.deal.id
    if candidate.categories:
        out.cat = candidate.categories
        out.cattax = candidate.category_taxonomy
    if candidate.advertiser_bundle and auction.inventory_type == "app":
        out.bundle = candidate.advertiser_bundle
    out.iurl = creative.preview_url
    out.language = creative.language
    _describe(out, creative, opportunity.video)
    return out


def _describe(out: BidOut, creative: Creative, player: VideoSpace | None) -> None:
    """Say what differs by kind of creative: size, and for videos duration and VAST version."""
    if isinstance(creative, Banner):
        out.w, out.h = creative.width, creative.height
    elif isinstance(creative, Video):
        out.dur = creative.duration_s
        first = creative.media_files[0]
        out.w, out.h = (player and player.size) or (first.width, first.height)
        out.protocol = vast_protocol(player.protocols if player else ())
