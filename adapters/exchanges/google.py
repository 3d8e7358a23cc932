"""Google Authorized Buyers, OpenRTB in JSON.

What differs, by developers.google.com/authorized-buyers/rtb (read as of 2026):
- openrtb-guide, "impression tracking": `burl` fires when an impression is billable, for all media; pixels in markup
  count what was never rendered, so nothing else bills.
- response-guide/decrypt-price: `${AUCTION_PRICE}` becomes an encrypted price per impression; it must not stand in the
  impression URLs of VAST.
- response-guide/win-and-loss-notifications: `nurl` and `lurl` are called for who takes part, some of them twice.
- openrtb-adx.proto: `imp.ext` and `bid.ext`; whole numbers of 64 bits are texts in JSON, lists that are empty are absent.
- interstitial-ads: in a space that fills the screen, the first size of `format` is the screen's, and smaller banners fit.
- support.google.com/authorizedbuyers/answer/3187591: HTML contains the click macro, our address escaped behind it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import msgspec
from msgspec.structs import replace

from adapters.exchanges.sealed_prices import SealedPrices
from adserver.domain.bid import Bid
from adserver.domain.creative import Restriction
from adserver.domain.exchange import ExchangeTerms, Macros
from adserver.domain.opportunity import Auction, BannerSpace, DealTerms, Opportunity
from adserver.errors import InvalidBidRequest
from adserver.openrtb.dialect import Agreed, Plain, Price, Unread
from adserver.openrtb.repair import UNREADABLE, repair
from adserver.openrtb.response import Described

CLOCK_SKEW_S = 60
_Ours = TypeVar("_Ours", int, Restriction)
NOBODY: frozenset[Any] = frozenset()
_Id = str | int


class _Excluded(msgspec.Struct, gc=False):
    buyer_creative_id: _Id | None = None


class _Billed(msgspec.Struct, gc=False):
    billing_id: list[_Id] | None = None


class _Deal(msgspec.Struct, gc=False):
    id: _Id | None = None
    ext: _Billed | None = None


class _Pmp(msgspec.Struct, gc=False):
    deals: list[_Deal] | None = None


class _ImpExt(msgspec.Struct, gc=False):
    billing_id: list[_Id] | None = None
    allowed_vendor_type: list[int] | None = None
    allowed_restricted_category: list[int] | None = None
    excluded_creatives: list[_Excluded] | None = None


class _Imp(msgspec.Struct, gc=False):
    id: _Id | None = None
    ext: _ImpExt | None = None
    pmp: _Pmp | None = None


class _Request(msgspec.Struct, gc=False):
    imp: list[_Imp] | None = None


_NOTHING = _ImpExt()
_DECODER = msgspec.json.Decoder(_Request, strict=False)
_WHOLE_IMPS = re.compile(r"imp(\[\d+\](\.id)?)?")
_EXCLUSIONS = re.compile(r"imp\[(\d+)\]\.ext(\.excluded_creatives.*)?$")


class Google(Plain):
    """Third parties and restricted subjects are refused unless the request lists them, under Google's numbers."""

    defaults: ClassVar[Mapping[str, Any]] = {
        "billable_banner": "billing",
        "billable_video": "billing",
        "billable_native": "billing",
        "billable_audio": "billing",
        "macros": Macros(vast_price="", click="%%CLICK_URL_UNESC%%"),
    }
    sync_url: ClassVar[str] = "https://cm.g.doubleclick.net/pixel?google_nid=NETWORK&google_hm={id}"
    sealed: ClassVar[bool] = True

    def __init__(self, agreed: Agreed) -> None:
        """Know our billing ids, keys and what Google calls third parties and subjects."""
        skew_s = CLOCK_SKEW_S if agreed.price_skew_s is None else agreed.price_skew_s
        self._prices = SealedPrices(agreed.price_keys, agreed.price_scale or "impression", skew_s)
        self._accounts = agreed.accounts
        self._vendors = agreed.vendor_numbers
        self._subjects = agreed.restricted_numbers
        self.hear = self._hear
        self.bid_ext = self._bid_ext

    def _hear(self, body: bytes, auction: Auction) -> Auction:
        imps = _imps(body)
        auction.opportunities = tuple(
            [self._heard(each, imps[each.id]) for each in auction.opportunities if each.id in imps]
        )
        return auction

    def _heard(self, opportunity: Opportunity, imp: _Imp) -> Opportunity:
        ext = imp.ext or _NOTHING
        deals = opportunity.deals
        if deals and imp.pmp is not None:
            deals = self._billed(deals, imp.pmp.deals or ())
        return replace(
            opportunity,
            banner=_up_to_the_screen(opportunity.banner),
            deals=deals,
            allowed_vendors=_listed(self._vendors, ext.allowed_vendor_type),
            allowed_restrictions=_listed(self._subjects, ext.allowed_restricted_category),
            blocked_creatives=frozenset(
                [str(each.buyer_creative_id) for each in ext.excluded_creatives]
            )
            if ext.excluded_creatives
            else NOBODY,
            account=self._account(ext.billing_id),
        )

    def _billed(
        self, deals: tuple[DealTerms, ...], offered: Sequence[_Deal]
    ) -> tuple[DealTerms, ...]:
        accounts = {
            str(deal.id): self._account(deal.ext.billing_id) for deal in offered if deal.ext
        }
        return tuple([replace(deal, account=accounts.get(deal.id, "")) for deal in deals])

    def _account(self, offered: Sequence[_Id] | None) -> str:
        """Return the first of ours that is offered; the first offered, if nobody said which is ours."""
        if not offered:
            return ""
        if not self._accounts:
            return str(offered[0])
        named = {str(each) for each in offered}
        return next((account for account in self._accounts if account in named), "")

    def describe(self, described: Described, bid: Bid, terms: ExchangeTerms) -> Described:
        """Leave out the campaign: Google's older form takes `cid` for a billing id."""
        described.cid = ""
        return described

    def _bid_ext(self, bid: Bid) -> str:
        """Name who is billed, and every restricted subject, whatever the request lists."""
        account = (bid.deal.account if bid.deal is not None else "") or bid.opportunity.account
        members = [f'"billing_id":"{account}"'] if account.isdigit() else []
        if bid.candidate.creative.restrictions:
            subjects = bid.candidate.creative.restrictions
            numbers = sorted({self._subjects[each] for each in subjects if each in self._subjects})
            members.append(f'"restricted_category":{numbers}'.replace(" ", ""))
        return ",".join(members)

    def read_price(self, text: str | None, bid_s: float, now_s: float) -> Price | Unread:
        """Return the clearing price, encrypted for us."""
        return self._prices.read(text, bid_s, now_s)


