"""What a browser, a player or an app would fetch for an advertisement: the addresses inside its markup."""

import re
from html import unescape
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import orjson

from loadtest.wire import NotHere, loopback

_IMAGE = re.compile(r"""<img\b[^>]*?\bsrc\s*=\s*["']([^"']+)""", re.IGNORECASE)
_LINK = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']([^"']+)""", re.IGNORECASE)
_WHY = "/r/why/"
_IMPRESSION, _BY_IMAGE = 1, 1  # Native 1.2 event and method


class Markup(NamedTuple):
    """Addresses on this machine only; pictures and landing pages elsewhere are left alone."""

    impressions: tuple[str, ...]
    clicks: tuple[str, ...]
    events: tuple[tuple[str, str], ...] = ()
    """Pairs of video event and address, in the order of the markup."""
    why: str = ""
    """Where the person learns why they see this, and may say no."""


def read(media: str, text: str) -> Markup:
    """Return the addresses in an `adm`. Raises `ValueError` if it cannot be what it should be."""
    if media == "video":
        return _vast(text)
    if media == "native":
        return _native(text)
    links = _here(unescape(url) for url in _LINK.findall(text))
    return Markup(
        _here(unescape(url) for url in _IMAGE.findall(text)),
        tuple(url for url in links if _WHY not in url),
        why=_why(links),
    )


def _vast(text: str) -> Markup:
    try:
        root = ET.fromstring(text)  # noqa: S314 - from the bidder on this machine
    except ET.ParseError as error:
        raise ValueError(f"not XML: {error}") from None

    def texts(name: str) -> list[str]:
        # VAST 4 has a namespace, earlier versions have none: the local name is what counts.
        return [(element.text or "").strip() for element in root.iterfind(f".//{{*}}{name}")]

    events = tuple(
        (element.get("event", ""), (element.text or "").strip())
        for element in root.iterfind(".//{*}Tracking")
    )
    return Markup(
        _here(texts("Impression")),
        _here(texts("ClickThrough") + texts("ClickTracking")),
        tuple((name, url) for name, url in events if _here([url])),
        _why(_here(texts("IconClickThrough"))),
    )


def _native(text: str) -> Markup:
    try:
        native: dict[str, Any] = orjson.loads(text)
        native = native.get("native", native)
        link = native["link"]
        pixels = [
            tracker["url"]
            for tracker in native.get("eventtrackers", ())
            if (tracker["event"], tracker["method"]) == (_IMPRESSION, _BY_IMAGE)
        ]
        return Markup(
            _here(pixels + native.get("imptrackers", [])),
            _here([link["url"], *link.get("clicktrackers", ())]),
            why=_why(_here([native["privacy"]] if native.get("privacy") else ())),
        )
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a native ad: {error!r}") from None


def _why(links: tuple[str, ...]) -> str:
    return next((url for url in links if _WHY in url), "")


def _here(urls: Any) -> tuple[str, ...]:
    found = []
    for url in urls:
        try:
            found.append(loopback(url))
        except NotHere:
            continue  # somebody else's machine, as pictures and landing pages may well be
    return tuple(dict.fromkeys(found))
