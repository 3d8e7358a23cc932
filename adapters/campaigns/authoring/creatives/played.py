"""Videos and sounds as people write them."""

from typing import Any

from adapters.campaigns.authoring.cursor import Cursor
from adapters.campaigns.authoring.values import choice, label, pattern, size, url, whole
from adserver.domain.creative import MediaFile, Video

MAX_DURATION_S = 600
MAX_KBPS = 100_000


def video(found: dict[str, Cursor], common: dict[str, Any]) -> Video:
    """Read a video with its files."""
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
