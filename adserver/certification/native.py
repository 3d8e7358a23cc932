"""The native part of the judge: an answer has what was asked for, in the form of the request (Native 1.2, 5 and 7)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

Json = Mapping[str, Any]

_KINDS = ("title", "img", "video", "data")


class _Part(msgspec.Struct):
    url: str | None = None
    w: int | None = None
    h: int | None = None


class _Asset(msgspec.Struct):
    id: int
    title: _Part | msgspec.UnsetType = msgspec.UNSET
    img: _Part | msgspec.UnsetType = msgspec.UNSET
    video: _Part | msgspec.UnsetType = msgspec.UNSET
    data: _Part | msgspec.UnsetType = msgspec.UNSET


class _Tracker(msgspec.Struct):
    event: int
    method: int
    url: str | None = None


class _Form(msgspec.Struct):
    """What must be as it says for the rest to be looked at."""

    link: _Part | None = None
    assets: list[_Asset] = []
    eventtrackers: list[_Tracker] = []


def native_problems(native: Json, adm: str) -> Iterator[str]:
    """Yield what is wrong with the answer `adm` to the request in `imp.native`."""
    given_root, asked_root = _root(adm), _root(native["request"])
    if given_root is None or asked_root is None:
        yield "native adm or request is no JSON object"
        return
    (answer, wrapped), (asked, asked_wrapped) = given_root, asked_root
    try:
        msgspec.convert(answer, _Form)
    except msgspec.ValidationError as error:
        yield f"the native answer: {error}"
        return
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
    except (ValueError, RecursionError):
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
