"""Decided bids as a bid response: everything that an exchange checks is said.

A creative's part of a bid is written once per kind of space, with gaps for what differs from bid to bid; after that
a bid is a join of texts.
"""

from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring
from secrets import token_hex
from urllib.parse import urlsplit

from msgspec.structs import replace

from adserver.domain.bid import Bid
from adserver.domain.consent import ConsentMacros
from adserver.domain.creative import Audio, Banner, Creative, Dynamic, Html, Played, Video
from adserver.domain.display_fit import settled, shown
from adserver.domain.dsa import Label
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.floors import floor_for
from adserver.domain.labelling import can_label
from adserver.domain.money import Nanos, Rates, wire_cpm
from adserver.domain.opportunity import (
    OUT_OF_HOME,
    Auction,
    AudioSpace,
    BannerSpace,
    MediaType,
    NativeSpace,
    Opportunity,
    PlayerSpace,
    VideoSpace,
)
from adserver.domain.reasons import Reason
from adserver.domain.vast import (
    OPEN_MEASUREMENT,
    SKIPPABLE,
    brings_skip,
    measured,
    vast_protocol,
)
from adserver.openrtb.codec import encode
from adserver.openrtb.dialect import Dialect
from adserver.openrtb.facts import is_exactly_placed
from adserver.openrtb.links import Gaps, markup_links, notice_urls
from adserver.openrtb.lists import no_bid_code
from adserver.openrtb.response import Described, NoBid, NoBidExt
from adserver.openrtb.transparency import told
from adserver.ports import Markup

REMEMBERED_BIDS = 2_048
"""Written parts that are kept, some 3 kB each; then all are forgotten, since what is still asked for is soon back."""
REMEMBERED_SPACES = 256
"""The same for parts that depend on the space, which strangers choose."""
REMEMBERED_CHARS = 16_384
"""Longer ones are written anew each time."""
_PLAIN: Mapping[str, Dialect] = {}

_Space = BannerSpace | VideoSpace | AudioSpace | NativeSpace
_Shown = tuple[int, tuple[int, ...]]
"""Products in a dynamic creative, and the state of the feed that they are of."""
_Key = tuple[int, str, str, bool, _Space | _Shown | None]


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
        self._base_url = base_url
        self._host = urlsplit(base_url).hostname or ""
        self._markups = markups
        self._dialects = dialects
        self._extends = {
            name: each.bid_ext for name, each in dialects.items() if each.bid_ext is not None
        }
        self._gaps = Gaps(
            token_hex(16),
            token_hex(16),
            ConsentMacros(*(token_hex(16) for _ in ConsentMacros._fields)),
        )
        self._steady: dict[_Key, tuple[str, ...]] = {}
        self._varying: dict[_Key, tuple[str, ...]] = {}
        self._furnished: dict[_Key, tuple[str, ...]] = {}
        self._furnish = furnish

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
        opportunity, candidate = bid.opportunity, bid.candidate
        markup = self._markups[candidate.creative.id]
        space = _space(opportunity, bid.media_type) if markup.varies else None
        asked = auction.transparency
        labelled = asked is None or asked.publisher is not Label.WILL
        inventory_type = auction.inventory_type
        key: _Key = (candidate.index, terms.name, inventory_type, labelled, space)
        written, most = (
            (self._varying, REMEMBERED_SPACES) if markup.varies else (self._steady, REMEMBERED_BIDS)
        )
        if bid.products:
            shown_here = bid.generation, bid.products
            key = (candidate.index, terms.name, inventory_type, labelled, shown_here)
            written = self._furnished
        pieces = written.get(key)
        if pieces is None:
            pieces = self._describe(bid, terms, markup, inventory_type, labelled=labelled)
            if sum(map(len, pieces)) + len(repr(space)) <= REMEMBERED_CHARS:
                if len(written) >= most:
                    written.clear()
                written[key] = pieces
        deal = f',"dealid":{_quoted(bid.deal.id)}' if bid.deal is not None else ""
        ext = install
        if asked is not None:
            creative = candidate.creative
            wraps = creative.wraps if isinstance(creative, Video) else None
            labelled = labelled and can_label(bid.media_type, opportunity, wraps)
            answer = told(
                asked, candidate.disclosure, self._host, labelled=labelled, profiled=profiled,
                placed=candidate.by_exact_place and is_exactly_placed(auction),
            )  # fmt: skip
            ext = f"{ext},{answer}" if ext and answer else ext or answer
        extend = self._extends.get(terms.name)
        if extend is not None and (more := extend(bid)):
            ext = f"{ext},{more}" if ext else more
        if ext:
            ext = f',"ext":{{{ext}}}'
        out_of_home = inventory_type == OUT_OF_HOME
        life_s = terms.life_s(opportunity.expiry_s, out_of_home=out_of_home)
        text = token.join(pieces).replace(self._gaps.serving, bid_id)
        if markup.hands_on_consent:
            for gap, signal in zip(self._gaps.consent, auction.macros, strict=True):
                text = text.replace(gap, signal)
        return (
            f'{{"id":"{bid_id}","impid":{_quoted(opportunity.id)},"price":{wire_cpm(wire_price)!r}'
            f',"exp":{life_s}{deal}{ext},' + text
        )

    def _describe(
        self, bid: Bid, terms: ExchangeTerms, markup: Markup, inventory_type: str, *, labelled: bool
    ) -> tuple[str, ...]:
        """Return what follows the changing fields, cut where the token belongs."""
        out_of_home = inventory_type == OUT_OF_HOME
        links = markup_links(
            self._base_url,
            self._gaps,
            terms,
            bid.media_type,
            out_of_home=out_of_home,
            labelled=labelled,
        )
        urls = notice_urls(
            self._base_url, self._gaps.token, terms, bid.media_type, out_of_home=out_of_home
        )
        candidate = bid.candidate
        creative = candidate.creative
        if bid.products and self._furnish is not None:
            markup = self._furnish(bid)
        described = Described(
            adm=markup.render(links, _settled(bid)),
            adid=creative.id,
            crid=creative.id,
            cid=candidate.campaign,
            adomain=(candidate.advertiser_domain,),
            mtype=bid.media_type.value,
            nurl=urls.win,
            burl=urls.billing,
            lurl=urls.loss,
            attr=creative.attributes,
            iurl=creative.preview_url,
            language=creative.language,
            apis=creative.apis,
        )
        if candidate.categories:
            described.cat = candidate.categories
            described.cattax = candidate.category_taxonomy
        if candidate.apps and inventory_type == "app":
            described.bundle = candidate.apps[-1]
        _measure(described, creative, bid.opportunity)
        if isinstance(creative, Html):
            _tell_size(described, creative, bid.opportunity.banner)
        dialect = self._dialects.get(terms.name)
        if dialect is not None:
            described = dialect.describe(described, bid, terms)
        return tuple(encode(described).decode()[1:].split(self._gaps.token))


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


