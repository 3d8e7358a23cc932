"""Decided bids as a bid response: everything that an exchange checks is said.

A creative's part of a bid is written once per kind of space (`written`, `describing`), with gaps for what differs from
bid to bid; after that a bid is a join of texts.
"""

from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring
from secrets import token_hex
from urllib.parse import urlsplit

from adserver.domain.bid import Bid
from adserver.domain.consent import ConsentMacros
from adserver.domain.creative import Video
from adserver.domain.dsa import Label
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.floors import floor_for
from adserver.domain.labelling import can_label
from adserver.domain.money import Nanos, Rates, wire_cpm
from adserver.domain.opportunity import OUT_OF_HOME, Auction
from adserver.domain.reasons import Reason
from adserver.openrtb.codec import encode
from adserver.openrtb.describing import Describer
from adserver.openrtb.dialect import Dialect
from adserver.openrtb.facts import is_exactly_placed
from adserver.openrtb.links import Gaps
from adserver.openrtb.lists import no_bid_code
from adserver.openrtb.response import NoBid, NoBidExt
from adserver.openrtb.transparency import told
from adserver.openrtb.written import WrittenParts
from adserver.ports import Markup

_PLAIN: Mapping[str, Dialect] = {}


class BidWriter:
    """Writes bids as JSON; one per worker.

    The gaps are letters and digits, which no context escapes, and so random that no creative contains them.
    """

    def __init__(
        self,
        base_url: str,
        markups: Mapping[str, Markup],
        dialects: Mapping[str, Dialect] = _PLAIN,
        furnish: Callable[[Bid], Markup] | None = None,
    ) -> None:
        """Know what our URLs begin with, creatives by id, prepared, how exchanges speak, by name, and who prepares
        a dynamic creative with the products of a bid.
        """
        self._host = urlsplit(base_url).hostname or ""
        self._markups = markups
        self._extends = {
            name: each.bid_ext for name, each in dialects.items() if each.bid_ext is not None
        }
        self._gaps = Gaps(
            token_hex(16),
            token_hex(16),
            ConsentMacros(*(token_hex(16) for _ in ConsentMacros._fields)),
        )
        self._written = WrittenParts(Describer(base_url, self._gaps, dialects, furnish))

    def write(
        self,
        auction: Auction,
        bid: Bid,
        terms: ExchangeTerms,
        *,
        bid_id: str,
        token: str,
        wire_price: Nanos,
        profiled: bool = False,
        install: str = "",
    ) -> str:
        """Return one bid object. `bid_id` and `token` are letters, digits, hyphens and underscores.

        `profiled`: what is known of the person had a part in choosing it. `install`: the member of `bid.ext` by which
        Apple counts installs, if it is to.
        """
        opportunity = bid.opportunity
        markup = self._markups[bid.candidate.creative.id]
        asked, inventory_type = auction.transparency, auction.inventory_type
        labelled = asked is None or asked.publisher is not Label.WILL
        pieces = self._written.find(bid, terms, markup, inventory_type, labelled=labelled)
        text = token.join(pieces).replace(self._gaps.serving, bid_id)
        if markup.hands_on_consent:
            for gap, signal in zip(self._gaps.consent, auction.macros, strict=True):
                text = text.replace(gap, signal)
        deal = f',"dealid":{_quoted(bid.deal.id)}' if bid.deal is not None else ""
        extend, ext = self._extends.get(terms.name), ""
        if install or asked is not None or extend is not None:
            why = self._why(auction, bid, labelled=labelled, profiled=profiled)
            more = extend(bid) if extend is not None else ""
            said = ",".join(filter(None, (install, why, more)))
            ext = f',"ext":{{{said}}}' if said else ""
        life_s = terms.life_s(opportunity.expiry_s, out_of_home=inventory_type == OUT_OF_HOME)
        return (
            f'{{"id":"{bid_id}","impid":{_quoted(opportunity.id)},"price":{wire_cpm(wire_price)!r}'
            f',"exp":{life_s}{deal}{ext},' + text
        )

    def _why(self, auction: Auction, bid: Bid, *, labelled: bool, profiled: bool) -> str:
        """Return the member of `bid.ext` that says who paid and why it was chosen, if that is asked."""
        asked, candidate = auction.transparency, bid.candidate
        if asked is None:
            return ""
        creative = candidate.creative
        wraps = creative.wraps if isinstance(creative, Video) else None
        return told(
            asked,
            candidate.disclosure,
            self._host,
            labelled=labelled and can_label(bid.media_type, bid.opportunity, wraps),
            profiled=profiled,
            placed=candidate.by_exact_place and is_exactly_placed(auction),
        )


def respond(
    auction: Auction,
    bids: Sequence[str],
    response_id: str,
    terms: ExchangeTerms,
    missed: Mapping[str, Reason] | None = None,
) -> bytes:
    """Return the response's bytes for bids as `BidWriter` wrote them, at least one. `response_id` becomes `bidid`.

    `missed` says why other imps have no bid; it is sent where the exchange wants to know.
    """
    ext = ""
    if missed and terms.explain_no_bids:
        ext = f',"ext":{encode(NoBidExt(dict(missed))).decode()}'
    return (
        f'{{"id":{_quoted(auction.id)},"cur":"{auction.currency}","bidid":"{response_id}"'
        f',"seatbid":[{{"seat":{_quoted(auction.seat)},"bid":[{",".join(bids)}]}}]{ext}}}'
    ).encode()


def wire_price(bid: Bid, currency: str, rates: Rates) -> Nanos:
    """Return the price in the bid's currency, nanos per impression (micros per mille).

    Rounded down, but never below the floor; what is sent and what the ticket remembers.
    """
    floor = floor_for(bid.opportunity, bid.deal, bid.candidate.creative)
    lowest = -rates.bid_from_house(-floor, currency)  # the negation rounds up
    return max(rates.bid_from_house(bid.price, currency), lowest)


def no_bid(request_id: str, reason: Reason, by_imp: Mapping[str, Reason] | None = None) -> bytes:
    """Return a no-bid for exchanges that want to know why: `nbr`, and a reason per imp in `ext`."""
    ext = NoBidExt(dict(by_imp)) if by_imp else None
    return encode(NoBid(request_id, no_bid_code(reason), ext))


def _quoted(text: str) -> str:
    """Return a stranger's text as JSON; a fifth of the time of encoding and decoding it."""
    return encode_basestring(text)
