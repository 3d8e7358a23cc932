"""UID2's own Python SDK as the oracle: it makes tokens and opens them."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from uid2_client import EncryptionKey, EncryptionKeysCollection, IdentityScope
from uid2_client.client_type import ClientType
from uid2_client.encryption import decrypt_token
from uid2_client.uid2_token_generator import Params, UID2TokenGenerator

NOW_S = 1_790_000_000
DAY_S = 86_400
MAX_LIFETIME_S = 3 * DAY_S
CLOCK_SKEW_S = 1_800
MASTER, SITE_KEY, SITE = 164, 165, 9_000
SECRETS = {MASTER: bytes(range(32)), SITE_KEY: bytes(range(100, 132))}
EMAIL = b64encode(bytes(range(32))).decode()
PHONE = b64encode(b"\x16" + bytes(range(32))).decode()
VERSIONS = ("v2", "v3", "v4")
SITES = [{"id": SITE, "domain_names": ["News.example", "com.example.app"]}]


def at(seconds: float) -> datetime:
    """Return a moment as the SDK wants it."""
    return datetime.fromtimestamp(seconds, UTC)


def keys(scope: str = "uid2", expires_s: float = NOW_S + DAY_S) -> EncryptionKeysCollection:
    """Return the SDK's keys."""
    return EncryptionKeysCollection(
        [
            EncryptionKey(each, 2, at(0), at(0), at(expires_s), secret)
            for each, secret in SECRETS.items()
        ],
        identity_scope=IdentityScope[scope.upper()],
        max_bidstream_lifetime_seconds=MAX_LIFETIME_S,
        allow_clock_skew_seconds=CLOCK_SKEW_S,
    )


def token(
    version: str,
    raw: str = EMAIL,
    *,
    scope: str = "uid2",
    expires_s: float = NOW_S + 3_600,
    generated_s: float = NOW_S - 60,
) -> str:
    """Return a token as an operator makes it."""
    make = getattr(UID2TokenGenerator, f"generate_uid2_token_{version}")
    master, site = (keys()[each] for each in (MASTER, SITE_KEY))
    params = Params(at(expires_s), IdentityScope[scope.upper()].value, at(generated_s), at(0))
    made: str = make(raw, master, SITE, site, params)
    return made


def opened(text: str, scope: str = "uid2", now_s: float = NOW_S) -> str | None:
    """Return the raw id as the SDK reads a token, or nothing, however it says so."""
    try:
        found = decrypt_token(text, keys(scope), None, ClientType.BIDSTREAM, at(now_s))
    except Exception:  # noqa: BLE001 - it wraps whatever its parts raise
        return None
    raw: str | None = found.uid if found.success else None
    return raw


def answer(scope: str = "uid2", **fields: Any) -> dict[str, Any]:
    """Return what an operator answers at `/v2/key/bidstream`."""
    listed = [
        {
            "id": each, "keyset_id": 2, "created": 0, "activates": 0, "expires": NOW_S + DAY_S,
            "secret": b64encode(secret).decode(),
        }
        for each, secret in SECRETS.items()
    ]  # fmt: skip
    body = {
        "identity_scope": scope.upper(), "caller_site_id": 11, "keys": listed, "site_data": SITES,
        "max_bidstream_lifetime_seconds": MAX_LIFETIME_S, "allow_clock_skew_seconds": CLOCK_SKEW_S,
    }  # fmt: skip
    return {"body": body | fields, "status": "success"}


def write(path: Path, content: Any, mode: int = 0o600) -> Path:
    """Write a file as a careful refresher does."""
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(mode)
    return path
