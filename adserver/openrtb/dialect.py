"""How an exchange speaks OpenRTB, where it differs: the seam behind which its habits stay."""

from collections.abc import Mapping
from typing import Any, Protocol

from adserver.domain.bid import Bid
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import Auction, Opportunity
from adserver.openrtb.response import Described


class Dialect(Protocol):
    """One exchange's accent. Everything here is plain computing on what was decoded; it raises nothing."""

    defaults: Mapping[str, Any]
    """Fields of `ExchangeTerms` (macros, what is billable, expiry) where its public documents say otherwise; what an
    operator's settings say goes before them.
    """

    def hear(self, body: bytes, auction: Auction) -> Auction:
        """Return the auction with what only this exchange says, mostly in `ext`; `body` is valid JSON."""

    def describe(self, described: Described, bid: Bid, terms: ExchangeTerms) -> Described:
        """Return what is said of a bid as this exchange wants it; done once per creative and kind of space."""

    def bid_ext(self, opportunity: Opportunity) -> str:
        """Return members for `bid.ext` that differ by request, as JSON without braces; mostly nothing."""

    def read_price(self, text: str | None, now_s: float) -> int | str | None:
        """Return the clearing price in micros per mille of the bid's currency, or a word for why there is none.

        `text` is what arrived in place of the price macro.
        """