def _space(opportunity: Opportunity, media_type: MediaType) -> _Space | None:
    if media_type is MediaType.BANNER:
        return opportunity.banner
    if media_type is MediaType.VIDEO:
        return opportunity.video
    return opportunity.audio if media_type is MediaType.AUDIO else opportunity.native


def _quoted(text: str) -> str:
    """Return a stranger's text as JSON; a fifth of the time of encoding and decoding it."""
    return encode_basestring(text)


def _measure(described: Described, creative: Creative, opportunity: Opportunity) -> None:
    """Say what differs by kind of creative: size, and of what is played duration, VAST version and manners."""
    if isinstance(creative, Banner | Dynamic):
        described.w, described.h = creative.width, creative.height
    elif isinstance(creative, Video):
        player = opportunity.video or VideoSpace()
        size = player.size
        if size is None and creative.media_files:
            size = creative.media_files[0].width, creative.media_files[0].height
        if size is not None:
            described.w, described.h = size
        if brings_skip(creative, player):
            described.attr = (*described.attr, SKIPPABLE)
        _tell_played(described, creative, player)
    elif isinstance(creative, Audio):
        _tell_played(described, creative, opportunity.audio or AudioSpace())


def _tell_played(described: Described, creative: Played, player: PlayerSpace) -> None:
    described.dur = creative.duration_s
    described.protocol = vast_protocol(player.protocols, creative.wraps)
    if measured(creative, player) and OPEN_MEASUREMENT not in described.apis:
        described.apis = (*described.apis, OPEN_MEASUREMENT)


def _settled(bid: Bid) -> Opportunity:
    """Return the opportunity as the markup is to see it: of several sizes that fit, the one that the bid names."""
    opportunity, creative = bid.opportunity, bid.candidate.creative
    if isinstance(creative, Html) and opportunity.banner is not None:
        return replace(opportunity, banner=settled(creative, opportunity.banner))
    return opportunity


def _tell_size(described: Described, creative: Html, space: BannerSpace | None) -> None:
    """Say the size that it really has here, or the ratio where only that is known."""
    found = shown(creative, space)
    if found is not None and found.ratio is not None:
        described.wratio, described.hratio = found.ratio
    elif found is not None:
        described.w, described.h = found.size
