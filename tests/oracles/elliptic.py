"""ECDSA on NIST P-256 from its definition (FIPS 186-4, 6.4), in Python's own numbers: slow, and not the library's."""

from base64 import b64decode
from hashlib import sha256
from typing import NamedTuple

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
A = -3
BYTES = 32


class Point(NamedTuple):
    """A point of the curve."""

    x: int
    y: int


G = Point(
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def verifies(public: Point, message: bytes, signature: str) -> bool:
    """Tell whether `signature`, in DER and base64, is one of SHA-256 of the message."""
    r, s = _integers(b64decode(signature, validate=True))
    if not (0 < r < N and 0 < s < N):
        return False
    digest = int.from_bytes(sha256(message).digest(), "big")
    inverse = pow(s, -1, N)
    found = _add(_times(digest * inverse % N, G), _times(r * inverse % N, public))
    return found is not None and found.x % N == r


def point(uncompressed: bytes) -> Point:
    """Read a public key as written in X9.62: 4, then both numbers."""
    assert uncompressed[0] == 4
    assert len(uncompressed) == 1 + 2 * BYTES
    x, y = uncompressed[1 : 1 + BYTES], uncompressed[1 + BYTES :]
    return Point(int.from_bytes(x, "big"), int.from_bytes(y, "big"))


def _integers(der: bytes) -> tuple[int, int]:
    """Read a sequence of two integers."""
    assert der[0] == 0x30
    assert der[1] == len(der) - 2
    first = 4 + der[3]
    assert (der[2], der[first]) == (2, 2)
    assert first + 2 + der[first + 1] == len(der)
    return int.from_bytes(der[4:first], "big"), int.from_bytes(der[first + 2 :], "big")


def _add(one: Point | None, other: Point | None) -> Point | None:
    if one is None or other is None:
        return one or other
    if one.x == other.x and (one.y + other.y) % P == 0:
        return None
    if one == other:
        slope = (3 * one.x * one.x + A) * pow(2 * one.y, -1, P) % P
    else:
        slope = (other.y - one.y) * pow(other.x - one.x, -1, P) % P
    x = (slope * slope - one.x - other.x) % P
    return Point(x, (slope * (one.x - x) - one.y) % P)


def _times(factor: int, base: Point) -> Point | None:
    found: Point | None = None
    step: Point | None = base
    while factor:
        if factor & 1:
            found = _add(found, step)
        step = _add(step, step)
        factor >>= 1
    return found
