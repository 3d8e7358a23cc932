"""The address of a third party's VAST, with typed placeholders for what differs from bid to bid."""

from collections.abc import Sequence

from adserver.domain.placeholders import PLAIN, Piece, pieces
from adserver.domain.web_address import web_address

ENCODED_CLICK = "{{click_url|url}}"
"""For third parties that lead clicks through us."""


def vast_tag(address: str, *, secure: bool) -> Sequence[Piece]:
    """Return texts and placeholders. Raises `ValueError` for a bad address or a placeholder that has no place in one.

    VAST's own macros, `[CACHEBUSTING]`, are the player's to fill in; the unknown ones among them stay as they are, too.
    """
    found = pieces(address)
    for piece in found:
        if not isinstance(piece, str) and not (piece.name in PLAIN or str(piece) == ENCODED_CLICK):
            raise ValueError(f"{piece} cannot stand in an address; {ENCODED_CLICK} can")
    web_address(filled_up(found), secure=secure)
    return found


def filled_up(found: Sequence[Piece]) -> str:
    """Return the address with something harmless in every placeholder, to look at it as an address."""
    return "".join(piece if isinstance(piece, str) else "0" for piece in found)
