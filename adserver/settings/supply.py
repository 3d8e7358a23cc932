"""The section `supply`: who may sell to us, and what is done about who may not."""

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec

from adserver.domain.fees import PPM
from adserver.domain.hosts import host_name
from adserver.errors import Fault, InvalidConfig
from adserver.settings.ranges import Section, between
from adserver.supply.rules import RULES, Action, Policy
from adserver.supply.suffixes import Suffixes

Hops = Annotated[int, msgspec.Meta(ge=1, le=30)]
Days = Annotated[int, msgspec.Meta(ge=1, le=90)]
Megabytes = Annotated[int, msgspec.Meta(ge=1, le=1_024)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=300)]
Connections = Annotated[int, msgspec.Meta(ge=1, le=200)]
MAX_BUNDLE = 100


class Rules(Section, frozen=True, kw_only=True):
    """What is done where a rule finds fault: `refuse` (no bid), `report` (bid and count), `allow` (do not look)."""

    chain_missing: Action | None = None
    """The request does not say who is paid. Else: `report`."""
    chain_incomplete: Action | None = None
    """The chain does not begin with the owner, lacks an `asi` or `sid`, or cannot be read. Else: `refuse`."""
    chain_too_long: Action | None = None
    """It has more than `max_hops`. Else: `refuse`."""
    chain_blocked_node: Action | None = None
    """Somebody of `blocked_nodes` is in it. Else: `refuse`."""
    chain_mismatch: Action | None = None
    """It does not end with a domain of the exchange, or with the account in `publisher.id`. Else: `report`."""
    chain_unresolved: Action | None = None
    """An account in it is not in its system's sellers.json, or there is no such file. Else: `report`."""
    ads_txt_missing: Action | None = None
    """The publisher has no ads.txt (applications: app-ads.txt). Else: `report`."""
    seller_unauthorised: Action | None = None
    """The publisher has one, and the seller is not in it. Else: `refuse`."""
    supply_unknown: Action | None = None
    """Nobody has fetched a file that is needed, or it is too old, or the application's domain is unknown. Else:
    `report`."""


class Seat(Section, frozen=True, kw_only=True):
    """What differs at one exchange."""

    exchange: str
    """Its name in `exchanges`."""
    domains: tuple[str, ...] = ()
    """As which it signs supply chains and stands in ads.txt: `[exchange.example]`. Without, whatever ends the chain is
    believed to be it."""
    rules: Rules = Rules()
    """What is done there, where it is not as everywhere."""
    max_hops: Hops | None = None
    """How many systems may be paid there, the exchange included."""


