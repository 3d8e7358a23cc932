"""Reading a document that breaks its own types: what cannot be read is dropped, the rest is kept.

The slow path of decoding. It walks the declared types, never the document, so what nobody reads is not
looked at, and the depth is that of the types.
"""

from functools import lru_cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from adserver.errors import InvalidBidRequest

Wire = TypeVar("Wire", bound=msgspec.Struct)

MAX_DROPPED = 100
"""A document with more faults than this is refused: repairing must stay cheap."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for a value; text that is no UTF-8 inside one field costs only that field."""

_DROPPED = object()
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])


def repair(document: bytes | msgspec.Raw, kind: type[Wire]) -> tuple[Wire, tuple[str, ...]]:
    """Return what can be read and the paths of what was dropped, such as `imp[0].secure`.

    Raises what msgspec raises if the document is no JSON object at all, and `InvalidBidRequest` with
    `wrong_type` if more than `MAX_DROPPED` values would have to go.
    """
    dropped: list[str] = []
    return _object(document, kind, "", dropped), tuple(dropped)


def _object(raw: bytes | msgspec.Raw, kind: type[Wire], path: str, dropped: list[str]) -> Wire:
    members = _MEMBERS.decode(raw)
    values: dict[str, Any] = {}
    for field in _fields(kind):
        name = field.encode_name
        if name in members:
            value = _value(members[name], field.type, f"{path}.{name}" if path else name, dropped)
            if value is not _DROPPED:
                values[field.name] = value
    return kind(**values)


def _value(raw: msgspec.Raw, kind: Any, path: str, dropped: list[str]) -> Any:
    try:
        return _decoder(kind).decode(raw)
    except UNREADABLE:
        pass  # it is broken here or further down: look closer
    container, inner = _container(kind)
    try:
        if container is msgspec.Struct:
            return _object(raw, inner, path, dropped)
        if container is list:
            elements = enumerate(_ELEMENTS.decode(raw))
            found = [_value(each, inner, f"{path}[{at}]", dropped) for at, each in elements]
            return [each for each in found if each is not _DROPPED]
    except UNREADABLE:
        pass  # not even the kind of container that it should be
    if len(dropped) >= MAX_DROPPED:
        raise InvalidBidRequest("wrong_type", f"more than {MAX_DROPPED} unreadable values")
    dropped.append(path)
    return _DROPPED


@lru_cache(maxsize=256)  # one entry per declared type
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Ask msgspec once: its answer is slow, and leaves cycles for the collector."""
    return msgspec.structs.fields(kind)


@lru_cache(maxsize=256)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, strict=False)


@lru_cache(maxsize=256)
def _container(kind: Any) -> tuple[Any, Any]:
    """Return (Struct, its class), (list, its element type) or (None, None) for `X | None`."""
    for option in get_args(kind) or (kind,):
        if option is NoneType:
            continue
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            return msgspec.Struct, option
        if get_origin(option) is list:
            return list, get_args(option)[0]
    if get_origin(kind) is list:
        return list, get_args(kind)[0]
    return None, None
