"""Tracking tokens: a ticket, encrypted and authenticated, in the letters that a URL may carry.

A token is `key id (1 byte) | nonce (12) | AES-256-GCM of the ticket (with a tag of 16)`, in web-safe base64
without padding. What it carries (value, person, line item) is for nobody else to read.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from pathlib import Path
from stat import S_IMODE
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adserver.domain.ticket import Ticket
from adserver.errors import Fault, InvalidConfig, InvalidToken

CLICK_PARAMETER = "adclick"
"""The query parameter that carries the token of a click to the landing page, and from there to the order."""

MAX_TOKEN_CHARS = 400
"""Longer ones are not looked at; ours stay below 300."""

SECRET_BYTES = 32
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


class TokenVault:
    """Seals tickets with the first key and opens what any key sealed.

    GCM breaks if a nonce repeats under one key. Ours is 8 random bytes and a counter of 4: within a prefix the
    counter never repeats, and a new prefix is drawn by every vault, after every fork and after 2^32 tokens. So
    two tokens collide only if two draws do; a million draws in the life of a key do with probability 3e-8.
    The counter is readable: who sees two tokens of a worker learns how many it made between them.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        if not keys:
            raise ValueError("a vault needs a key")
        self._ciphers = {key.id: AESGCM(key.secret) for key in keys}
        self._seal_with = keys[0].id
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Ticket).decode
        self._draw()

    def _draw(self) -> None:
        self._process = os.getpid()
        self._prefix = os.urandom(_PREFIX_BYTES)
        self._counts = iter(range(_COUNTS))

    def seal(self, ticket: Ticket) -> str:
        """Return a token of at most 300 characters, for exchange names of up to 64."""
        counted = next(self._counts, None)
        if counted is None or os.getpid() != self._process:
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
            raise InvalidToken("unknown_key")
        try:
            opened = cipher.decrypt(raw[1 : 1 + _NONCE_BYTES], raw[1 + _NONCE_BYTES :], raw[:1])
        except InvalidTag:
            raise InvalidToken("forged") from None
        try:
            return self._decode(opened)
        except msgspec.DecodeError:  # sealed by another version, whose tickets had other fields
            raise InvalidToken("malformed") from None


def make_keys(path: Path) -> None:
    """Write a key file with one fresh key, for its owner's eyes only.

    Raises `InvalidConfig` if the file exists: overwriting keys would turn every notice under way into a forgery.
    To rotate, add a line with a new id at the end and restart everything, so that all processes can open it; then
    move it to the top, so that they seal with it; drop the old line when its last token has expired.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _invalid(path, "$", "exists already; move it away to start with new keys") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"# id and secret; the first line seals\n1 {os.urandom(SECRET_BYTES).hex()}\n")


def load_keys(path: Path) -> tuple[Key, ...]:
    """Return the keys of a file, the sealing one first. Raises `InvalidConfig` with what to mend."""
    try:
        with path.open(encoding="ascii") as file:
            mode = S_IMODE(os.fstat(file.fileno()).st_mode)
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as failure:
        raise _invalid(path, "$", f"cannot be read: {failure}") from None
    if mode & 0o077:
        raise _invalid(path, "$", f"mode {mode:04o} lets others read it; run `chmod 600` on it")
    keys = tuple(
        _key(path, number, line)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    )
    if not keys or len({key.id for key in keys}) != len(keys):
        raise _invalid(path, "$", "needs at least one key, and every id only once")
    return keys


def _key(path: Path, number: int, line: str) -> Key:
    try:
        identifier, secret = line.split()
        key = Key(int(identifier), bytes.fromhex(secret))
    except ValueError:
        key = Key(-1, b"")
    if not 0 <= key.id <= 255 or len(key.secret) != SECRET_BYTES:  # noqa: PLR2004  a byte
        # The line itself may hold a secret: it is not repeated.
        raise _invalid(path, f"line {number}", "expected `<id 0-255> <64 hexadecimal digits>`")
    return key


def _invalid(path: Path, where: str, message: str) -> InvalidConfig:
    return InvalidConfig([Fault(str(path), where, message)])


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
