"""Which addresses may stand in markup and in redirects."""

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


def web_address(address: str, *, secure: bool) -> str:
    """Return the address if it is whole, printable ASCII, and http or https; only https if `secure`.

    Raises `ValueError` with what is wrong. Neither scripts (`javascript:`), nor addresses relative to the
    publisher's page, nor anything that could end a header line gets through; nor a host that browsers would read
    otherwise than we: percent-encoded, spelled as one number, or behind a backslash.
    """
    shown = repr(address[:80])
    if not (address.isascii() and address.isprintable()) or " " in address:
        raise ValueError(
            f"{shown}: spaces, control and non-ASCII characters must be percent-encoded"
        )
    parts = urlsplit(address)  # raises ValueError itself for a broken host
    if parts.scheme not in {"http", "https"}:
        raise ValueError(f"{shown}: not http or https")
    if not parts.hostname:
        raise ValueError(f"{shown}: no host")
    if "\\" in parts.netloc or not _is_plain(parts.hostname):
        raise ValueError(f"{shown}: the host is no plain name")
    if secure and parts.scheme != "https":
        raise ValueError(f"{shown}: the creative is declared secure, so this must be https")
    return address


def _is_plain(host: str) -> bool:
    """Tell whether a host, in lower case, is a name or an address that everybody reads alike (URL Standard, 3.5)."""
    try:
        if ":" in host:
            return IPv6Address(host).scope_id is None
        labels = host.removesuffix(".").split(".")
        if not all(map(_LABEL.fullmatch, labels)):
            return False
        # To browsers what ends in a number is an IPv4 address, whatever its form.
        return _NUMBER.fullmatch(labels[-1]) is None or str(IPv4Address(host)) == host
    except ValueError:
        return False
