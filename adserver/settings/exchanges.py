"""What was agreed with each exchange, as the settings say it."""

import re
from collections.abc import Collection, Sequence
from decimal import Decimal

import msgspec

from adserver.domain.exchange import Billable, ExchangeTerms
from adserver.domain.money import cpm_nanos, nanos
from adserver.settings.ranges import Section, out_of_range


class Exchange(Section, frozen=True, kw_only=True):
    """What was agreed with one exchange (see `ExchangeTerms` for what each means)."""

    name: str
    seats: tuple[str, ...] = ("adserver",)
    currencies: tuple[str, ...] = ("USD",)
    billable_banner: Billable = "billing"
    billable_video: Billable = "impression"
    billable_native: Billable = "billing"
    network_margin_ms: int = 15
    default_tmax_ms: int = 150
    expiry_s: int = 3_600
    explain_no_bids: bool = False
    max_cpm: Decimal | None = None
    """A guard-rail: no bid there is ever higher."""
    hourly_ceiling: Decimal | None = None
    """A guard-rail: what may be spent there within one hour of the clock (UTC)."""
    gzip_above_bytes: int = 1_400
    max_requests_per_s: int | None = None
    keep_percent: Decimal = Decimal(70)
    """First-price shading: how much of what lies between floor and value to offer."""
    contextual_without_consent: bool = False

    def terms(self) -> ExchangeTerms:
        """Return the declaration in the core's words and units."""
        fields = msgspec.structs.asdict(self)
        fields["keep_ppm"] = int(fields.pop("keep_percent") * 10_000)
        if self.max_cpm is not None:
            fields["max_cpm"] = cpm_nanos(self.max_cpm)
        if self.hourly_ceiling is not None:
            fields["hourly_ceiling"] = nanos(self.hourly_ceiling)
        return ExchangeTerms(**fields)


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
        found.extend(
            (f"{at}.currencies", f"no rate for {currency}; add it to $.rates")
            for currency in exchange.currencies
            if currency not in known
        )
        if not exchange.currencies:
            found.append((f"{at}.currencies", "name at least one currency to bid in"))
        if not all(exchange.seats) or not exchange.seats:
            found.append((f"{at}.seats", "name at least one seat to bid from"))
    return found
