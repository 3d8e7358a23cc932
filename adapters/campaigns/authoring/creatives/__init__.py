"""Creatives: a module per kind, and what is true of all of them."""

from collections.abc import Callable
from typing import Any

from adapters.campaigns.authoring.creatives.display import banner
from adapters.campaigns.authoring.creatives.native import native
from adapters.campaigns.authoring.creatives.played import video
from adapters.campaigns.authoring.cursor import Cursor
from adapters.campaigns.authoring.names import Names
from adapters.campaigns.authoring.values import label, pattern, url, whole, yes_no
from adserver.domain.creative import AnyCreative

COMMON = ("id", "name", "landing", "attributes", "language", "secure", "preview")
KINDS = ("banner", "video", "native")
MAX_ATTRIBUTE = 999
"""AdCOM lists up to 23 today, exchanges add their own from 500 on."""
_READERS: dict[str, Callable[[dict[str, Cursor], dict[str, Any]], AnyCreative]] = {
    "banner": banner,
    "video": video,
    "native": native,
}


def creative(cursor: Cursor, names: Names) -> AnyCreative | None:
    """Read one creative; `None` after a fault that leaves its kind unknown."""
    found = cursor.fields(
        (*COMMON, *KINDS, "image", "alternative_text"), required=("id", "landing")
    )
    kinds = [kind for kind in KINDS if kind in found]
    secure = yes_no(found["secure"]) if "secure" in found else True
    common: dict[str, Any] = {
        "id": names.declare("creative", found["id"]) if "id" in found else "?",
        "landing_url": url(found["landing"], secure=False) if "landing" in found else "",
        "secure": secure,
    }
    if "name" in found:
        common["name"] = label(found["name"])
    if "attributes" in found:
        numbers = (whole(part, 1, MAX_ATTRIBUTE) for part in found["attributes"].items())
        common["attributes"] = tuple(dict.fromkeys(numbers))
    if "language" in found:
        common["language"] = pattern(
            found["language"], "[a-z]{2}", "two lower-case letters of ISO 639-1 such as de"
        )
    if "preview" in found:
        common["preview_url"] = url(found["preview"], secure=secure)
    if len(kinds) != 1:
        cursor.fault(f"write exactly one of {', '.join(KINDS)}")
        return None
    if kinds[0] != "banner":
        for key in [key for key in ("image", "alternative_text") if key in found]:
            found[key].fault(f"belongs to a banner, not to a {kinds[0]}")
    return _READERS[kinds[0]](found, common)
