"""One UID2 or EUID token: opened with the keys, then judged by the time and the place where it shows up.

Two envelopes: the outer one under a master key names the inner one's key and the expiry; the inner one, under a
site's key, holds the raw id. Version 2 is AES-CBC and unauthenticated, so that whatever can be checked of it is
checked; versions 3 and 4 are AES-GCM and differ in their alphabet. The layout is that of the official SDKs and the
operator (github.com/IABTechLab: uid2-client-net, uid2-operator), which knows two marks that uid2-client-python
does not look at: a person who opted out, and tokens made in a browser, which are good on some sites only.
"""

from base64 import b64encode
from binascii import a2b_base64
from enum import StrEnum
from struct import Struct
from struct import error as TooShort  # noqa: N812 - what it means here
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.identity.uid2_keys import Key, Keyset

_V2, _V3, _V4 = 2, 112, 128
_V2_BYTES, _V3_MIN_BYTES = 133, 163
_RAW_BYTES = (32, 33)
"""A raw id is a SHA-256, since version 3 behind a byte that tells its kind."""
_BLOCK, _NONCE = 16, 12
_FROM_BROWSER, _OPTED_OUT = 1 << 1, 1 << 2
_URL_SAFE = str.maketrans("-_", "+/")

_V2_HEAD = Struct(">BI16s")  # version, master key, iv
_V2_OUTER = Struct(">QI16s")  # expires, site key, iv
_V2_INNER = Struct(">II")  # site, length of the id
_V2_TAIL = Struct(">IQ")  # privacy bits, established
_V3_HEAD = Struct(">BBI")  # scope and kind, version, master key
_V3_OUTER = Struct(">QQIBIII")  # expires, generated, operator's site, type, version, key; site key
_V3_INNER = Struct(
    ">IQIIQQ"
)  # site, publisher, publisher's key, privacy bits, established, refreshed


class Refusal(StrEnum):
    """Why a token leads to nobody."""

    MALFORMED = "malformed"
    OTHER_SCOPE = "other_scope"  # an EUID where UID2s are read, or the other way round
    UNKNOWN_KEY = "unknown_key"
    FORGED = "forged"
    STALE_KEYS = "stale_keys"
    EXPIRED = "expired"
    LIFETIME = "lifetime"
    OTHER_PLACE = "other_place"
    OPTED_OUT = "opted_out"


class Opened(NamedTuple):
    """What a token says; it depends on the keys alone."""

    raw: str
    """The raw id: Base64 of 32 or 33 bytes, case-sensitive."""
    expires_s: float
    generated_s: float | None
    """Version 2 does not say."""
    site: int
    from_browser: bool
    opted_out: bool


def open_token(token: str, keyset: Keyset) -> Opened | Refusal:
    """Return what a token says, or why it cannot be read; never raises, whatever a stranger sent."""
    try:
        content = a2b_base64(_padded(token.translate(_URL_SAFE)), strict_mode=True)
        # Only version 4 is written without padding, and in the alphabet for addresses.
        plain = len(token) % 4 == 0 and "-" not in token and "_" not in token
        if content[0] == _V2 and plain:
            return _open_v2(content, keyset)
        if content[1] == _V4 or (content[1] == _V3 and plain):
            return _open_v3(content, keyset)
    except InvalidTag:
        return Refusal.FORGED
    except (ValueError, IndexError, TooShort):
        return Refusal.MALFORMED
    return Refusal.MALFORMED


def judge(opened: Opened, keyset: Keyset, now_s: float, place: str) -> Refusal | None:
    """Return why an open token may not be used now, at this domain or in this application, if so."""
    if keyset.valid_until_s <= now_s:
        return Refusal.STALE_KEYS
    if opened.expires_s < now_s:
        return Refusal.EXPIRED
    if opened.opted_out:
        return Refusal.OPTED_OUT
    if opened.from_browser and place not in keyset.sites.get(opened.site, ()):
        return Refusal.OTHER_PLACE
    generated_s = now_s if opened.generated_s is None else opened.generated_s
    if (
        opened.expires_s - generated_s > keyset.max_lifetime_s
        or generated_s - now_s > keyset.clock_skew_s
    ):
        return Refusal.LIFETIME
    return None


def _open_v2(content: bytes, keyset: Keyset) -> Opened | Refusal:
    if len(content) != _V2_BYTES:
        return Refusal.MALFORMED
    _, master, iv = _V2_HEAD.unpack_from(content)
    if master not in keyset.keys:
        return Refusal.UNKNOWN_KEY
    outer = _decrypt_cbc(keyset.keys[master], iv, content[_V2_HEAD.size :])
    expires_ms, site_key, iv = _V2_OUTER.unpack_from(outer)
    if site_key not in keyset.keys:
        return Refusal.UNKNOWN_KEY
    inner = _decrypt_cbc(keyset.keys[site_key], iv, outer[_V2_OUTER.size :])
    site, length = _V2_INNER.unpack_from(inner)
    end = _V2_INNER.size + length
    raw = inner[_V2_INNER.size : end]
    bits, _ = _V2_TAIL.unpack_from(inner, end)
    if (
        len(inner) != end + _V2_TAIL.size
        or len(a2b_base64(raw, strict_mode=True)) not in _RAW_BYTES
    ):
        return Refusal.FORGED
    return Opened(
        raw.decode("ascii"), expires_ms / 1_000, None, site,
        bool(bits & _FROM_BROWSER), bool(bits & _OPTED_OUT),
    )  # fmt: skip


def _open_v3(content: bytes, keyset: Keyset) -> Opened | Refusal:
    if len(content) < _V3_MIN_BYTES:
        return Refusal.MALFORMED
    kind, _, master = _V3_HEAD.unpack_from(content)
    if bool(kind & 0x10) != (keyset.scope == "euid"):
        return Refusal.OTHER_SCOPE
    if master not in keyset.keys:
        return Refusal.UNKNOWN_KEY
    outer = _decrypt_gcm(keyset.keys[master], content[_V3_HEAD.size :])
    expires_ms, generated_ms, *_, site_key = _V3_OUTER.unpack_from(outer)
    if site_key not in keyset.keys:
        return Refusal.UNKNOWN_KEY
    inner = _decrypt_gcm(keyset.keys[site_key], outer[_V3_OUTER.size :])
    site, _, _, bits, _, _ = _V3_INNER.unpack_from(inner)
    raw = inner[_V3_INNER.size :]
    if len(raw) not in _RAW_BYTES:
        return Refusal.FORGED
    return Opened(
        b64encode(raw).decode("ascii"), expires_ms / 1_000, generated_ms / 1_000, site,
        bool(bits & _FROM_BROWSER), bool(bits & _OPTED_OUT),
    )  # fmt: skip


def _padded(token: str) -> str:
    return token + "=" * (-len(token) % 4)


def _decrypt_cbc(key: Key, iv: bytes, sealed: bytes) -> bytes:
    opener = Cipher(algorithms.AES(key.secret), modes.CBC(iv)).decryptor()
    padded = opener.update(sealed) + opener.finalize()
    padding = padded[-1]
    if not 0 < padding <= _BLOCK or padded[-padding:] != bytes([padding]) * padding:
        raise InvalidTag
    return padded[:-padding]


def _decrypt_gcm(key: Key, sealed: bytes) -> bytes:
    return key.gcm.decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
