"""Where a fetch may connect to: addresses of the public internet, names that are names, two ports.

Sources: the IANA registries of special-purpose addresses (RFC 6890), RFC 6052 (NAT64), RFC 3056 and 4380 (tunnels).
"""

from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from adserver.domain.hosts import host_name
from adserver.domain.networks import IPV4_BYTES, Networks, network, packed

MAX_URL = 2_000
PORTS = {"http": 80, "https": 443}
_UNICAST = Networks([network("2000::/3")])
"""All of IPv6 that is routed: neither mapped nor NAT64, unique local, link-local, multicast addresses lie in it."""
_SPECIAL = Networks(
    network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "168.63.129.16",  # a cloud's own services, at an address that looks public
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",  # tunnels hold IPv4 addresses
    )
)  # fmt: skip


class Refused(Exception):
    """An address that must not be fetched, with why."""


class Location(NamedTuple):
    """A checked address."""

    scheme: str
    host: str
    rest: str
    """Path and query."""

    @property
    def url(self) -> str:
        """The address, put together anew from what was checked."""
        return f"{self.scheme}://{self.host}{self.rest}"


def is_public(address: str) -> bool:
    """Tell whether an IPv4 or IPv6 address is one of the public internet."""
    raw = None if "%" in address else packed(address)
    if raw is None or raw in _SPECIAL:
        return False
    if len(raw) == IPV4_BYTES:
        return ":" not in address  # an IPv4 address in the form of an IPv6 one
    return raw in _UNICAST


def location(url: str, base: str = "") -> Location:
    """Return a checked address, relative to another. Raises `Refused`.

    Only http and https at their own ports; no credentials; the host must be a name: no address in any spelling.
    """
    if len(url) > MAX_URL or not (url.isascii() and url.isprintable()) or set(url) & set(' \\"<>'):
        raise Refused("an address that is too long, or has characters that must be encoded")
    try:
        parts = urlsplit(urljoin(base, url))
        host, port = host_name(parts.hostname or ""), parts.port
    except ValueError:
        raise Refused("an address that is none") from None
    if parts.scheme not in PORTS:
        raise Refused("neither http nor https")
    if "@" in parts.netloc:
        raise Refused("credentials in the address")
    if not host:
        raise Refused("a host that is no domain name")
    if port not in (None, PORTS[parts.scheme]):
        raise Refused("a port that is not the scheme's own")
    path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
    return Location(parts.scheme, host, f"{path}?{parts.query}" if parts.query else path)
