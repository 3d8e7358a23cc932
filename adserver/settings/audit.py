"""What creatives must keep to, and where restricted ones may run."""

import re
from collections.abc import Iterator

from adserver.domain.countries import ALPHA3
from adserver.domain.creative import Restriction
from adserver.domain.restricted import POLITICAL, Where
from adserver.settings.ranges import Section

SUBJECTS = (*Restriction, POLITICAL)
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


class Audit(Section, frozen=True, kw_only=True):
    """Rules for creatives; [what they mean](../how-to/audit-creatives.md)."""

    markup_kb: int = 100
    """HTML of a creative is at most so long, in kilobytes of 1,000 bytes."""
    hosts: tuple[str, ...] = ()
    """Our own servers of pictures and films: `cdn.shop.example`. Creatives may load from them and from their
    advertiser's domain."""
    vendors: dict[str, tuple[str, ...]] = {}
    """Third parties' servers, by the party's id in the IAB's global vendor list: `"755": [ads.example]`."""
    restricted: dict[str, Where] = {}
    """Where advertisements of a restricted subject (`alcohol`, `gambling` ..., `political`) may run: `allowed_in` or
    `refused_in`, with countries. Without a rule they run nowhere."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what types cannot say, each with its place."""
        for host in self.hosts:
            yield from _host_problem("$.audit.hosts", host)
        for vendor, hosts in self.vendors.items():
            if not vendor.isascii() or not vendor.isdigit() or not 1 <= int(vendor) <= 65_535:  # noqa: PLR2004 - 16 bits
                yield f"$.audit.vendors.{vendor[:20]}", "is no vendor's id: 1 to 65535"
            for host in hosts:
                yield from _host_problem(f"$.audit.vendors.{vendor[:20]}", host)
        for subject, where in self.restricted.items():
            yield from _rule_problems(f"$.audit.restricted.{subject[:40]}", subject, where)


def _host_problem(at: str, host: str) -> Iterator[tuple[str, str]]:
    if not _HOST.fullmatch(host):
        yield at, f"{host[:60]!r} is no host in lower case such as cdn.shop.example"


def _rule_problems(at: str, subject: str, where: Where) -> Iterator[tuple[str, str]]:
    if subject not in SUBJECTS:
        yield at, f"is no restricted subject; known are {', '.join(SUBJECTS)}"
    if (where.allowed_in is None) == (where.refused_in is None):
        yield at, "write either allowed_in or refused_in"
    for country in (*(where.allowed_in or ()), *(where.refused_in or ())):
        if country not in ALPHA3:
            yield at, f"{country[:20]!r} is no country: three capital letters of ISO 3166"
