"""What was agreed with an exchange: seats, currencies, what is billable, how it wants its answers."""

from typing import Literal

import msgspec

from adserver.domain.money import Nanos
from adserver.domain.opportunity import MediaType

Billable = Literal["win", "billing", "impression"]
Approval = Literal["none", "required"]
Told = Literal["win", "loss"]
LossCodes = Literal["openrtb", "google"]
Shading = Literal["learned", "fixed"]


class Macros(msgspec.Struct, frozen=True, kw_only=True):
    """What an exchange fills in, each as it is written where it stands."""

    price: str = "${AUCTION_PRICE}"
    """The clearing price, in notices."""
    markup_price: str = "${AUCTION_PRICE}"
    """The same in HTML and native markup."""
    vast_price: str = "${AUCTION_PRICE}"
    """The same in VAST; nothing, where it must not stand there."""
    loss: str = "${AUCTION_LOSS}"
    min_to_win: str = "${AUCTION_MIN_TO_WIN}"
    multiplier: str = "${AUCTION_MULTIPLIER}"
    """How many people saw one impression, in notices about screens out of home."""
    click: str = ""
    """In HTML stands before our click link, which is percent-encoded then, so that the exchange counts the click, too."""


class ExchangeTerms(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange's declaration. Only its billable event settles money; the others are recorded."""

    name: str
    """The last part of `POST /openrtb2/{exchange}`."""
    seats: tuple[str, ...] = ("adserver",)
    """Our buyer seats there; we bid from the first that a request allows."""
    currencies: tuple[str, ...] = ("USD",)
    """Currencies we bid in, the preferred first; also what counts when a request names none."""
    billable_banner: Billable = "billing"
    billable_video: Billable = "impression"
    billable_native: Billable = "billing"
    billable_audio: Billable = "impression"
    billable_out_of_home: Billable = "billing"
    """On screens out of home, whatever the medium."""
    dialect: str = "openrtb"
    """How it speaks; a name of `adapters.exchanges.DIALECTS`."""
    notices: tuple[Told, ...] = ("win", "loss")
    """Which notices it calls beside the one that bills; the others are not asked for."""
    loss_codes: LossCodes = "openrtb"
    """In whose numbers it says why a bid lost: those of OpenRTB 3.0, or Google's creative status codes."""
    macros: Macros = Macros()
    approval: Approval = "none"
    """`none`: a creative bids until it is refused there; `required`: not before it is approved."""
    network_margin_ms: int = 15
    """Part of `tmax` that the way there and back takes."""
    default_tmax_ms: int = 150
    """What we believe when a request has no `tmax`."""
    expiry_s: int = 3_600
    """How long after the auction an impression may be billed when the imp names no `exp`, and at most."""
    expiry_out_of_home_s: int | None = None
    """How long an imp's `exp` may be on screens out of home, which play hours later; without it `expiry_s` holds."""
    explain_no_bids: bool = False
    """Answer no-bids with 200, `nbr` and per-imp reasons in place of 204."""
    max_cpm: Nanos | None = None
    """A guard-rail: no bid there is ever higher; house nanos per impression."""
    max_requests_per_s: int | None = None
    """More bid requests than that are not answered with bids; each worker allows its share."""
    hourly_ceiling: Nanos | None = None
    """A guard-rail: no more than this is spent there within one hour of the clock (UTC)."""
    gzip_above_bytes: int = 1_400
    """Answers longer than this are compressed where `Accept-Encoding` asks for gzip: about a packet."""
    shading: Shading = "learned"
    """First-price auctions: `learned`: by what bids there won and lost; `fixed`: by `keep_ppm` alone."""
    keep_ppm: int = 700_000
    """First-price shading without evidence: of what lies between floor and value, offer this many millionths."""
    contextual_without_consent: bool = False
    """Its policy allows contextual bids where consent for purpose 2 is missing."""

    def life_s(self, asked_s: int | None, *, out_of_home: bool = False) -> int:
        """Return how long after the auction an impression may be billed: what was asked, or less."""
        if asked_s is None:
            return self.expiry_s
        return min(asked_s, self.longest_life_s if out_of_home else self.expiry_s)

    @property
    def longest_life_s(self) -> int:
        """How long a bid here may hold money at most."""
        return max(self.expiry_s, self.expiry_out_of_home_s or 0)

    def billable(self, media_type: MediaType, *, out_of_home: bool = False) -> Billable:
        """Return the kind of the event that settles a bid of this media type."""
        if out_of_home:
            return self.billable_out_of_home
        if media_type is MediaType.AUDIO:
            return self.billable_audio
        if media_type is MediaType.VIDEO:
            return self.billable_video
        if media_type is MediaType.NATIVE:
            return self.billable_native
        return self.billable_banner
