"""Pictures beside the player: those whose size the space has a place for, each as a link to where the creative leads."""

from collections.abc import Iterable
from typing import NamedTuple

from adapters.channels.vast.writing import attribute, cdata, element
from adserver.domain.creative import Companion
from adserver.domain.opportunity import PlayerSpace
from adserver.domain.vast import picture_type
from adserver.domain.web_address import web_address

FIRST_BY_ALPHABET = "4.0"


class Picture(NamedTuple):
    """A companion, written but for its link."""

    size: tuple[int, int]
    head: str
    text: str


def picture(companion: Companion, *, secure: bool) -> Picture:
    """Return a companion ready to be linked. Raises `ValueError` for a bad address or a picture of no known type."""
    address = web_address(companion.image_url, secure=secure)
    kind = companion.mime or picture_type(address)
    if not kind:
        raise ValueError(
            f"{address[:80]!r}: the address does not tell what kind of picture this is"
        )
    return Picture(
        (companion.width, companion.height),
        f'<Companion width="{companion.width}" height="{companion.height}">'
        f'<StaticResource creativeType="{attribute(kind)}">{cdata(address)}</StaticResource>',
        element("AltText", companion.alternative_text) if companion.alternative_text else "",
    )


def beside(pictures: Iterable[Picture], space: PlayerSpace, click: str, version: str) -> str:
    """Return `CompanionAds` with the pictures that fit the spaces beside this player; nothing if none does."""
    link = element("CompanionClickThrough", click)
    fitting = [each for each in pictures if each.size in space.companions]
    inner = [
        each.head
        + (each.text + link if version >= FIRST_BY_ALPHABET else link + each.text)
        + "</Companion>"
        for each in fitting
    ]
    return f"<CompanionAds>{''.join(inner)}</CompanionAds>" if inner else ""
