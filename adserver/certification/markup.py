"""The markup part of the judge: VAST for video, the native answer, and security for all."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

Json = Mapping[str, Any]

INLINE = {"1.0": 1, "2.0": 2, "3.0": 3, "4.0": 7, "4.1": 11, "4.2": 13, "4.3": 15}
WRAPPER = {"1.0": 4, "2.0": 5, "3.0": 6, "4.0": 8, "4.1": 12, "4.2": 14, "4.3": 16}
_NAMESPACE = re.compile(r"""xmlns(:\w+)?\s*=\s*["'][^"']*["']""")
_DURATION = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.\d+)?")
_KINDS = ("title", "img", "video", "data")


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
        yield from _native(imp["native"], adm)


def _vast(video: Json, bid: Json, adm: str) -> Iterator[str]:
    try:
        root = ET.fromstring(_NAMESPACE.sub("", adm))  # noqa: S314 - our own markup, in a test
    except ET.ParseError as error:
        yield f"adm is no well-formed XML: {error}"
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


def _native(native: Json, adm: str) -> Iterator[str]:
    given_root, asked_root = _root(adm), _root(native["request"])
    if given_root is None or asked_root is None:
        yield "native adm or request is no JSON object"
        return
    (answer, wrapped), (asked, asked_wrapped) = given_root, asked_root
    if wrapped != asked_wrapped:
        yield "the native answer's root is not in the form of the request's"
    if not (answer.get("link") or {}).get("url"):
        yield "the native answer has no link.url"
    wanted = {asset.get("id"): asset for asset in asked.get("assets") or ()}
    given = [asset.get("id") for asset in answer.get("assets") or ()]
    if len(set(given)) < len(given):
        yield "an asset is answered twice"
    for name, asset in wanted.items():
        if asset.get("required") == 1 and name not in given:
            yield f"required asset {name} is missing"
    for asset in answer.get("assets") or ():
        if asset.get("id") not in wanted:
            yield f"asset {asset.get('id')} was not asked for"
        else:
            yield from _asset(wanted[asset["id"]], asset)
    yield from _trackers(asked.get("eventtrackers") or (), answer.get("eventtrackers") or ())


def _root(text: str) -> tuple[Json, bool] | None:
    """Return the object inside, and whether it had the old `native` root."""
    try:
        outer = json.loads(text)
    except ValueError:
        return None
    wrapped = isinstance(outer, dict) and "native" in outer
    inner = outer["native"] if wrapped else outer
    return (inner, wrapped) if isinstance(inner, dict) else None


def _asset(wanted: Json, given: Json) -> Iterator[str]:
    name = given["id"]
    kinds = [kind for kind in _KINDS if kind in given]
    if len(kinds) != 1 or kinds[0] not in wanted:
        yield f"asset {name} is {kinds}, asked for is {[kind for kind in _KINDS if kind in wanted]}"
        return
    kind = kinds[0]
    ask, have = wanted[kind], given[kind]
    if kind in {"title", "data"}:
        text = have.get("text" if kind == "title" else "value")
        if not isinstance(text, str):
            yield f"asset {name} has no text"
        elif ask.get("len") and len(text) > ask["len"]:
            yield f"asset {name} is longer than {ask['len']}"
    elif kind == "img":
        yield from _image(name, ask, have)
    elif not have.get("vasttag"):
        yield f"asset {name} has no vasttag"


def _image(name: object, ask: Json, have: Json) -> Iterator[str]:
    if not have.get("url"):
        yield f"asset {name} has no url"
    minimum = ask.get("wmin") or ask.get("hmin")
    for side in ("w", "h"):
        size = have.get(side)
        if size is None:
            continue
        if minimum and size < (ask.get(f"{side}min") or 0):
            yield f"asset {name}: {side} {size} is below {ask[f'{side}min']}"
        elif not minimum and ask.get(side) not in (None, 0, size):
            yield f"asset {name}: {side} {size} is not {ask[side]}"


def _trackers(offered: Sequence[Json], used: Sequence[Json]) -> Iterator[str]:
    pairs = {
        (each.get("event"), method) for each in offered for method in each.get("methods") or ()
    }
    for tracker in used:
        pair = (tracker.get("event"), tracker.get("method"))
        if pair not in pairs:
            yield f"event tracker {pair} was not offered"
        if not tracker.get("url"):
            yield f"event tracker {pair} has no url"
