"""The order of a document's parts, which is that of the published schemas.

Up to 3.0 a part follows the other by meaning: `Linear` is Icons, Duration, TrackingEvents, VideoClicks, MediaFiles,
and a `Creative` holds one thing. From 4.0 on it goes by the alphabet within each type, the base type's part first.
4.3 has the structure of 4.2.
"""

import msgspec

from adapters.channels.vast.writing import attribute, cdata, element

FIRST_BY_ALPHABET = "4.0"
FIRST_WITH_SERVING_ID = "4.1"
FIRST_WITH_AD_TYPE = "4.1"
SYSTEM = "<AdSystem>adserver</AdSystem>"


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer consists of, each an element or nothing."""

    version: str
    name: str
    """The creative's id, escaped for attributes."""
    kind: str
    """`video` or `audio`"""
    title: str
    serving: str
    impression: str
    viewable: str
    verifications: str
    extensions: str
    icons: str
    duration: str
    skip_offset: str
    """An attribute of `Linear`, with a space before it."""
    tracking: str
    clicks: str
    files: str
    companions: str
    registry: str
    registered_id: str
    """The registry's id, or else the creative's."""
    tag: str
    """Where a third party's document is."""


def inline(parts: Parts) -> str:
    """Return a document with the advertisement in it."""
    if parts.version < FIRST_BY_ALPHABET:
        linear = parts.icons + parts.duration + parts.tracking + parts.clicks + parts.files
        content = (
            f"{SYSTEM}{parts.title}{parts.impression}{_creatives(parts, linear)}{parts.extensions}"
        )
    else:
        linear = parts.icons + parts.tracking + parts.duration + parts.files + parts.clicks
        serving = (
            element("AdServingId", parts.serving) if parts.version >= FIRST_WITH_SERVING_ID else ""
        )
        content = (
            f"{SYSTEM}{parts.extensions}{parts.impression}{parts.viewable}"
            f"{serving}{parts.title}{parts.verifications}{_creatives(parts, linear, _universal(parts))}"
        )
    return _document(parts, f"<InLine>{content}</InLine>")


def wrapper(parts: Parts) -> str:
    """Return a document that leads to a third party's, with our own events added to theirs."""
    creatives = _creatives(parts, parts.icons + parts.tracking + parts.clicks)
    tag = f"<VASTAdTagURI>{cdata(parts.tag)}</VASTAdTagURI>"
    if parts.version < FIRST_BY_ALPHABET:
        content = f"{SYSTEM}{tag}{parts.impression}{creatives}{parts.extensions}"
    else:
        content = (
            f"{SYSTEM}{parts.extensions}{parts.impression}{parts.viewable}"
            f"{parts.verifications}{creatives}{tag}"
        )
    return _document(parts, f"<Wrapper>{content}</Wrapper>")


def _document(parts: Parts, content: str) -> str:
    namespace = ' xmlns="http://www.iab.com/VAST"' if parts.version >= FIRST_BY_ALPHABET else ""
    kind = f' adType="{parts.kind}"' if parts.version >= FIRST_WITH_AD_TYPE else ""
    return f'<VAST version="{parts.version}"{namespace}><Ad id="{parts.name}"{kind}>{content}</Ad></VAST>'


def _creatives(parts: Parts, linear: str, universal: str = "") -> str:
    """Return the advertisement and its companions as creatives of their own: up to 3.0 none may hold both."""
    ids = f'id="{parts.name}"'
    if parts.registry:
        key = "adId" if parts.version >= FIRST_BY_ALPHABET else "AdID"
        ids += f' {key}="{attribute(parts.registered_id)}"'
    beside = f"<Creative {ids}>{parts.companions}{universal}</Creative>" if parts.companions else ""
    return (
        f"<Creatives><Creative {ids}><Linear{parts.skip_offset}>{linear}</Linear>{universal}</Creative>"
        f"{beside}</Creatives>"
    )


def _universal(parts: Parts) -> str:
    """Return the id by which the creative is known everywhere; 4.0 wants it in an attribute, too.

    "unknown" is what the specification calls the absence of a registry such as Ad-ID.
    """
    value = (
        f' idValue="{attribute(parts.registered_id)}"' if parts.version == FIRST_BY_ALPHABET else ""
    )
    registry = attribute(parts.registry) or "unknown"
    return f'<UniversalAdId idRegistry="{registry}"{value}>{cdata(parts.registered_id)}</UniversalAdId>'