def _listed(numbers: Mapping[_Ours, int], listed: Sequence[int] | None) -> frozenset[_Ours]:
    """Return what of ours is listed by their numbers: nothing, if nothing is."""
    if not numbers or not listed:
        return NOBODY
    return frozenset([ours for ours, theirs in numbers.items() if theirs in listed])


def _up_to_the_screen(space: BannerSpace | None) -> BannerSpace | None:
    """Return a space that fills the screen as one for smaller banners, too: the first size named is the screen's."""
    if space is None or not space.interstitial or not space.sizes:
        return space
    return replace(space, largest=space.sizes[0])


def _imps(body: bytes) -> dict[str, _Imp]:
    """Return imps by id, the first of each, without those whose exclusions cannot be read: whatever we would offer there
    may be among them.
    """
    try:
        return _by_id(_DECODER.decode(body).imp or (), frozenset())
    except UNREADABLE:
        pass  # somewhere a type is wrong: look closer
    try:
        request, dropped = repair(body, _Request)
    except (*UNREADABLE, InvalidBidRequest):
        return {}
    if any(_WHOLE_IMPS.fullmatch(path) for path in dropped):
        return {}
    broken = {int(found[1]) for path in dropped if (found := _EXCLUSIONS.match(path))}
    return _by_id(request.imp or (), broken)


def _by_id(imps: Sequence[_Imp], broken: Collection[int]) -> dict[str, _Imp]:
    found: dict[str, _Imp] = {}
    seen: set[str] = set()
    for index, imp in enumerate(imps):
        name = str(imp.id)
        if name not in seen and index not in broken:
            found[name] = imp
        seen.add(name)
    return found
