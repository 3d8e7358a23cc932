"""The edge of the simulation: it talks to this machine only, and substitutes macros as exchanges do."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

_MACRO = re.compile(r"\$\{(AUCTION_[A-Z_]+)(?::[^}]*)?\}")


class NotHere(ValueError):
    """The address leads to another machine; a load test there might be an attack."""


def loopback(url: str) -> str:
    """Return the URL if it leads to this machine over HTTP. Raises `NotHere` otherwise."""
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname or "", parts.scheme
        _ = parts.port  # reading it checks it
    except ValueError as error:
        raise NotHere(f"not a URL: {url[:80]!r} ({error})") from None
    if scheme != "http" or not is_loopback(host):
        raise NotHere(
            f"only http://127.0.0.1, http://[::1] and http://localhost may be loaded, not {url[:80]!r}"
        )
    return url


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, without a slash at the end."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def substitute(text: str, macros: Mapping[str, str]) -> str:
    """Replace `${AUCTION_...}` as plain text, without any escaping; unknown values become nothing."""
    return _MACRO.sub(lambda found: macros.get(found.group(1), ""), text)
