"""Native ads as people write them."""

from typing import Any

from adapters.campaigns.authoring.creatives.played import video
from adapters.campaigns.authoring.cursor import Cursor, shown
from adapters.campaigns.authoring.values import MAX_URL_LENGTH, choice, label, size, url
from adserver.domain.creative import NATIVE_TEXTS, Native, NativeImage
from adserver.domain.deep_link import deep_link

KEYS = ("title", "images", "texts", "video", "deeplink")


def native(found: dict[str, Cursor], common: dict[str, Any]) -> Native:
    """Read the parts of a native ad."""
    parts = found["native"].fields(KEYS, required=("title",))
    images = parts["images"].items() if "images" in parts else []
    texts = parts["texts"].fields(NATIVE_TEXTS) if "texts" in parts else {}
    return Native(
        **common,
        title=_filled(parts["title"]) if "title" in parts else "",
        images=tuple(_native_image(part, secure=common["secure"]) for part in images),
        texts={kind: _filled(text) for kind, text in texts.items()},
        video=video(parts, common) if "video" in parts else None,
        deeplink_url=_deep_link(parts["deeplink"]) if "deeplink" in parts else None,
    )


def _native_image(cursor: Cursor, *, secure: bool) -> NativeImage:
    found = cursor.fields(("url", "size", "kind"), required=("url", "size"))
    width, height = size(found["size"]) if "size" in found else (1, 1)
    kind: Any = choice(found["kind"], ("main", "icon")) if "kind" in found else "main"
    address = url(found["url"], secure=secure) if "url" in found else ""
    return NativeImage(url=address, width=width, height=height, kind=kind)


def _deep_link(cursor: Cursor) -> str:
    word = cursor.text()
    try:
        deep_link(word)
    except ValueError as error:
        cursor.fault(str(error))
    if len(word) > MAX_URL_LENGTH:
        cursor.fault(f"is longer than {MAX_URL_LENGTH} characters")
    return word


def _filled(cursor: Cursor) -> str:
    word = label(cursor)
    if not word:
        cursor.fault(f"{shown(word)} says nothing; write a text")
    return word
