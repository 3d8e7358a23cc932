"""Tracking tokens: a ticket, encrypted and authenticated, in the letters that a URL may carry.

A token is `key id (1 byte) | nonce (12) | AES-256-GCM of the ticket (with a tag of 16)`, in web-safe base64
without padding. What it carries (value, person, line item) is for nobody else to read.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adserver.domain.ticket import Ticket
from adserver.errors import InvalidToken

CLICK_PARAMETER = "adclick"
"""The query parameter that carries the token of a click to the landing page, and from there to the order."""

MAX_TOKEN_CHARS = 400
"""Longer ones are not looked at: so many letters are 300 bytes, which no ticket of ours needs."""

_PREFIX_BYTES = 8
_NONCE_BYTES = 12
_TAG_BYTES = 16
_COUNTS = 1 << 32
_SHORTEST = 1 + _NONCE_BYTES + _TAG_BYTES + 1


class Key(NamedTuple):
    """One key of the key file."""

    id: int
    """0 to 255; every token names its key by it."""
    secret: bytes
    """32 bytes"""
    seals_from_s: int = 0
    """From when on tokens are sealed with it, seconds since the epoch; it opens them before."""

    def __repr__(self) -> str:
        """Return what may be shown: a traceback or a log with local variables must not hold the secret."""
        return f"Key(id={self.id}, secret=..., seals_from_s={self.seals_from_s})"


def sealing(keys: Sequence[Key], now_s: float) -> Key:
    """Return the key to seal with: of those whose time has come the newest, of several the first in order."""
    due = [key for key in keys if key.seals_from_s <= now_s]
    return max(due, key=lambda key: key.seals_from_s) if due else keys[0]


class _Process:
    """Knows in which process we are without a system call per token."""

    def __init__(self) -> None:
        self.number = 0
        os.register_at_fork(after_in_child=self._forked)

    def _forked(self) -> None:
        self.number = os.getpid()


_process = _Process()


class TokenVault:
    """Seals tickets with the newest key whose time has come and opens what any key sealed.

    GCM breaks if a nonce repeats under one key. Ours is 8 random bytes and a counter of 4: within a prefix the
    counter never repeats, and a new prefix is drawn by every vault, after every fork and after 2^32 tokens. So
    two tokens collide only if two draws do; a million draws in the life of a key do with probability 3e-8.
    The counter is readable: who sees two tokens of a worker learns how many it made between them.
    """

    def __init__(self, keys: Sequence[Key], now_s: float = 0.0) -> None:
        self.look_again: Callable[[], object] = lambda: None
        """Called when a token names a key that is not here, before it is refused: there may be a newer one."""
        self.use(keys, now_s)
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Ticket).decode
        self._draw()

    def use(self, keys: Sequence[Key], now_s: float) -> None:
        """Open with these keys from now on, and seal with the one of them whose turn it is."""
        if not keys:
            raise ValueError("a vault needs a key")
        self._keys = keys
        self._ciphers = {key.id: AESGCM(key.secret) for key in keys}
        self.follow(now_s)

    def follow(self, now_s: float) -> None:
        """Seal with the key whose turn it is at this moment."""
        self._seal_with = sealing(self._keys, now_s).id

    def _draw(self) -> None:
        self._process = _process.number
        self._prefix = os.urandom(_PREFIX_BYTES)
        self._counts = iter(range(_COUNTS))

    def seal(self, ticket: Ticket) -> str:
        """Return a token of at most 400 characters, for exchange names of up to 64; mostly of some 240."""
        counted = next(self._counts, None)
        if counted is None or _process.number != self._process:
            self._draw()
            counted = next(self._counts)
        nonce = self._prefix + counted.to_bytes(4, "big")
        key = bytes((self._seal_with,))
        sealed = self._ciphers[self._seal_with].encrypt(nonce, self._encode(ticket), key)
        return urlsafe_b64encode(key + nonce + sealed).rstrip(b"=").decode()

    def open(self, token: str) -> Ticket:
        """Return the ticket; whether its time is over is the caller's to judge.

        Raises `InvalidToken`: `malformed` if it cannot be one of ours, `unknown_key` if no key has its id,
        `forged` if it does not authenticate.
        """
        raw = _bytes_of(token)
        cipher = self._ciphers.get(raw[0])
        if cipher is None:
            self.look_again()
            cipher = self._ciphers.get(raw[0])
        if cipher is None:
            raise InvalidToken("unknown_key")
        try:
            opened = cipher.decrypt(raw[1 : 1 + _NONCE_BYTES], raw[1 + _NONCE_BYTES :], raw[:1])
        except InvalidTag:
            raise InvalidToken("forged") from None
        try:
            return self._decode(opened)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # Sealed by another version, whose tickets had other fields.
            raise InvalidToken("malformed") from None


def _bytes_of(token: str) -> bytes:
    """Return the bytes behind a token, if this is the one way to write them."""
    if len(token) > MAX_TOKEN_CHARS:
        raise InvalidToken("malformed")
    try:
        written = token.encode("ascii")
        raw = urlsafe_b64decode(written + b"=" * (-len(written) % 4))
    except (UnicodeEncodeError, NotBase64):
        raise InvalidToken("malformed") from None
    # Python skips letters outside the alphabet and ignores spare bits; a token has one spelling only.
    if len(raw) < _SHORTEST or urlsafe_b64encode(raw).rstrip(b"=") != written:
        raise InvalidToken("malformed")
    return raw
