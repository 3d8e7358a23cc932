"""Requests about whose end two programs could disagree, each followed by one that must not be smuggled.

The outer request reports the order `outer-0000`, the other one `inner-0000`: an order is counted once, so that asking
for it again tells whether the server has acted on it. The four zeros become a number of the vector's own.
"""

from collections.abc import Sequence
from enum import Flag, auto

import msgspec

NUMBER = b"0000"
TARGET = b"/c/tents?order=outer-" + NUMBER
INNER = b"GET /c/tents?order=inner-" + NUMBER + b" HTTP/1.1\r\nHost: ads.example\r\n\r\n"
HOST = b"Host: ads.example\r\n"
LINE = b"POST " + TARGET + b" HTTP/1.1\r\n"
HEAD = LINE + HOST
FILL = b"AAAAA"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
NO_MORE = b"0\r\n\r\n"


class Fate(Flag):
    """What may become of a vector that is sent to the server itself."""

    REFUSED = auto()
    """4xx or 5xx, the line closed, neither request acted on."""
    OUTER = auto()
    """The outer request is acted on, the inner one is its body."""
    LAST = auto()
    """The outer request is acted on and the line closed before the inner one."""
    BOTH = auto()
    """Two requests, one behind the other, plainly: both are answered, in order."""
    NEITHER = auto()
    """The outer request gets its 4xx; the inner one is its body."""
    WAITING = auto()
    """Nothing yet: a body is to come, or the line is cut."""


REFUSED, BOTH, NEITHER = Fate.REFUSED, Fate.BOTH, Fate.NEITHER
OUTER = Fate.OUTER | Fate.LAST
"""Where the inner request is the body, the line may be closed behind it."""
LAST, WAITING = Fate.LAST, Fate.WAITING


class Vector(msgspec.Struct, frozen=True):
    """Bytes to send, and what may become of them."""

    name: str
    data: bytes
    fate: Fate
    statuses: tuple[int, ...] = (400,)
    """What a refusal may say."""

    @property
    def answered(self) -> bool:
        """Tell whether the server must say something."""
        return Fate.WAITING not in self.fate

    def numbered(self, number: int) -> bytes:
        """Return the bytes with the vector's number in the place of the zeros."""
        return self.data.replace(b"-" + NUMBER, b"-%04d" % number)


def length(count: int | str | bytes) -> bytes:
    """Return the header."""
    text = count if isinstance(count, bytes) else str(count).encode("latin-1")
    return b"Content-Length: " + text + b"\r\n"


def post(headers: bytes, body: bytes) -> bytes:
    """Return the outer request."""
    return HEAD + headers + b"\r\n" + body


def named(kind: str, vectors: Sequence[Vector]) -> tuple[Vector, ...]:
    """Return them with the kind before each name."""
    return tuple(msgspec.structs.replace(each, name=f"{kind}: {each.name}") for each in vectors)
