"""The markup part of the judge: VAST for what is played, and security for all (see `native`)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from adserver.certification import xml_tree
from adserver.certification.native import native_problems

Json = Mapping[str, Any]

INLINE = {"1.0": 1, "2.0": 2, "3.0": 3, "4.0": 7, "4.1": 11, "4.2": 13, "4.3": 15}
WRAPPER = {"1.0": 4, "2.0": 5, "3.0": 6, "4.0": 8, "4.1": 12, "4.2": 14, "4.3": 16}
_NAMESPACE = re.compile(r"""xmlns(:\w+)?\s*=\s*["'][^"']*["']""")
_DURATION = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.\d+)?")


def markup_problems(imp: Json, media: str, bid: Json) -> Iterator[str]:
    """Yield what is wrong with the `adm` of a bid for this imp in this media type."""
    adm = bid.get("adm")
    if adm is None:
        return  # served by nurl
    if not adm.strip():
        yield "adm is empty"
        return
    if imp.get("secure") == 1 and "http://" in _NAMESPACE.sub("", adm).replace("\\/", "/"):
        yield "adm loads something over http, but secure=1"
    if media in {"video", "audio"}:
        yield from _vast(imp[media], bid, adm)
    elif media == "native":
        yield from native_problems(imp["native"], adm)


def _vast(video: Json, bid: Json, adm: str) -> Iterator[str]:
    try:
        root = xml_tree.read(adm)
    except ValueError as error:
        yield f"adm is no well-formed and plain XML: {error}"
        return
    version = root.get("version", "")
    if root.tag != "VAST" or version not in INLINE:
        yield f"adm is no VAST that we know: {root.tag} {version}"
        return
    inline = root.find("./Ad/InLine")
    kind = INLINE[version] if inline is not None else WRAPPER[version]
    offered = video.get("protocols") or []
    if not offered and isinstance(video.get("protocol"), int):
        offered = [video["protocol"]]  # the singular is deprecated, but still sent
    if offered and kind not in offered:
        yield f"VAST {version} is protocol {kind}, offered are {offered}"
    if bid.get("protocol", kind) != kind:
        yield f"protocol says {bid['protocol']}, the markup is {kind}"
    if inline is not None:
        yield from _inline(video, bid, inline, version)


def _inline(video: Json, bid: Json, inline: "ET.Element[str]", version: str) -> Iterator[str]:
    required = ["AdSystem", "AdTitle", "Impression", "Creatives/Creative"]
    if version >= "4.0":
        required.append("Creatives/Creative/UniversalAdId")
    if version >= "4.1":
        required.append("AdServingId")
    yield from (f"VAST {version} needs {path}" for path in required if inline.find(path) is None)
    linear = inline.find("./Creatives/Creative/Linear")
    wanted = video.get("linearity")
    if wanted in {1, 2} and (linear is not None) != (wanted == 1):
        yield f"linearity {wanted} is asked for"
    if linear is not None:
        yield from _linear(video, bid, linear)


def _linear(video: Json, bid: Json, linear: "ET.Element[str]") -> Iterator[str]:
    text = (linear.findtext("Duration") or "").strip()
    match = _DURATION.fullmatch(text)
    if match is None:
        yield f"VAST Duration {text!r} is unreadable"
    else:
        hours, minutes, seconds = map(int, match.groups())
        duration = hours * 3600 + minutes * 60 + seconds
        if bid.get("dur", duration) != duration:
            yield f"dur says {bid['dur']}, the markup {duration}"
        if video.get("rqddurs"):
            if duration not in video["rqddurs"]:
                yield f"duration {duration} is none of {video['rqddurs']}"
        elif duration < (video.get("minduration") or 0):
            yield f"duration {duration} is too short"
        elif duration > _longest(video):
            yield f"duration {duration} is too long"
    files = linear.findall("./MediaFiles/MediaFile")
    mimes = {mime.lower() for mime in video.get("mimes") or ()}
    if not files:
        yield "VAST has no MediaFile"
    elif mimes and not any((each.get("type") or "").lower() in mimes for each in files):
        yield f"no MediaFile is of a type in {sorted(mimes)}"


def _longest(player: Json) -> int:
    """`maxextended` adds to `maxduration`, -1 without end; no advertisement is longer than its pod."""
    forever = 1 << 30
    longest, extended = player.get("maxduration") or forever, player.get("maxextended") or 0
    longest = forever if extended == -1 else longest + max(0, extended)
    return min(longest, player.get("poddur") or forever)
