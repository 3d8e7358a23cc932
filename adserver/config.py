"""Every setting: type, default, help; decoded once, frozen, unknown keys refused.

The file is YAML. Relative paths are relative to the file. Sums of money are decimals in the house currency.
"""

import re
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from adapters import registry
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Rates
from adserver.domain.web_address import web_address
from adserver.errors import Fault, InvalidConfig
from adserver.openrtb.dialect import Dialect
from adserver.privacy.policy import DEFAULT_POLICY, Policy
from adserver.settings.audit import Audit
from adserver.settings.exchanges import Exchange, exchange_problems
from adserver.settings.feeds import feed_problems
from adserver.settings.file import read_struct
from adserver.settings.identity import Identity
from adserver.settings.invalid_traffic import InvalidTraffic
from adserver.settings.learning import Learning
from adserver.settings.matching import Matching
from adserver.settings.mobile import Mobile
from adserver.settings.money import Money
from adserver.settings.policy import read_policy
from adserver.settings.ranges import RANGES, Section, between, out_of_range
from adserver.settings.supply import Supply


class Http(Section, frozen=True, kw_only=True):
    """Where we listen, and how the world reaches us."""

    host: str = "127.0.0.1"
    port: int = 8080
    """Bid requests, notices, tracking."""
    private_port: int = 9464
    """Metrics, health, explanations: the first worker's; each further worker has the next one."""
    base_url: str = "http://127.0.0.1:8080"
    """How exchanges and devices reach `port`; the beginning of every tracking URL."""
    header_timeout_ms: int = 2_000
    """So long a request's head may take from its first byte; then the connection is cut."""
    body_timeout_ms: int = 2_000
    """So long a request's body may take once the head is there, and the other side to take an answer."""
    idle_timeout_s: int = 75
    """A connection on which nothing is asked so long is cut."""
    max_connections: int = 10_000
    """So many connections a worker has at `port`; one more is closed at once."""
    max_waiting: int = 1_000
    """So many notices and orders of a worker wait for the owner at most; one more gets 503 at once."""


class Guard(Section, frozen=True, kw_only=True):
    """Rails outside the catalog, whatever campaigns say."""

    max_cpm: Decimal | None = None
    """No bid anywhere is ever higher."""
    hourly_ceiling: Decimal | None = None
    """What may be spent in all within one hour of the clock (UTC)."""


class Responsible(Section, frozen=True, kw_only=True):
    """Who answers for what is done with people's data, as their pages say."""

    name: str = ""
    """`Example Ads Ltd, 1 High Street, London`"""
    contact: str = ""
    """An address that is read: `privacy@ads.example`."""


class Settings(Section, frozen=True, kw_only=True):
    """The whole file."""

    state_folder: str = "state"
    """Money, people, events, stops, keys: what must survive, and what only we may read."""
    http: Http = Http()
    workers: int = 2
    """Processes that decide; one per core that bidding may use."""
    currency: str = "USD"
    """The house currency: every sum in campaigns and settings is in it."""
    rates: dict[str, Decimal] = {}
    """What one unit of the house currency buys: `EUR: 0.92`."""
    vendor_id: int = 0
    """Our id in the IAB's global vendor list; 0 has nobody's consent."""
    campaigns: registry.Campaigns
    segments: tuple[registry.Segments, ...] = ()
    """Audiences that `adserver segments` loads."""
    place: registry.Place | None = None
    """Where the device is, if the request does not say: by its address, from a file that you bring."""
    feeds: tuple[registry.Feeds, ...] = ()
    """Products of shops, for dynamic creatives; `adserver feeds load` loads them."""
    profiles: registry.Profiles | None = None
    """Where people are looked up; nothing means the LMDB in the state folder."""
    ledger: registry.Ledgers | None = None
    """Where the ledger is kept; nothing means the file in the state folder, as `{kind: file}` does."""
    exchanges: tuple[Exchange, ...] = ()
    guard: Guard = Guard()
    money: Money = Money()
    """How carefully budgets are kept, and when several servers give one up."""
    invalid_traffic: InvalidTraffic = InvalidTraffic()
    identity: Identity = Identity()
    matching: Matching = Matching()
    mobile: Mobile = Mobile()
    supply: Supply | None = None
    responsible: Responsible = Responsible()
    privacy: str | None = None
    """The file of rules about people's data; nothing means the rules that hold by themselves."""
    audit: Audit = Audit()
    explore_percent: Decimal = Decimal(2)
    """How often a shortlisted place goes to somebody drawn from the rest."""
    learn_percent: Decimal = Decimal(10)
    """How often those shortlisted are ranked by what might be true, to learn of whom little is known; no bid is higher for it."""
    click_engine: Literal["counting", "lightgbm", "compiled"] = "counting"
    """Who walks the click model's trees: counters, LightGBM's own library, or masks (see decision 3)."""
    learning: Learning = Learning()
    click_days: int = 30
    """How long a tracked click may still be counted; also the life of what a landing page keeps."""


