"""Who sells what a request offers, as it says itself (OpenRTB 2.6, 3.2.2, 3.2.25; for 2.5 `source.ext.schain`)."""

from functools import lru_cache

import msgspec

from adserver.openrtb.request import NOT_SENT, BidRequest, Id, Inventory
from adserver.supply.judge import Asked, Nodes

MAX_NODES = 32
"""Of a longer chain the rest is not read: it is too long by any settings."""
REMEMBERED, MAX_REMEMBERED_LENGTH = 64, 4_096
"""The gate and three dimensions ask for the chain of the same request: it is decoded once. None longer is kept."""
_VERSION = "1."
"""How all versions begin that mean the same by their fields."""


class _Node(msgspec.Struct, gc=False):
    asi: str = ""
    sid: Id = ""


class _Chain(msgspec.Struct, gc=False):
    complete: int | None = None
    ver: str | float | None = None
    nodes: list[_Node] | None = None


class _SourceExt(msgspec.Struct, gc=False):
    schain: _Chain | None = None


class _Source(msgspec.Struct, gc=False):
    schain: _Chain | None = None
    ext: _SourceExt | None = None


_decode = msgspec.json.Decoder(_Source | None, strict=False).decode
_UNREADABLE: tuple[Nodes, bool] = (), False


def asked(request: BidRequest, exchange: str, inventory_type: str, publication: str) -> Asked:
    """Return what there is to judge; type and publication as `place.publication` says them."""
    nodes, complete = chain(request)
    app = request.app
    source: Inventory | None = app or request.dooh or request.site
    if source is None:
        return Asked(exchange, inventory_type, publication, "", "", "", nodes, complete)
    publisher = source.publisher
    return Asked(
        exchange,
        inventory_type,
        publication,
        (app.domain or "") if app is not None else "",
        source.inventorypartnerdomain or "",
        "" if publisher is None or publisher.id is None else str(publisher.id),
        nodes,
        complete,
    )


def chain(request: BidRequest) -> tuple[Nodes | None, bool]:
    """Return the nodes (system, seller), if there is a chain, and whether it is whole."""
    raw = request.source
    if raw is NOT_SENT:
        return None, False
    document = bytes(raw)
    return (_remembered if len(document) <= MAX_REMEMBERED_LENGTH else _read)(document)


def _read(document: bytes) -> tuple[Nodes | None, bool]:
    try:
        source = _decode(document)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _UNREADABLE
    found = source and (source.schain or (source.ext and source.ext.schain))
    if not found:
        return None, False
    nodes = tuple([(node.asi, str(node.sid)) for node in (found.nodes or ())[:MAX_NODES]])
    whole = found.complete == 1 and (found.ver == "1.0" or str(found.ver).startswith(_VERSION))
    return nodes, whole


_remembered = lru_cache(maxsize=REMEMBERED)(_read)
