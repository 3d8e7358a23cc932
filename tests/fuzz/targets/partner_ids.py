"""Partners' ids in a bid request: the list as it comes, and tokens somebody else made."""

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.identity.uid2_keys import Key, Keyset
from adapters.identity.uid2_tokens import Opened, Refusal, open_token
from adserver.openrtb.partners import MAX_TOLD, IdSource, plain_sources, provenance
from adserver.openrtb.people import MAX_IDS, identifiers
from adserver.openrtb.request import BidRequest, User, UserExt
from tests.fuzz.target import Target
from tests.unit.adapters_identity import oracle

_KEYSET = Keyset(
    "uid2", {each: Key(secret, AESGCM(secret)) for each, secret in oracle.SECRETS.items()}, 1 << 40, 1 << 40, 1_800, {}
)  # fmt: skip
_TOKENS = {oracle.token(version) for version in oracle.VERSIONS}


def _open(token: str, _: str) -> str | None:
    found = open_token(token, _KEYSET)
    assert isinstance(found, Opened | Refusal)
    return found.raw if isinstance(found, Opened) else None


_SOURCES = plain_sources(["a.example", "b.example"]) | {"uidapi.com": IdSource("uid2", _open)}


def check(data: bytes) -> None:
    """A few bounded ids of listed sources; a token leads to the one person it was made for, or to nobody."""
    user = User(eids=msgspec.Raw(data), ext=UserExt(eids=msgspec.Raw(data)))
    found = identifiers(BidRequest(user=user), _SOURCES)
    assert len(found) <= MAX_IDS
    assert {kind for kind, _ in found} <= {"eid:a.example", "eid:b.example", "uid2"}
    assert all(each == oracle.EMAIL for kind, each in found if kind == "uid2")
    assert len(provenance(user, _SOURCES, "")) <= MAX_TOLD


def seeds() -> list[bytes]:
    """Return lists with plain ids, tokens, and methods of matching."""
    tokens = b",".join(b'{"id":"%s","atype":3}' % token.encode() for token in sorted(_TOKENS))
    return [
        b'[{"source":"a.example","uids":[{"id":"x","atype":1},{"id":7}],"mm":"3","matcher":"m"}]',
        b'[{"source":"B.example","uids":[{"id":"y"}],"mm":5},{"source":1},null]',
        b'[{"source":"uidapi.com","uids":[' + tokens + b"]}]",
    ]


TARGET = Target(check, seeds)