class Supply(Section, frozen=True, kw_only=True):
    """Who may sell to us. Without this section nobody asks, and it costs nothing.

    [How it works](../how-to/supply-path.md).
    """

    rules: Rules = Rules()
    """What is done about each fault, at all exchanges."""
    max_hops: Hops = 4
    """How many systems may be paid, the exchange included."""
    blocked_nodes: tuple[str, ...] = ()
    """With whom there is no bid: `reseller.example`, or one account of it, `reseller.example/1234`."""
    exchanges: tuple[Seat, ...] = ()
    """What differs at single exchanges."""
    applications: str | None = None
    """A CSV file of `bundle,domain`: where the stores say that an application's developer is. Without a line the
    request's `app.domain` counts."""
    public_suffixes: str | None = None
    """The list of publicsuffix.org, as Debian's package `publicsuffix` has it. Without, most countries' habits count
    (`co.uk`, `com.br`)."""
    fees: dict[str, Decimal] = {}
    """What hops keep, in percent of what reaches them, as far as you know: `reseller.example: 12`. For reports only."""
    expiry_days: Days = 7
    """So long a copy counts after somebody last saw that it is right."""
    contact: str = ""
    """An address or web page for those whose files are fetched; it stands in the `User-Agent`."""
    max_file_mb: Megabytes = 64
    """A longer answer is refused; the largest sellers.json have more than 100."""
    timeout_s: Seconds = 20
    """So long one file may take, redirects included."""
    connections: Connections = 20
    """So many hosts are asked at a time, each on one connection."""

    def policies(self, exchanges: Iterable[str]) -> dict[str, Policy]:
        """Return what holds at each exchange."""
        seats = {seat.exchange: seat for seat in self.exchanges}
        blocked = frozenset(map(_node, self.blocked_nodes))
        found = {}
        for name in exchanges:
            seat = seats.get(name) or Seat(exchange=name)
            found[name] = Policy(
                actions={
                    rule: getattr(seat.rules, rule.value)
                    or getattr(self.rules, rule.value)
                    or usual
                    for rule, usual in RULES.items()
                },
                max_hops=seat.max_hops or self.max_hops,
                domains=frozenset(map(host_name, seat.domains)),
                blocked=blocked,
            )
        return found

    @property
    def fees_ppm(self) -> dict[str, int]:
        """The fees in millionths, by domain."""
        return {host_name(name): int(percent * PPM / 100) for name, percent in self.fees.items()}

    def suffixes(self, folder: Path) -> Suffixes:
        """Return the public suffixes. Raises `InvalidConfig`."""
        if self.public_suffixes is None:
            return Suffixes()
        path = folder / self.public_suffixes
        try:
            return Suffixes(path.read_text("utf-8").splitlines())
        except (OSError, UnicodeError) as error:
            message = f"cannot be read: {error}"
            raise InvalidConfig([Fault(str(path), "$.supply.public_suffixes", message)]) from None

    def developers(self, folder: Path) -> dict[str, str]:
        """Return domains by bundle. Raises `InvalidConfig` naming the first lines that are none."""
        if self.applications is None:
            return {}
        path = folder / self.applications
        found: dict[str, str] = {}
        faults: list[Fault] = []
        try:
            with path.open(encoding="utf-8-sig", newline="") as rows:
                for number, row in enumerate(csv.reader(rows), 1):
                    bundle = row[0].strip().lower() if row else ""
                    domain = host_name(row[1]) if len(row) > 1 else ""
                    if bundle and domain and len(bundle) <= MAX_BUNDLE:
                        found[bundle] = domain
                    elif row and (number > 1 or bundle != "bundle"):
                        faults.append(Fault(f"{path}:{number}", "$", "is no `bundle,domain`"))
        except (OSError, UnicodeError, csv.Error) as error:
            faults = [Fault(str(path), "$.supply.applications", f"cannot be read: {error}")]
        if faults:
            raise InvalidConfig(faults[:20])
        return found

    def problems(self, exchanges: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield paths and what is wrong there, given the names of the exchanges."""
        yield from self._problems_of_seats(set(exchanges))
        for index, node in enumerate(self.blocked_nodes):
            if not host_name(node.partition("/")[0]):
                yield f"$.supply.blocked_nodes[{index}]", "must be a domain, or `domain/account`"
        for name, percent in self.fees.items():
            if not host_name(name):
                yield f"$.supply.fees.{name[:80]}", "is no domain"
            if not between(percent, 0, 100):
                yield f"$.supply.fees.{name[:80]}", "must be between 0 and 100 percent"
        if not self.contact.isascii() or not self.contact.isprintable():
            yield "$.supply.contact", "must be printable ASCII: it stands in a header"

    def _problems_of_seats(self, known: set[str]) -> Iterator[tuple[str, str]]:
        names = [seat.exchange for seat in self.exchanges]
        if len(set(names)) != len(names):
            yield "$.supply.exchanges", "the same exchange stands there twice"
        for index, seat in enumerate(self.exchanges):
            at = f"$.supply.exchanges[{index}]"
            if seat.exchange not in known:
                yield f"{at}.exchange", f"there is no exchange '{seat.exchange}'"
            for domain in seat.domains:
                if not host_name(domain):
                    yield f"{at}.domains", f"'{domain[:80]}' is no domain"


def _node(text: str) -> str:
    domain, slash, account = text.partition("/")
    return host_name(domain) + slash + account
