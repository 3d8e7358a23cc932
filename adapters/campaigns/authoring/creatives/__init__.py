"""Creatives: a module per kind, and what is true of all of them."""

from collections.abc import Callable, Mapping
from typing import Any

from adapters.campaigns.authoring.creatives.display import banner, html
from adapters.campaigns.authoring.creatives.dynamic import dynamic
from adapters.campaigns.authoring.creatives.native import native
from adapters.campaigns.authoring.creatives.played import audio, video
from adapters.campaigns.authoring.cursor import Cursor
from adapters.campaigns.authoring.names import Names
from adapters.campaigns.authoring.values import choice, label, pattern, url, whole, yes_no
from adserver.domain.creative import AnyCreative, Restriction

COMMON = (
    "id", "name", "landing", "click_parameter", "attributes", "language", "secure", "preview",
    "apis", "vendors", "restrictions", "political",
)  # fmt: skip
KINDS = ("banner", "html", "dynamic", "video", "audio", "native")
BESIDE: Mapping[str, tuple[str, ...]] = {
    "image": ("banner",),
    "alternative_text": ("banner",),
    "viewability": ("banner", "html"),
}
"""What stands beside the kind rather than under it, and for which kinds."""
MAX_ATTRIBUTE = 999
"""AdCOM lists up to 23 today, exchanges add their own from 500 on."""
MAX_API = 999
MAX_VENDOR = 65_535
"""Vendor ids have 16 bits in consent strings."""
_READERS: dict[str, Callable[[dict[str, Cursor], dict[str, Any]], AnyCreative]] = {
    "banner": banner,
    "html": html,
    "dynamic": dynamic,
    "video": video,
    "audio": audio,
    "native": native,
}


def creative(cursor: Cursor, names: Names) -> AnyCreative | None:
    """Read one creative; `None` after a fault that leaves its kind unknown."""
    found = cursor.fields((*COMMON, *KINDS, *BESIDE), required=("id", "landing"))
    common = _common(found, names)
    kinds = [kind for kind in KINDS if kind in found]
    if len(kinds) != 1:
        cursor.fault(f"write exactly one of {', '.join(KINDS)}")
        return None
    (kind,) = kinds
    for key in [key for key, homes in BESIDE.items() if key in found and kind not in homes]:
        found[key].fault(f"belongs to {' or '.join(BESIDE[key])}, not to {kind}")
    return _READERS[kind](found, common)


def _common(found: dict[str, Cursor], names: Names) -> dict[str, Any]:
    """Read what creatives of all kinds have."""
    secure = yes_no(found["secure"]) if "secure" in found else True
    common: dict[str, Any] = {
        "id": names.declare("creative", found["id"]) if "id" in found else "?",
        "landing_url": url(found["landing"], secure=False) if "landing" in found else "",
        "secure": secure,
    }
    if "name" in found:
        common["name"] = label(found["name"])
    for key, highest in (("attributes", MAX_ATTRIBUTE), ("apis", MAX_API), ("vendors", MAX_VENDOR)):
        if key in found:
            common[key] = tuple(
                dict.fromkeys(whole(part, 1, highest) for part in found[key].items())
            )
    if "restrictions" in found:
        common["restrictions"] = _restrictions(found["restrictions"])
    if "political" in found:
        common["political"] = yes_no(found["political"])
    if "language" in found:
        common["language"] = pattern(
            found["language"], "[a-z]{2}", "two lower-case letters of ISO 639-1 such as de"
        )
    if "click_parameter" in found:
        common["click_parameter"] = pattern(
            found["click_parameter"],
            "(?:[A-Za-z_][A-Za-z0-9_.-]{0,39})?",
            "a parameter's name: letters, digits, '_', '-' and '.'; or '' to hand on nothing",
        )
    if "preview" in found:
        common["preview_url"] = url(found["preview"], secure=secure)
    return common


def _restrictions(cursor: Cursor) -> tuple[Restriction, ...]:
    """Read what it is about; an unknown word is a fault and left out."""
    words = dict.fromkeys(choice(part, tuple(Restriction)) for part in cursor.items())
    return tuple(Restriction(word) for word in words if word in tuple(Restriction))
