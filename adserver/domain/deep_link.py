"""Which addresses may open an application."""

import re

from adserver.domain.web_address import web_address

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,63})://.+")
_NO_APPLICATIONS = frozenset(
    {"about", "blob", "chrome", "content", "data", "file", "filesystem", "ftp", "http", "intent", "javascript",
     "jar", "resource", "vbscript", "view-source", "ws", "wss"}
)  # fmt: skip
"""Schemes that a browser or a device itself understands: they run scripts, read files, or start what the sender names
(an `intent:` chooses any component of any application).
"""


def deep_link(address: str) -> str:
    """Return the address if it opens an application: `shop://product/7`, or https where the application claims its host.

    Raises `ValueError` with what is wrong. Like a web address it is whole, printable ASCII without spaces.
    """
    found = _SCHEME.fullmatch(address)
    if found is None:
        raise ValueError(
            f"{address[:80]!r}: no address of an application, such as shop://product/7"
        )
    scheme = found[1]
    if scheme == "https":
        return web_address(address, secure=True)
    if scheme in _NO_APPLICATIONS:
        raise ValueError(f"{address[:80]!r}: {scheme} opens no application")
    if not (address.isascii() and address.isprintable()) or " " in address:
        raise ValueError(
            f"{address[:80]!r}: spaces, control and non-ASCII characters must be percent-encoded"
        )
    return address