class Loaded(msgspec.Struct, frozen=True, dict=True):
    """Settings with the place they came from."""

    file: Path
    settings: Settings
    policy: Policy = DEFAULT_POLICY

    def path(self, name: str) -> Path:
        """Return a path of the settings, relative to their file."""
        return (self.file.parent / name).resolve()

    @cached_property
    def state(self) -> Path:
        """The state folder."""
        return self.path(self.settings.state_folder)

    @cached_property
    def rates(self) -> Rates:
        """Exchange rates against the house currency."""
        return Rates(self.settings.currency, self.settings.rates)

    @cached_property
    def terms(self) -> dict[str, ExchangeTerms]:
        """The declarations by exchange name."""
        return {exchange.name: exchange.terms() for exchange in self.settings.exchanges}

    def dialects(self) -> dict[str, Dialect]:
        """Return how each exchange speaks, by its name, with the keys as their files are now.

        Raises `InvalidConfig` if one cannot be used.
        """
        return {
            each.name: each.speak(self.file.parent, f"$.exchanges[{index}]")
            for index, each in enumerate(self.settings.exchanges)
        }


def load_settings(file: Path) -> Loaded:
    """Read and check a settings file. Raises `InvalidConfig` naming the path in it, `$.http.port`."""
    settings = read_struct(file, Settings)
    faults = [Fault(str(file), path, message) for path, message in _problems(settings)]
    if faults:
        raise InvalidConfig(faults)
    loaded = Loaded(file, settings)
    if settings.privacy is None:
        return loaded
    rules = loaded.path(settings.privacy)
    if not rules.exists():
        raise InvalidConfig([Fault(str(file), "$.privacy", f"names {rules}, which does not exist")])
    return msgspec.structs.replace(loaded, policy=read_policy(rules, settings.vendor_id))


RATE_RANGE = (Decimal("0.001"), Decimal(1_000_000))
"""Rates are kept to six places; below a thousandth too few of them would be left."""


def _problems(settings: Settings) -> list[tuple[str, str]]:
    """Check what types cannot say."""
    http = settings.http
    found = [
        *out_of_range("$", settings),
        *out_of_range("$.http", http),
        *out_of_range("$.guard", settings.guard),
        *out_of_range("$.learning", settings.learning),
    ]
    if not found and http.port in range(http.private_port, http.private_port + settings.workers):
        found.append(
            ("$.http.port", f"is one of the {settings.workers} private ports, one per worker")
        )
    if http.private_port + settings.workers - 1 > RANGES["port"][1]:
        found.append(("$.http.private_port", "leaves no port for each worker"))
    try:
        web_address(http.base_url, secure=False)
    except ValueError as error:
        found.append(("$.http.base_url", f"must begin with http:// or https://: {error}"))
    else:
        names = [each.name for each in settings.exchanges]
        found += settings.matching.problems(names, http.base_url)
    if not settings.state_folder.strip():
        found.append(("$.state_folder", "must name a folder"))
    if settings.supply is not None:
        found += settings.supply.problems([each.name for each in settings.exchanges])
    found += feed_problems(settings.feeds)
    found += [*out_of_range("$.audit", settings.audit), *settings.audit.problems()]
    return (
        found
        + _problems_with_money(settings)
        + exchange_problems(settings.exchanges, {settings.currency, *settings.rates})
    )


def _problems_with_money(settings: Settings) -> list[tuple[str, str]]:
    lowest, highest = RATE_RANGE
    found = [
        (f"$.rates.{currency}", f"must be between {lowest} and {highest}")
        for currency, rate in settings.rates.items()
        if not between(rate, lowest, highest)
    ]
    for at, currency in (
        ("$.currency", settings.currency),
        *(("$.rates", c) for c in settings.rates),
    ):
        if not re.fullmatch("[A-Z]{3}", currency):
            found.append((at, f"'{currency}' is no currency code; write it like USD"))
    if settings.rates.get(settings.currency, 1) != 1:
        found.append((f"$.rates.{settings.currency}", "the house currency's own rate is 1"))
    return found
