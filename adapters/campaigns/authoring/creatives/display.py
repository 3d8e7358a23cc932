"""Banners and HTML as people write them."""

import re
from pathlib import Path
from typing import Any

from adapters.campaigns.authoring.cursor import Cursor, shown
from adapters.campaigns.authoring.values import label, size, url, whole, yes_no
from adserver.domain.creative import Banner, Html
from adserver.domain.html_markup import html_markup

MAX_MARKUP_BYTES = 200_000
"""Every bid carries it; exchanges take far less."""
MAX_WIDTH = 9_999
_RATIO = re.compile(r"([1-9][0-9]{0,2}):([1-9][0-9]{0,2})")
_FILE = re.compile(
    r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,99}/){0,4}[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.html?"
)


def banner(found: dict[str, Cursor], common: dict[str, Any]) -> Banner:
    """Read a picture with its size."""
    width, height = size(found["banner"])
    if "image" not in found:
        found["banner"].fault("`image` is missing: the address of the banner's picture")
    return Banner(
        **common,
        width=width,
        height=height,
        image_url=url(found["image"], secure=common["secure"]) if "image" in found else "",
        alternative_text=label(found["alternative_text"]) if "alternative_text" in found else "",
        viewability="viewability" in found and yes_no(found["viewability"]),
    )


def html(found: dict[str, Cursor], common: dict[str, Any]) -> Html:
    """Read markup that somebody else wrote, from here or from a file beside this one."""
    parts = found["html"].fields(("markup", "file", "sizes", "ratio", "min_width"))
    sizes = [size(part) for part in parts["sizes"].items()] if "sizes" in parts else []
    ratio = _ratio(parts["ratio"]) if "ratio" in parts else None
    if not sizes and ratio is None:
        found["html"].fault("write its `sizes`, or a `ratio` that it fits")
    if "min_width" in parts and ratio is None:
        parts["min_width"].fault("belongs to a `ratio`; exact sizes have no least width")
    creative = Html(
        **common,
        markup=_markup(found["html"], parts),
        sizes=tuple(dict.fromkeys(sizes)),
        ratio=ratio,
        min_width=whole(parts["min_width"], 1, MAX_WIDTH) if "min_width" in parts else 0,
        viewability="viewability" in found and yes_no(found["viewability"]),
    )
    if creative.markup:
        try:
            html_markup(creative)
        except ValueError as error:
            parts.get("markup", parts.get("file", found["html"])).fault(str(error))
    return creative


def _markup(cursor: Cursor, parts: dict[str, Cursor]) -> str:
    """Return the markup; nothing after a fault."""
    if ("markup" in parts) == ("file" in parts):
        cursor.fault("write either the `markup` or the name of a `file` that holds it")
        return ""
    text = parts["markup"].text() if "markup" in parts else file_beside(parts["file"])
    if len(text.encode()) > MAX_MARKUP_BYTES:
        place = parts.get("markup", parts.get("file", cursor))
        place.fault(
            f"is longer than {MAX_MARKUP_BYTES:,} bytes; load the larger parts from a server"
        )
        return ""
    return text


def file_beside(cursor: Cursor) -> str:
    """Read a file that lies beside the campaign file, or in a folder there: never one from elsewhere."""
    name = cursor.text()
    folder = Path(cursor.file).parent.resolve()
    path = (folder / name).resolve()
    if not _FILE.fullmatch(name) or not path.is_relative_to(folder):
        cursor.fault(
            f"{shown(name)} is no name of an HTML file beside this one, such as ads/tile.html"
        )
        return ""
    try:
        if path.stat().st_size > MAX_MARKUP_BYTES:
            cursor.fault(f"{shown(name)} is longer than {MAX_MARKUP_BYTES:,} bytes")
            return ""
        text = path.read_bytes().decode("utf-8-sig").strip()
    except OSError as error:
        cursor.fault(f"{shown(name)} cannot be read: {error.strerror or error}")
        return ""
    except UnicodeDecodeError:
        cursor.fault(f"{shown(name)} is not UTF-8 text; save it as UTF-8")
        return ""
    if not text:
        cursor.fault(f"{shown(name)} is empty")
    return text


def _ratio(cursor: Cursor) -> tuple[int, int]:
    word = cursor.text()
    found = _RATIO.fullmatch(word)
    if found is None:
        cursor.fault(f"{shown(word)} is no ratio such as 16:9")
        return 1, 1
    return int(found[1]), int(found[2])
