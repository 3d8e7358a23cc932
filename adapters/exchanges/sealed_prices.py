"""Encrypted prices: the private data communication protocol of Google, which OpenX and others use as well.

28 bytes, `iv (16) | price (8) xor pad | signature (4)`, in web-safe base64. The pad is the beginning of HMAC-SHA1 of the
iv under the encryption key, the signature that of price and iv under the integrity key; the price is a whole number,
big-endian. Google's iv begins with the seconds at which it was made.

Source: developers.google.com/authorized-buyers/rtb/response-guide/decrypt-price and
docs.openx.com/demand-partners/macros-demand ("Price encrypting scheme").
"""

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from hmac import compare_digest, digest
from pathlib import Path

from adapters.exchanges.plain_prices import no_price
from adserver.domain.money import MAX_CPM, cpm_nanos
from adserver.durable import read_secret
from adserver.errors import Fault, InvalidConfig
from adserver.openrtb.dialect import Price, PriceKeys, Scale, Unread

IV_BYTES, PRICE_BYTES, SIGNATURE_BYTES = 16, 8, 4
_CHARS = 38
LEAST_KEY_BYTES = 16
"""Exchanges hand out 32; what is much shorter was cut, or is no key."""
_TEXT = "text:"
_DEAREST = cpm_nanos(MAX_CPM)


class SealedPrices:
    """Opens encrypted prices with any of several pairs of keys."""

    def __init__(self, keys: Sequence[PriceKeys], scale: Scale, skew_s: int | None) -> None:
        """Prices are millionths of one impression or of a thousand. With a skew, the iv says when the price was made:
        that lies between our bid and now, give or take so many seconds.
        """
        self._keys = keys
        self._factor = 1_000 if scale == "impression" else 1
        self._skew_s = skew_s

    def read(self, text: str | None, bid_s: float, now_s: float) -> Price | Unread:
        """Return the price, or why there is none; raises nothing."""
        why = no_price(text)
        if why is not None or text is None:
            return why or Unread.ABSENT
        sealed = _bytes_of(text)
        if sealed is None:
            return Unread.NOT_SEALED
        number = self._opened(sealed)
        if number is None:
            return Unread.FORGED
        seal = sealed[:IV_BYTES]
        if self._skew_s is not None:
            made_s = int.from_bytes(seal[:4], "big")
            if not bid_s - self._skew_s <= made_s <= now_s + self._skew_s:
                return Unread.STALE
        micros = number * self._factor
        return Price(micros, seal) if micros <= _DEAREST else Unread.TOO_LARGE

    def _opened(self, sealed: bytes) -> int | None:
        iv, hidden, signature = sealed[:IV_BYTES], sealed[IV_BYTES:-SIGNATURE_BYTES], sealed[-SIGNATURE_BYTES:]  # fmt: skip
        for keys in self._keys:
            pad = digest(keys.encryption, iv, "sha1")[:PRICE_BYTES]
            number = int.from_bytes(hidden, "big") ^ int.from_bytes(pad, "big")
            price = number.to_bytes(PRICE_BYTES, "big")
            expected = digest(keys.integrity, price + iv, "sha1")[:SIGNATURE_BYTES]
            if compare_digest(expected, signature):
                return number
        return None


def _bytes_of(text: str) -> bytes | None:
    """Return what is behind the text, if this is the one way to write it, with or without padding."""
    if len(text) == _CHARS + 2 and text.endswith("=="):
        text = text[:-2]
    if len(text) != _CHARS or not text.isascii():
        return None
    try:
        raw = b64decode(text + "==", altchars=b"-_", validate=True)
    except NotBase64:
        return None
    # Spare bits of the last letter are ignored while decoding: they must be those that an encoder writes.
    return raw if urlsafe_b64encode(raw)[:_CHARS].decode() == text else None


def load_price_keys(path: Path, at: str) -> tuple[PriceKeys, ...]:
    """Return the pairs of keys of a file, in its order; raises `InvalidConfig` with what to mend.

    A line is the encryption key and the integrity key, each in web-safe base64 as exchanges hand them out, or
    `text:...` for keys that are used letter by letter. `at` is the place in the settings that names the file.
    """
    found = []
    for number, line in enumerate(read_secret(path, at).decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [_key(part) for part in line.split()]
        if len(parts) != 2 or not all(parts):  # noqa: PLR2004 - a pair
            message = (
                f"line {number}: write the encryption key and the integrity key, in web-safe base64"
            )
            raise InvalidConfig([Fault(str(path), at, message)])
        if any(len(part or b"") < LEAST_KEY_BYTES for part in parts):
            message = f"line {number}: keys have 32 bytes, one of these is shorter than {LEAST_KEY_BYTES}: copy them whole"
            raise InvalidConfig([Fault(str(path), at, message)])
        found.append(PriceKeys(*[part for part in parts if part]))
    if not found:
        raise InvalidConfig([Fault(str(path), at, "holds no keys")])
    return tuple(found)


def _key(text: str) -> bytes | None:
    if text.startswith(_TEXT):
        return text.removeprefix(_TEXT).encode()
    bare = text.rstrip("=")
    try:
        return b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (NotBase64, ValueError):
        return None
