"""What was agreed with each exchange, as the settings say it."""

import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import asdict, replace

from adapters.exchanges import DIALECTS
from adapters.exchanges.sealed_prices import load_price_keys
from adserver.domain.creative import Restriction
from adserver.domain.exchange import (
    Approval,
    Billable,
    ExchangeTerms,
    LossCodes,
    Macros,
    Shading,
    Told,
)
from adserver.domain.money import cpm_nanos, nanos
from adserver.openrtb.dialect import Agreed, Dialect, Scale
from adserver.settings.ranges import Section, out_of_range

GENERIC = "openrtb"
LONGEST_MACRO = 200
_MACRO = re.compile(r"[!-~]*")
_HURTS = frozenset("\"'<>&\\ ")
"""What would have to be escaped in markup, where an exchange would not know its macro again."""


class MacroNames(Section, frozen=True, kw_only=True):
    """What one exchange fills in, as it is written where it stands; what is left out is as its dialect has it."""

    price: str | None = None
    """The clearing price, in notices."""
    markup_price: str | None = None
    """The same in HTML and native markup."""
    vast_price: str | None = None
    """The same in VAST."""
    loss: str | None = None
    """Why a bid lost."""
    min_to_win: str | None = None
    """What would have won."""
    multiplier: str | None = None
    """How many people saw one impression, in notices about screens out of home."""
    click: str | None = None
    """In HTML stands before our click link, percent-encoded, so that the exchange counts the click, too."""


class Exchange(Section, frozen=True, kw_only=True):
    """What was agreed with one exchange. What is left out and has no default here is [as its dialect has
    it](dialects.md).
    """

    name: str
    dialect: str = GENERIC
    seats: tuple[str, ...] = ("adserver",)
    currencies: tuple[str, ...] | None = None
    billable_banner: Billable | None = None
    billable_video: Billable | None = None
    billable_native: Billable | None = None
    billable_audio: Billable | None = None
    billable_out_of_home: Billable | None = None
    notices: tuple[Told, ...] | None = None
    loss_codes: LossCodes | None = None
    macros: MacroNames = MacroNames()
    """Macros that differ from the dialect's; see below."""
    price_keys: str | None = None
    """The file with the keys of encrypted prices, for its owner's eyes only: on each line the encryption key and the
    integrity key, in web-safe base64. Each pair is tried, so that keys can change."""
    price_scale: Scale | None = None
    """What an encrypted price is millionths of: one impression or a thousand."""
    price_skew_s: int | None = None
    """An encrypted price names the second in which it was made; that must lie between our bid and its notice, give or
    take so many seconds. Nothing: as the dialect knows it, which for OpenX is that there is no such second."""
    accounts: tuple[str, ...] = ()
    """Our billing ids there, the preferred first; a bid names the first that the request lists."""
    vendor_numbers: dict[int, int] = {}
    """What it calls third parties, by their ids in the IAB's global vendor list: `755: 152`. Where it lists whom it
    allows, nobody else may be in a creative."""
    restricted_numbers: dict[Restriction, int] = {}
    """What it calls restricted subjects: `alcohol: 34`. Where it lists which it allows, no other may be advertised."""
    approval: Approval | None = None
    network_margin_ms: int = 15
    default_tmax_ms: int | None = None
    expiry_s: int = 3_600
    expiry_out_of_home_s: int | None = None
    explain_no_bids: bool = False
    max_cpm: Decimal | None = None
    """A guard-rail: no bid there is ever higher."""
    hourly_ceiling: Decimal | None = None
    """A guard-rail: what may be spent there within one hour of the clock (UTC)."""
    gzip_above_bytes: int = 1_400
    max_requests_per_s: int | None = None
    shading: Shading = "learned"
    """In first-price auctions: `learned`: the price that leaves most to be expected, by what bids there won and lost;
    `fixed`: by `keep_percent` alone."""
    keep_percent: Decimal = Decimal(70)
    """First-price shading where nothing is learned yet: how much of what lies between floor and value to offer."""
    contextual_without_consent: bool = False

    def terms(self) -> ExchangeTerms:
        """Return the declaration in the core's words and units: what is said here, then what the dialect says."""
        return replace(
            self.habits,
            keep_ppm=int(self.keep_percent * 10_000),
            max_cpm=None if self.max_cpm is None else cpm_nanos(self.max_cpm),
            hourly_ceiling=None if self.hourly_ceiling is None else nanos(self.hourly_ceiling),
        )

    @property
    def habits(self) -> ExchangeTerms:
        """The declaration without its sums of money, which may be nonsense as long as nobody has checked them."""
        said = {
            name: value
            for name in ExchangeTerms.__struct_fields__
            if name not in _NOT_AS_WRITTEN and (value := getattr(self, name)) is not None
        }
        return ExchangeTerms(
            **{**DIALECTS[self.dialect].defaults, **said, "macros": self._macros()}
        )

    def speak(self, folder: Path, at: str) -> Dialect:
        """Return its dialect as agreed, with files relative to a folder; `at` is its place in the settings.

        Raises `InvalidConfig` if the keys cannot be used.
        """
        keys = (
            load_price_keys(folder / self.price_keys, f"{at}.price_keys") if self.price_keys else ()
        )
        agreed = Agreed(
            price_keys=keys,
            price_scale=self.price_scale,
            price_skew_s=self.price_skew_s,
            accounts=self.accounts,
            vendor_numbers=self.vendor_numbers,
            restricted_numbers=self.restricted_numbers,
        )
        return DIALECTS[self.dialect](agreed)

    def _macros(self) -> Macros:
        said: dict[str, Any] = {
            name: value for name, value in asdict(self.macros).items() if value is not None
        }
        theirs: Macros = DIALECTS[self.dialect].defaults.get("macros", Macros())
        return replace(theirs, **said)


