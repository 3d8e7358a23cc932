"""How an exchange speaks OpenRTB, where it differs: the seam behind which its habits stay."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import msgspec

from adserver.domain.bid import Bid
from adserver.domain.creative import Restriction
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import Auction
from adserver.openrtb.response import Described

Scale = Literal["impression", "mille"]
"""What an encrypted whole number is millionths of: the price of one impression, or of a thousand."""


class Unread(StrEnum):
    """Why a price parameter holds no price; none of these books any spend."""

    ABSENT = "absent"  # no parameter at all
    EMPTY = "empty"  # the exchange does not know the value
    AUDIT = "audit"  # rendered for review, not for a person
    UNKNOWN = "unknown"  # the exchange says in words that it does not know the value
    MACRO = "macro"  # nobody replaced the macro
    NEGATIVE = "negative"
    TOO_LARGE = "too_large"  # beyond any believable rate
    NOT_A_NUMBER = "not_a_number"  # rubbish, or encrypted with a scheme we were not told of
    NOT_SEALED = "not_sealed"  # an encrypted price is expected, and this cannot be one
    FORGED = "forged"  # it does not authenticate with any of our keys
    STALE = "stale"  # made before our bid, or in the future: another auction's
    REPLAYED = "replayed"  # another bid was billed with it


class Price(NamedTuple):
    """A clearing price as it arrived."""

    micros: int
    """Per mille, in the bid's currency."""
    seal: bytes = b""
    """By what an encrypted price is known again; a plain one has nothing."""


PriceReader = Callable[[str | None, float, float], Price | Unread]
"""What arrived in place of the price macro, when we bid and what time it is (seconds since the epoch) become a price,
or why there is none. Raises nothing.
"""


class PriceKeys(NamedTuple):
    """One pair of keys for encrypted prices."""

    encryption: bytes
    integrity: bytes

    def __repr__(self) -> str:
        """Return what may be shown in a log or a traceback."""
        return "PriceKeys(...)"


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator agreed with one exchange, as far as its dialect needs to know."""

    price_keys: tuple[PriceKeys, ...] = ()
    price_scale: Scale | None = None
    """`None`: as its documents say."""
    price_skew_s: int | None = None
    """How far the clocks may differ; `None`: as its documents say."""
    accounts: tuple[str, ...] = ()
    """Our billing ids there, the preferred first."""
    vendor_numbers: Mapping[int, int] = {}
    """What it calls third parties, by their ids in the IAB's global vendor list."""
    restricted_numbers: Mapping[Restriction, int] = {}
    """What it calls restricted subjects."""


class Dialect(Protocol):
    """One exchange's accent. Everything here is plain computing on what was decoded; it raises nothing."""

    defaults: ClassVar[Mapping[str, Any]]
    """Fields of `ExchangeTerms` where its public documents say otherwise; what an operator's settings say goes before
    them.
    """
    sync_url: ClassVar[str]
    """How its documents write the address for cookie matching: `{id}` and the privacy signals are ours to fill in,
    what stands in capitals is the operator's; nothing, if it is agreed with each buyer.
    """
    sealed: ClassVar[bool]
    """Its prices are encrypted, so that it needs keys."""
    hear: Callable[[bytes, Auction], Auction] | None
    """Returns the auction with what only this exchange says, mostly in `ext`, given the request's bytes, which are valid
    JSON. What is malformed there counts as the strictest that it can have been. `None`: it says nothing more.
    """
    bid_ext: Callable[[Bid], str] | None
    """Returns members for `bid.ext` as JSON without braces, or nothing; called for each bid. `None`: it wants none."""

    def __init__(self, agreed: Agreed) -> None:
        """Speak with one exchange."""

    def describe(self, described: Described, bid: Bid, terms: ExchangeTerms) -> Described:
        """Return what is said of a bid as this exchange wants it; done once per creative and kind of space."""

    def read_price(self, text: str | None, bid_s: float, now_s: float) -> Price | Unread:
        """Return the clearing price, as `PriceReader` has it."""


class Plain:
    """What dialects have in common that stay with the standard: a base to begin from."""

    defaults: ClassVar[Mapping[str, Any]] = {}
    sync_url: ClassVar[str] = ""
    sealed: ClassVar[bool] = False
    hear: Callable[[bytes, Auction], Auction] | None = None
    bid_ext: Callable[[Bid], str] | None = None

    def __init__(self, agreed: Agreed) -> None:
        """Nothing need be agreed."""

    def describe(self, described: Described, bid: Bid, terms: ExchangeTerms) -> Described:
        """Return it as it is."""
        return described
