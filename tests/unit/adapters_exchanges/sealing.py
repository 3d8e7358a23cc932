"""Prices encrypted as an exchange does it, for tests."""

from base64 import urlsafe_b64encode
from hashlib import sha1
from hmac import digest

from adserver.openrtb.dialect import PriceKeys

KEYS = PriceKeys(bytes(range(32)), bytes(range(32, 64)))
KEY_FILE = "\n".join(
    ("# encryption key, integrity key", " ".join(urlsafe_b64encode(key).decode() for key in KEYS))
)


def iv(made_s: float, number: int = 0) -> bytes:
    """Return an iv as Google makes it: seconds, microseconds, and something of the server's."""
    seconds, rest = divmod(made_s, 1)
    return (
        int(seconds).to_bytes(4, "big")
        + int(rest * 1e6).to_bytes(4, "big")
        + number.to_bytes(8, "big")
    )


def sealed_bytes(price: int, nonce: bytes, keys: PriceKeys = KEYS) -> bytes:
    """Return the 28 bytes."""
    plain = price.to_bytes(8, "big")
    pad = digest(keys.encryption, nonce, sha1)
    hidden = bytes(a ^ b for a, b in zip(plain, pad[:8], strict=True))
    return nonce + hidden + digest(keys.integrity, plain + nonce, sha1)[:4]


def sealed(price: int, nonce: bytes, keys: PriceKeys = KEYS) -> str:
    """Return what an exchange puts in place of its price macro: micros of one impression, say."""
    return urlsafe_b64encode(sealed_bytes(price, nonce, keys)).rstrip(b"=").decode()
