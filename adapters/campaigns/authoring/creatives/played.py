"""Videos and sounds as people write them."""

from collections.abc import Callable
from typing import Any, TypeVar

from adapters.campaigns.authoring.cursor import Cursor
from adapters.campaigns.authoring.values import (
    check_url,
    choice,
    label,
    pattern,
    size,
    url,
    whole,
)
from adserver.domain.creative import Audio, AudioFile, Companion, MediaFile, Verification, Video
from adserver.domain.vast import PICTURE_TYPES, SKIPPABLE, VAST_VERSIONS, picture_type
from adserver.domain.vast_tag import filled_up, vast_tag

MAX_DURATION_S = 600
MAX_KBPS = 100_000
MAX_PARAMETERS = 2_000
COMMON = ("duration_s", "title", "companions", "verifications", "wrapper", "registered_id")
PICTURE = r"image/[A-Za-z0-9.+-]{1,60}"
_File = TypeVar("_File", MediaFile, AudioFile)


def video(found: dict[str, Cursor], common: dict[str, Any]) -> Video:
    """Read a video with its files, or with the third party that has it."""
    cursor = found["video"]
    parts = cursor.fields((*COMMON, "skip_after_s", "media_files"), required=("duration_s",))
    if SKIPPABLE in common.get("attributes", ()):
        found["attributes"].fault(
            "16 is told where it is true: write `skip_after_s` under `video` in its place"
        )
    given = _played(parts, secure=common["secure"])
    files = _files(cursor, parts, "media_files", _media_file, secure=common["secure"])
    if "skip_after_s" in parts:
        given["skip_after_s"] = whole(parts["skip_after_s"], 0, MAX_DURATION_S)
    return Video(**common, **given, media_files=files)


def audio(found: dict[str, Cursor], common: dict[str, Any]) -> Audio:
    """Read a sound with its files, or with the third party that has it."""
    cursor = found["audio"]
    parts = cursor.fields((*COMMON, "audio_files"), required=("duration_s",))
    given = _played(parts, secure=common["secure"])
    files = _files(cursor, parts, "audio_files", _audio_file, secure=common["secure"])
    return Audio(**common, **given, audio_files=files)


def _played(parts: dict[str, Cursor], *, secure: bool) -> dict[str, Any]:
    """Read what videos and sounds have in common."""
    given: dict[str, Any] = {
        "duration_s": whole(parts["duration_s"], 1, MAX_DURATION_S) if "duration_s" in parts else 1,
    }
    if "title" in parts:
        given["title"] = label(parts["title"])
    for key, read in (("companions", _companion), ("verifications", _verification)):
        if key in parts:
            given[key] = tuple(read(part, secure=secure) for part in parts[key].items())
    if "wrapper" in parts:
        given |= _wrapper(parts["wrapper"], secure=secure)
    if "registered_id" in parts:
        named = parts["registered_id"].fields(("registry", "id"), required=("registry", "id"))
        given["registry"] = label(named["registry"]) if "registry" in named else None
        given["registered_id"] = label(named["id"]) if "id" in named else None
    return given


def _files(
    cursor: Cursor,
    parts: dict[str, Cursor],
    key: str,
    read: Callable[..., _File],
    *,
    secure: bool,
) -> tuple[_File, ...]:
    """Read the files; there are some, or a third party has them."""
    if (key in parts) == ("wrapper" in parts):
        cursor.fault(f"write either `{key}` or `wrapper`: whose files are played?")
    items = parts[key].items() if key in parts else []
    if key in parts and not items:
        parts[key].fault("lists no file; write at least one")
    return tuple(read(part, secure=secure) for part in items)


def _media_file(cursor: Cursor, *, secure: bool) -> MediaFile:
    found = cursor.fields(
        ("url", "size", "mime", "bitrate_kbps", "delivery", "codec"), required=("url", "size")
    )
    width, height = size(found["size"]) if "size" in found else (1, 1)
    given = _rendition(found, "video", "video/mp4", secure=secure)
    if "codec" in found:
        given["codec"] = pattern(
            found["codec"], r"[A-Za-z0-9.,-]{1,60}", "a codec such as avc1.64001f"
        )
    return MediaFile(width=width, height=height, **given)


def _audio_file(cursor: Cursor, *, secure: bool) -> AudioFile:
    found = cursor.fields(("url", "mime", "bitrate_kbps", "delivery"), required=("url",))
    return AudioFile(**_rendition(found, "audio", "audio/mpeg", secure=secure))


def _rendition(
    found: dict[str, Cursor], kind: str, example: str, *, secure: bool
) -> dict[str, Any]:
    given: dict[str, Any] = {"url": url(found["url"], secure=secure) if "url" in found else ""}
    if "mime" in found:
        types = rf"(?:{kind}|application)/[A-Za-z0-9.+-]{{1,60}}"
        given["mime"] = pattern(found["mime"], types, f"a type such as {example}")
    if "bitrate_kbps" in found:
        given["bitrate_kbps"] = whole(found["bitrate_kbps"], 1, MAX_KBPS)
    if "delivery" in found:
        given["delivery"] = choice(found["delivery"], ("progressive", "streaming"))
    return given


def _companion(cursor: Cursor, *, secure: bool) -> Companion:
    """Read a picture beside the player; its type goes by the end of its address unless it is said."""
    found = cursor.fields(("image", "size", "alternative_text", "mime"), required=("image", "size"))
    width, height = size(found["size"]) if "size" in found else (1, 1)
    address = url(found["image"], secure=secure) if "image" in found else ""
    given: dict[str, Any] = {}
    if "alternative_text" in found:
        given["alternative_text"] = label(found["alternative_text"])
    if "mime" in found:
        given["mime"] = pattern(found["mime"], PICTURE, "a type such as image/png")
    elif "image" in found and not picture_type(address):
        found["image"].fault(
            f"does not end in {', '.join(PICTURE_TYPES)}: write its `mime` beside it"
        )
    return Companion(width=width, height=height, image_url=address, **given)


def _verification(cursor: Cursor, *, secure: bool) -> Verification:
    found = cursor.fields(("vendor", "script", "parameters"), required=("vendor", "script"))
    return Verification(
        vendor=label(found["vendor"]) if "vendor" in found else "",
        script_url=url(found["script"], secure=secure) if "script" in found else "",
        parameters=(
            pattern(
                found["parameters"],
                rf"[^\x00-\x1f\x7f]{{1,{MAX_PARAMETERS}}}",
                f"one line of at most {MAX_PARAMETERS} characters",
            )
            if "parameters" in found
            else ""
        ),
    )


def _wrapper(cursor: Cursor, *, secure: bool) -> dict[str, Any]:
    """Read the tag of a third party, and in which version it answers."""
    found = cursor.fields(("url", "version"), required=("url", "version"))
    given: dict[str, Any] = {"wrapped_url": ""}
    if "url" in found:
        tag = given["wrapped_url"] = found["url"].text()
        try:
            check_url(found["url"], filled_up(vast_tag(tag, secure=secure)), secure=secure)
        except ValueError as error:
            found["url"].fault(f"is no tag: {error}")
    if "version" in found:
        given["wrapped_version"] = choice(found["version"], tuple(VAST_VERSIONS.values()))
    return given
