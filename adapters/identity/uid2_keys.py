"""The keys behind UID2 and EUID tokens, as the operators' `/v2/key/bidstream` and `/v2/key/sharing` answer.

A refresher of the operator's (any of the official SDKs) writes the decrypted answer into a file. Fields we do not
use may stand in it. Format: github.com/IABTechLab/uid2docs, the guide to integrating a DSP without an SDK.
"""

from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adserver.durable import read_secret
from adserver.errors import Fault, InvalidConfig

Scope = Literal["uid2", "euid"]
KEY_BYTES = (16, 24, 32)
LONGEST_S = 1 << 40
"""What holds where the answer sets no limit."""
CLOCK_SKEW_S = 1_800


class Key(NamedTuple):
    """One key, ready for both kinds of encryption that there have been."""

    secret: bytes
    gcm: AESGCM


class Keyset(NamedTuple):
    """What it takes to open the tokens of one scope."""

    scope: Scope
    keys: Mapping[int, Key]
    valid_until_s: int
    """When the last key expires; an older file is too stale to open anything."""
    max_lifetime_s: int
    """A token of a longer life is not for the bidstream."""
    clock_skew_s: int
    """So far in the future a token may have been made."""
    sites: Mapping[int, frozenset[str]]
    """Domains and applications, in lower case, in which tokens made in a browser may show up, by site."""


class _Key(msgspec.Struct):
    id: int
    secret: str
    expires: int


class _Site(msgspec.Struct):
    id: int
    domain_names: list[str]


class _Body(msgspec.Struct):
    keys: list[_Key]
    identity_scope: str = "UID2"
    max_bidstream_lifetime_seconds: int = LONGEST_S
    allow_clock_skew_seconds: int = CLOCK_SKEW_S
    site_data: list[_Site] = []


class _Answer(msgspec.Struct):
    body: _Body


def read_keyset(path: Path, scope: Scope) -> Keyset:
    """Return the keys of a file that only its owner may read; the answer whole, or its `body` alone.

    Raises `InvalidConfig`; what it says repeats nothing of the file.
    """
    content = read_secret(path)
    try:
        body = _body(content)
        keys = {each.id: _key(each.secret) for each in body.keys}
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        where = str(error) if isinstance(error, msgspec.ValidationError) else "no such JSON"
        raise _invalid(
            path, f"is no answer of /v2/key/bidstream or /v2/key/sharing: {where}"
        ) from None
    if not keys:
        raise _invalid(path, "has no keys in it")
    if body.identity_scope.lower() != scope:
        raise _invalid(path, f"has the keys of another scope than {scope.upper()}")
    return Keyset(
        scope=scope,
        keys=keys,
        valid_until_s=max(each.expires for each in body.keys),
        max_lifetime_s=body.max_bidstream_lifetime_seconds,
        clock_skew_s=body.allow_clock_skew_seconds,
        sites={each.id: frozenset(map(str.lower, each.domain_names)) for each in body.site_data},
    )


def _body(content: bytes) -> _Body:
    fields = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    if "body" in fields:
        return msgspec.json.decode(content, type=_Answer).body
    return msgspec.json.decode(content, type=_Body)


def _key(text: str) -> Key:
    secret = b64decode(text, validate=True)
    if len(secret) not in KEY_BYTES:
        raise ValueError("a key of another length")
    return Key(secret, AESGCM(secret))


def _invalid(path: Path, message: str) -> InvalidConfig:
    return InvalidConfig([Fault(str(path), "$", message)])
