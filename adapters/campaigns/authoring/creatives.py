"""Creatives: a banner, a video or a native ad, and what is true of all of them."""

from collections.abc import Callable
from typing import Any

from adapters.campaigns.authoring.cursor import Cursor, shown
from adapters.campaigns.authoring.names import Names
from adapters.campaigns.authoring.values import choice, label, pattern, size, url, whole, yes_no
from adserver.domain.creative import (
    NATIVE_TEXTS,
    AnyCreative,
    Banner,
    MediaFile,
    Native,
    NativeImage,
    Video,
)

COMMON = ("id", "name", "landing", "attributes", "language", "secure", "preview")
KINDS = ("banner", "video", "native")
MAX_ATTRIBUTE = 999
"""AdCOM lists up to 23 today, exchanges add their own from 500 on."""
MAX_DURATION_S = 600
MAX_KBPS = 100_000


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


def _banner(found: dict[str, Cursor], common: dict[str, Any]) -> Banner:
    width, height = size(found["banner"])
    if "image" not in found:
        found["banner"].fault("`image` is missing: the address of the banner's picture")
    return Banner(
        **common,
        width=width,
        height=height,
        image_url=url(found["image"], secure=common["secure"]) if "image" in found else "",
        alternative_text=label(found["alternative_text"]) if "alternative_text" in found else "",
    )


def _video(found: dict[str, Cursor], common: dict[str, Any]) -> Video:
    parts = found["video"].fields(
        ("duration_s", "title", "media_files"), required=("duration_s", "media_files")
    )
    files = parts["media_files"].items() if "media_files" in parts else []
    if "media_files" in parts and not files:
        parts["media_files"].fault("lists no file; a video needs at least one")
    return Video(
        **common,
        duration_s=whole(parts["duration_s"], 1, MAX_DURATION_S) if "duration_s" in parts else 1,
        title=label(parts["title"]) if "title" in parts else "",
        media_files=tuple(_media_file(part, secure=common["secure"]) for part in files),
    )


def _media_file(cursor: Cursor, *, secure: bool) -> MediaFile:
    found = cursor.fields(
        ("url", "size", "mime", "bitrate_kbps", "delivery"), required=("url", "size")
    )
    width, height = size(found["size"]) if "size" in found else (1, 1)
    given: dict[str, Any] = {}
    if "mime" in found:
        given["mime"] = pattern(
            found["mime"], r"(?:video|application)/[A-Za-z0-9.+-]{1,60}", "a type such as video/mp4"
        )
    if "bitrate_kbps" in found:
        given["bitrate_kbps"] = whole(found["bitrate_kbps"], 1, MAX_KBPS)
    if "delivery" in found:
        given["delivery"] = choice(found["delivery"], ("progressive", "streaming"))
    address = url(found["url"], secure=secure) if "url" in found else ""
    return MediaFile(url=address, width=width, height=height, **given)


def _native(found: dict[str, Cursor], common: dict[str, Any]) -> Native:
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


_READERS: dict[str, Callable[[dict[str, Cursor], dict[str, Any]], AnyCreative]] = {
    "banner": _banner,
    "video": _video,
    "native": _native,
}
