"""Native ads as people write them."""

from typing import Any

from adapters.campaigns.authoring.cursor import Cursor, shown
from adapters.campaigns.authoring.values import choice, label, size, url
from adserver.domain.creative import NATIVE_TEXTS, Native, NativeImage


def native(found: dict[str, Cursor], common: dict[str, Any]) -> Native:
    """Read the parts of a native ad."""
    parts = found["native"].fields(("title", "images", "texts"), required=("title",))
    images = parts["images"].items() if "images" in parts else []
    texts = parts["texts"].fields(NATIVE_TEXTS) if "texts" in parts else {}
    return Native(
        **common,
        title=_filled(parts["title"]) if "title" in parts else "",
        images=tuple(_native_image(part, secure=common["secure"]) for part in images),
        texts={kind: _filled(text) for kind, text in texts.items()},
    )


def _native_image(cursor: Cursor, *, secure: bool) -> NativeImage:
    found = cursor.fields(("url", "size", "kind"), required=("url", "size"))
    width, height = size(found["size"]) if "size" in found else (1, 1)
    kind: Any = choice(found["kind"], ("main", "icon")) if "kind" in found else "main"
    address = url(found["url"], secure=secure) if "url" in found else ""
    return NativeImage(url=address, width=width, height=height, kind=kind)


def _filled(cursor: Cursor) -> str:
    word = label(cursor)
    if not word:
        cursor.fault(f"{shown(word)} says nothing; write a text")
    return word
