"""A person's record, encrypted: readable only with the secret that erasing them destroys.

A record is the body with its checksum, added (exclusive or) to a stream of bytes that only this secret, person and
tail give; then the tail: 8 random bytes, and one that tells format, kind and slot of the secret. Nothing is counted,
so no count can be used twice: see docs/decisions/0008-erasure.md.
"""

from hashlib import blake2b, shake_128
from zlib import crc32

from adapters.profiles.record import Damaged
from adserver.domain.person import PersonKey

SECRET_BYTES = 32
NONCE_BYTES = 8
TAIL_BYTES = NONCE_BYTES + 1
CHECK_BYTES = 4
FORMAT = 0x10
LINK = 0x02
"""In a record's last byte: the body is another person's key and nothing else."""
SLOT = 0x01
"""In a record's last byte: which of the two slots holds the secret."""
_BLOCK = 64
_SUM_OF_WHOLE = 0x2144DF1C
"""The CRC-32 of whatever ends in its own CRC-32."""

_number = int.from_bytes


def seal(
    person: PersonKey, body: bytes, secret: bytes, slot: int, nonce: bytes, *, link: bool = False
) -> bytes:
    """Return a body as the record of a person, for a secret of 32 bytes that stands in this slot (0 or 1).

    `nonce` is 8 random bytes, never used before.
    """
    tail = nonce + bytes((FORMAT | slot | (LINK if link else 0),))
    whole = body + crc32(body).to_bytes(CHECK_BYTES, "little")
    size = len(whole)
    stream = _stream(secret + person + tail, size + TAIL_BYTES)[:size]
    return (_number(whole, "little") ^ _number(stream, "little")).to_bytes(size, "little") + tail


def unseal(person: PersonKey, record: bytes, secret: bytes) -> bytes:
    """Return the body of a person's record. Raises `Damaged`, by all odds but one in 2^32, if it is damaged, was
    sealed with another secret, or is somebody else's.
    """
    stream = _stream(secret + person + record[-TAIL_BYTES:], len(record))
    # The whole record is decrypted and its tail, which comes out as noise, cut off: sooner than cutting it off first.
    mixed = _number(record, "little") ^ _number(stream, "little")
    whole = mixed.to_bytes(len(stream), "little")[: len(record) - TAIL_BYTES]
    if crc32(whole) != _SUM_OF_WHOLE:
        raise Damaged("the checksum is wrong")
    return whole[:-CHECK_BYTES]


def is_link(record: bytes) -> bool:
    """Tell whether the body is another person's key."""
    return record[-1] & LINK != 0


def _stream(seed: bytes, size: int) -> bytes:
    """Return so many bytes or more. Seeds have one length, so none is the beginning of another."""
    return blake2b(seed).digest() if size <= _BLOCK else shake_128(seed).digest(size)
