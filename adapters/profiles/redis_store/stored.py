"""The bytes under a person's keys: the record, sealed under a secret of their own, and what they decided.

A record is a byte that says what it is, 12 random bytes, and the body encrypted and authenticated by AES-GCM together
with that byte and the person's key, so that it is of no use under another's. Choices are `<B flags, q when>` and the sealed objections:
opt-out and tombstone must be readable when the secret is gone, objections must not, for they tell what was known.
"""

import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.profiles.choice_records import UNREADABLE
from adapters.profiles.record import Damaged
from adserver.domain.choices import Choices
from adserver.domain.person import PersonKey

SECRET_BYTES = 32
RECORD, LINK, OBJECTIONS, CONTACT, CONSENT = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
"""What is sealed: what is known of somebody, whose id this really is, what they objected to, what they saw, that they
consented.
"""
_NONCE = slice(1, 13)
_BODY = 13
_CHOICES = struct.Struct("<BBq")
_OPTED_OUT, _ERASED, _CONSENTED = 1, 2, 4
_VERSION = 1


def seal(person: PersonKey, body: bytes, secret: bytes, what: bytes = RECORD) -> bytes:
    """Return a body sealed under the person's secret of 32 bytes."""
    nonce = os.urandom(
        12
    )  # random: a person's secret seals far less than the 2^32 that this is good for
    return what + nonce + AESGCM(secret).encrypt(nonce, body, what + person)


def unseal(person: PersonKey, sealed: bytes, secret: bytes | None) -> bytes:
    """Return the body. Raises `Damaged` if the secret is gone, or it was altered, or is somebody else's."""
    if secret is None:
        raise Damaged("its secret is gone")
    try:
        return AESGCM(secret).decrypt(sealed[_NONCE], sealed[_BODY:], sealed[:1] + person)
    except (InvalidTag, ValueError) as error:
        raise Damaged("altered, or sealed with another secret") from error


def is_link(sealed: bytes) -> bool:
    """Tell whether the body is another person's key."""
    return sealed.startswith(LINK)


def write_choices(person: PersonKey, choices: Choices, secret: bytes | None) -> bytes:
    """Return what to store; a secret is needed for objections only."""
    flags = (
        _OPTED_OUT * choices.opted_out + _ERASED * choices.erased + _CONSENTED * choices.consented
    )
    written = _CHOICES.pack(_VERSION, flags, choices.at_s)
    if not choices.objections:
        return written
    assert secret is not None  # noqa: S101 - whoever adds an objection made one
    numbers = struct.pack(f"<{len(choices.objections)}I", *choices.objections)
    return written + seal(person, numbers, secret, OBJECTIONS)


def read_choices(person: PersonKey, stored: bytes, secret: bytes | None) -> Choices:
    """Return what somebody decided; never raises: what cannot be read may have been an objection to anything."""
    try:
        version, flags, at_s = _CHOICES.unpack_from(stored)
        sealed = stored[_CHOICES.size :]
        numbers = unseal(person, sealed, secret) if sealed else b""
        objections = struct.unpack(f"<{len(numbers) // 4}I", numbers)
    except (Damaged, struct.error):
        return UNREADABLE
    if version != _VERSION:
        return UNREADABLE
    return Choices(
        bool(flags & _OPTED_OUT), bool(flags & _ERASED), bool(flags & _CONSENTED), objections, at_s
    )
