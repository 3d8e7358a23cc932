"""What goes into the placeholders of markup, written for the place where each stands."""

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from urllib.parse import quote

from adserver.domain.display_fit import Size
from adserver.domain.placeholders import Piece
from adserver.ports import Links

_MACRO = re.compile(r"(\$\{[A-Z0-9_:]+\}|%%[A-Z0-9_:]+%%)")
"""What exchanges fill in; it stays as it is in every place."""
_NOT_IN_SCRIPTS = re.compile(r"[^A-Za-z0-9:/?.,=_~%${}\[\];@+*()|-]")


def in_attribute(address: str) -> str:
    """Return an address for the value of an attribute, quoted or not, or for a text."""
    return escape(address).replace(" ", "&#32;").replace("`", "&#96;")


def in_script(address: str) -> str:
    """Return an address for a quoted string of a script, also of one that stands in an attribute."""
    return _NOT_IN_SCRIPTS.sub(_escaped, address)


def in_address(address: str) -> str:
    """Return an address for the query of another, percent-encoded but for what exchanges fill in."""
    parts = _MACRO.split(address)
    return "".join(part if _MACRO.fullmatch(part) else quote(part, safe="") for part in parts)


_WRITERS: Mapping[str, Callable[[str], str]] = {
    "": in_attribute,
    "js": in_script,
    "url": in_address,
}


def filled(pieces: Iterable[Piece], links: Links, size: Size, creative: str) -> str:
    """Return markup with everything in its place; nothing that is filled in is looked at again.

    Percent-encoded, the click leads past what the exchange wants in front of it: nobody could encode what its macro
    will become.
    """
    plain: dict[str, str] = {
        "cache_buster": links.serving,
        "width": str(size[0]),
        "height": str(size[1]),
        "creative_id": creative,
        **links.consent._asdict(),
    }
    addresses = {
        "click_url": links.click,
        "impression_url": links.impression,
        "viewable_url": links.viewable,
    }
    written: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            written.append(piece)
        elif not piece.is_address:
            written.append(plain[piece.name])
        elif piece.context == "url" and piece.name == "click_url":
            written.append(in_address(links.bare_click or links.click))
        else:
            written.append(_WRITERS[piece.context](addresses[piece.name]))
    return "".join(written)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number < 0x100:  # noqa: PLR2004 - two hexadecimal digits
        return f"\\x{number:02x}"
    if number < 0x10000:  # noqa: PLR2004 - four
        return f"\\u{number:04x}"
    return f"\\u{{{number:x}}}"