_NOT_AS_WRITTEN = frozenset({"keep_ppm", "max_cpm", "hourly_ceiling", "macros"})


def exchange_problems(
    exchanges: Sequence[Exchange], known: Collection[str]
) -> list[tuple[str, str]]:
    """Check what types cannot say; `known` are the currencies that there is a rate for."""
    found = []
    names = [exchange.name for exchange in exchanges]
    if len(set(names)) != len(names):
        found.append(("$.exchanges", "two exchanges have the same name"))
    for index, exchange in enumerate(exchanges):
        at = f"$.exchanges[{index}]"
        found.extend(out_of_range(at, exchange))
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", exchange.name):
            found.append((f"{at}.name", "use lower-case letters, digits and dashes, at most 64"))
        if exchange.dialect not in DIALECTS:
            known_names = ", ".join(DIALECTS)
            found.append((f"{at}.dialect", f"there is no such dialect; there are {known_names}"))
            continue
        found.extend(_price_problems(at, exchange))
        terms = exchange.habits
        found.extend(
            (f"{at}.currencies", f"no rate for {currency}; add it to $.rates")
            for currency in terms.currencies
            if currency not in known
        )
        if not terms.currencies:
            found.append((f"{at}.currencies", "name at least one currency to bid in"))
        if not all(exchange.seats) or not exchange.seats:
            found.append((f"{at}.seats", "name at least one seat to bid from"))
    return found


def _price_problems(at: str, exchange: Exchange) -> Iterator[tuple[str, str]]:
    sealed = DIALECTS[exchange.dialect].sealed
    if sealed and exchange.price_keys is None:
        yield (
            f"{at}.price_keys",
            "name the file of its keys: its prices are encrypted, and nothing would ever settle",
        )
    for name in ("price_keys", "price_scale", "price_skew_s"):
        if not sealed and getattr(exchange, name) is not None:
            yield f"{at}.{name}", f"is for encrypted prices, which {exchange.dialect} does not send"
    for name, macro in asdict(exchange.macros).items():
        if macro is not None and (
            len(macro) > LONGEST_MACRO
            or not _MACRO.fullmatch(macro)
            or not _HURTS.isdisjoint(macro)
        ):
            yield (
                f"{at}.macros.{name}",
                "is no macro: printable ASCII without quotes, spaces, <, > and &",
            )
    terms = exchange.habits
    for name, prices in (
        ("vast_price", (terms.billable_video, terms.billable_audio)),
        ("markup_price", (terms.billable_banner, terms.billable_native)),
    ):
        if "impression" in prices and not getattr(terms.macros, name):
            yield f"{at}.macros.{name}", "an impression bills there, so its price has to be told"
