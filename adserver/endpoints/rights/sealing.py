"""Who stands before us, sealed for half an hour: what forms carry, and the cookie of who typed an id.

A form acts for whom it was written, and for nobody else. Another site can make a browser send a form and its
cookies; it cannot read a page of ours, so it has no form of that person's to send.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from hashlib import blake2b
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adserver.domain.person import PersonKey
from adserver.endpoints.rights.refusals import No, Refused
from adserver.ports import Clock

LIFE_S = 1_800
"""Long enough to read a page, short enough that a screen left open is no door."""
MAX_SEALED_CHARS = 1_000
_NONCE_BYTES = 12

Purpose = Literal["form", "session"]


class Who(msgspec.Struct, frozen=True, array_like=True):
    """The keys of the ids that we recognise somebody by."""

    keys: tuple[PersonKey, ...] = ()
    """All of them: whoever has one may say no, and have us forget."""
    proven: tuple[PersonKey, ...] = ()
    """Those of this browser or device. An ad's link is known to all who delivered the ad, so it neither shows
    what is stored nor allows more."""


NOBODY = Who()


class _Sealed(msgspec.Struct, frozen=True, array_like=True):
    at_s: int
    who: Who


class Sealer:
    """Seals with a key made of the secret that all workers share; random nonces, since seals are few."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        """`secret` has 16 to 64 bytes."""
        key = blake2b(digest_size=32, key=secret, person=b"rights").digest()
        self._cipher = AESGCM(key)
        self._clock = clock

    def seal(self, who: Who, purpose: Purpose) -> str:
        """Return letters, digits, `-` and `_`."""
        nonce = os.urandom(_NONCE_BYTES)
        text = msgspec.msgpack.encode(_Sealed(int(self._clock.now()), who))
        sealed = self._cipher.encrypt(nonce, text, purpose.encode())
        return urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()

    def open(self, sealed: str, purpose: Purpose) -> Who:
        """Return who it was sealed for. Raises `Refused`: `forged_form`, or `stale_form` after its time."""
        if len(sealed) > MAX_SEALED_CHARS:
            raise Refused(No.FORGED_FORM)
        try:
            raw = urlsafe_b64decode(sealed.encode("ascii") + b"=" * (-len(sealed) % 4))
            text = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode())
            found = msgspec.msgpack.decode(text, type=_Sealed)
        except (UnicodeEncodeError, NotBase64, InvalidTag, ValueError):
            # `ValueError`: a nonce too short, or fields of another version of us.
            raise Refused(No.FORGED_FORM) from None
        if not 0 <= self._clock.now() - found.at_s <= LIFE_S:
            raise Refused(No.STALE_FORM)
        return found.who
