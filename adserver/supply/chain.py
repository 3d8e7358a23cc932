"""Supply chains: everybody who is paid for an impression, the owner's account first, and their text form.

Source: IAB Tech Lab, OpenRTB SupplyChain object 1.0 (supplychainobject.md); the text form is its "serialized" one.
"""

from urllib.parse import unquote

import msgspec

_ENCODED = str.maketrans({"%": "%25", ",": "%2c", "!": "%21", " ": "%20"})
_LEAST, _MOST = 3, 7
"""Fields of a node: asi, sid and hp, then rid, name, domain and ext, which may be left out."""


class Node(msgspec.Struct, frozen=True):
    """One who is paid."""

    asi: str
    """The domain of the system that pays it."""
    sid: str
    """Its account there."""
    hp: int | None = None
    """1: it takes part in the payment, as all do in version 1."""
    rid: str = ""
    name: str = ""
    domain: str = ""
    ext: str = ""


class Chain(msgspec.Struct, frozen=True):
    """Who is paid, in order; the last is whoever sent the request."""

    nodes: tuple[Node, ...]
    complete: bool
    """It begins with the owner."""
    version: str = "1.0"


def serialise(chain: Chain) -> str:
    """Return the text form: `1.0,1!exchange.example,1234,1,,,`."""
    return "!".join(
        [
            f"{chain.version.translate(_ENCODED)},{int(chain.complete)}",
            *(_node_text(node) for node in chain.nodes),
        ]
    )


def _node_text(node: Node) -> str:
    hp = "" if node.hp is None else str(node.hp)
    fields = [node.asi, node.sid, hp, node.rid, node.name, node.domain]
    if node.ext:
        fields.append(node.ext)
    return ",".join([field.translate(_ENCODED) for field in fields])


def deserialise(text: str) -> Chain:
    """Return the chain of a text. Raises `ValueError` with what is wrong."""
    head, *rest = text.split("!")
    version, comma, complete = head.partition(",")
    if not comma or complete not in {"0", "1"}:
        raise ValueError("must begin with a version and 0 or 1, like `1.0,1`")
    if not rest:
        raise ValueError("has no nodes")
    nodes = tuple([_node(number, each) for number, each in enumerate(rest, 1)])
    return Chain(nodes, complete == "1", unquote(version))


def _node(number: int, text: str) -> Node:
    fields = [unquote(field) for field in text.split(",")]
    if not _LEAST <= len(fields) <= _MOST:
        raise ValueError(f"node {number} has {len(fields)} fields in place of {_LEAST} to {_MOST}")
    asi, sid, hp, *more = fields
    if not asi or not sid:
        raise ValueError(f"node {number} lacks its asi or sid")
    if hp not in {"", "0", "1"}:
        raise ValueError(f"node {number}: hp must be 0 or 1")
    return Node(asi, sid, int(hp) if hp else None, *more)
