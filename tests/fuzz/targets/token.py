"""Tracking tokens: the text as it comes, and what a key that leaked could have sealed."""

from base64 import urlsafe_b64encode

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adserver.endpoints.tokens import MAX_TOKEN_CHARS, Key, TokenVault
from adserver.errors import InvalidToken
from tests.fuzz.target import Target
from tests.unit.endpoints.desk import TICKET

_SECRET = b"k" * 32
_REASONS = {"malformed", "unknown_key", "forged"}
_vault = TokenVault([Key(1, _SECRET), Key(7, b"o" * 32)])
_ours = {TokenVault([Key(1, _SECRET)]).seal(TICKET): TICKET for _ in range(3)}
_SEALED = b"\x00"


def check(data: bytes) -> None:
    """A text opens only if we made it; what was sealed opens to a ticket, or is malformed."""
    if data.startswith(_SEALED):
        nonce = b"n" * 12
        sealed = AESGCM(_SECRET).encrypt(nonce, data[1:], b"\x01")
        text = urlsafe_b64encode(b"\x01" + nonce + sealed).rstrip(b"=").decode()
    else:
        text = data.decode("latin-1")
    try:
        ticket = _vault.open(text)
    except InvalidToken as refusal:
        assert refusal.reason in _REASONS, refusal
        return
    assert len(text) <= MAX_TOKEN_CHARS
    if data.startswith(_SEALED):
        assert _vault.open(_vault.seal(ticket)) == ticket
    else:
        assert _ours[text] == ticket


def seeds() -> list[bytes]:
    """Return real tokens, and a real ticket to be sealed."""
    tokens = [text.encode() for text in _ours]
    return [*tokens, tokens[0][:-2], b"A" * 60, _SEALED + msgspec.msgpack.encode(TICKET)]


TARGET = Target(check, seeds, 500)
