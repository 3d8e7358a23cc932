"""Apple's install-validation postbacks: read, and verified with Apple's key.

Apple: developer.apple.com/documentation/storekit, "Verifying an install-validation postback", "Combining parameters for
SKAdNetwork 3 postbacks", "Combining parameters for previous SKAdNetwork postback versions", "SKAdNetwork 2 release notes".
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from adserver.domain.app_install import MAX_CAMPAIGN, VERSIONS
from adserver.domain.notice import Install
from adserver.errors import AdserverError
from adserver.openrtb.skadnetwork import FIRST_WITH_FIDELITIES, FIRST_WITH_SOURCES, SEPARATOR

APPLES_KEY = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWdp8GPcGqmhgzEFj9Z2nSpQVddayaPe4FMzqM9wib1+aHaaIzoHoLN9zW4K8y4SPykE3YVK3sVqW6Af0lfx3gg=="
"""Versions 2.1 and later; as published in "Verifying an install-validation postback"."""
APPLES_OLD_KEY = "MEkwEwYHKoZIzj0CAQYIKoZIzj0DAQEDMgAEMyHD625uvsmGq4C43cQ9BnfN2xslVT5V1nOmAMP6qaRRUll3PB1JYmgSm+62sosG"
"""Version 2.0, on the smaller curve P-192; as published in "SKAdNetwork 2 release notes"."""
FIRST_WITH_LOSERS = "3.0"
"""From this version on networks are told of installs that went to another, too."""
TESTING = "0"
"""The application that shows the advertisement, where a development build does."""
MAX_SIGNATURE_CHARS = 128
_TRANSACTION_BYTES = 16


class Refusal(StrEnum):
    """Why a postback is not counted."""

    MALFORMED = "malformed"
    OTHER_VERSION = "other_version"
    OTHER_NETWORK = "other_network"
    BUSY = "busy"
    FORGED = "forged"


class InvalidPostback(AdserverError):  # theirs
    """No postback of Apple's for us, or more of them than we verify in a second."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


_Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]


class Postback(msgspec.Struct, rename="kebab", gc=False):
    """Apple's words; what only some versions say may be missing."""

    version: str
    ad_network_id: str
    transaction_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{1,64}\Z")]
    app_id: _Number
    attribution_signature: Annotated[str, msgspec.Meta(max_length=MAX_SIGNATURE_CHARS)]
    redownload: bool
    campaign_id: Annotated[int, msgspec.Meta(ge=1, le=MAX_CAMPAIGN)] | None = None
    source_identifier: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,4}\Z")] | None = None
    source_app_id: _Number | None = None
    source_domain: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,253}\Z")] | None = None
    fidelity_type: Annotated[int, msgspec.Meta(ge=0, le=1)] | None = None
    did_win: bool | None = None
    postback_sequence_index: Annotated[int, msgspec.Meta(ge=0, le=2)] | None = None
    conversion_value: Annotated[int, msgspec.Meta(ge=0, le=63)] | None = None
    """Apple does not sign this and the next: who has a postback can change them."""
    coarse_conversion_value: Literal["low", "medium", "high"] | None = None

    @property
    def shown_in(self) -> str:
        """The application or the web site that showed the advertisement, or nothing."""
        return self.source_domain or ("" if self.source_app_id is None else str(self.source_app_id))

    def signed_values(self) -> str:
        """Return what Apple signed. Raises `InvalidPostback` if a value is missing that this version has."""
        source: str | int | None = self.campaign_id
        if self.version >= FIRST_WITH_SOURCES:
            source = self.source_identifier
        redownload = _word(self.redownload)
        values: list[str | int | None] = [
            self.version, self.ad_network_id, source, self.app_id, self.transaction_id, redownload,
        ]  # fmt: skip
        if self.shown_in:
            values.append(self.shown_in)
        if self.version >= FIRST_WITH_FIDELITIES:
            values.append(self.fidelity_type)
        if self.version >= FIRST_WITH_LOSERS:
            values.append(None if self.did_win is None else _word(self.did_win))
        if self.version >= FIRST_WITH_SOURCES:
            values.append(self.postback_sequence_index)
        if None in values:
            raise InvalidPostback(Refusal.MALFORMED)
        return SEPARATOR.join(map(str, values))


_decode = msgspec.json.Decoder(Postback, strict=False).decode


def apples_keys() -> dict[str, EllipticCurvePublicKey]:
    """Return Apple's public keys by version; without version 2.0 where the machine's OpenSSL lacks its curve."""
    keys: dict[str, EllipticCurvePublicKey] = {}
    for version in VERSIONS:
        written = APPLES_OLD_KEY if version == VERSIONS[0] else APPLES_KEY
        try:
            key = load_der_public_key(b64decode(written))
        except UnsupportedAlgorithm:
            continue  # its postbacks are refused as `other_version`, and Apple's devices send them again
        assert isinstance(key, EllipticCurvePublicKey)  # noqa: S101 - ours to know: the constants above
        keys[version] = key
    return keys


class Verifier:
    """Tells Apple's postbacks to one network from everything else."""

    def __init__(
        self,
        network: str,
        allow: Callable[[], bool],
        keys: Mapping[str, EllipticCurvePublicKey],
    ) -> None:
        """Verify for `network`; `allow` tells whether one more signature may be verified now: each takes some hundred
        microseconds of the processor's time (`tests/bench/bench_skadnetwork.py`).
        """
        self._network = network
        self._allow = allow
        self._keys = keys
        self._algorithm = ECDSA(SHA256())

    def read(self, body: bytes, now_s: int) -> Install:
        """Return what Apple says. Raises `InvalidPostback`; what is cheap to see is looked at first."""
        try:
            postback = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise InvalidPostback(Refusal.MALFORMED) from None
        key = self._keys.get(postback.version)
        if key is None:
            raise InvalidPostback(Refusal.OTHER_VERSION)
        if postback.ad_network_id.lower() != self._network:
            raise InvalidPostback(Refusal.OTHER_NETWORK)
        signed = postback.signed_values()
        try:
            signature = b64decode(postback.attribution_signature, validate=True)
            values = signed.encode()
        except (NotBase64, ValueError):
            raise InvalidPostback(Refusal.MALFORMED) from None
        if not self._allow():
            raise InvalidPostback(Refusal.BUSY)
        try:
            key.verify(signature, values, self._algorithm)
        except InvalidSignature:
            raise InvalidPostback(Refusal.FORGED) from None
        return self._install(postback, now_s)

    def _install(self, postback: Postback, now_s: int) -> Install:
        named = f"{self._network}\0{postback.transaction_id.lower()}".encode()
        source = postback.source_identifier
        if postback.version < FIRST_WITH_SOURCES or source is None:
            source = f"{(postback.campaign_id or 0) % MAX_CAMPAIGN:02}"
        return Install(
            transaction=blake2b(named, digest_size=_TRANSACTION_BYTES).digest(),
            at_s=now_s,
            version=postback.version,
            store_id=str(postback.app_id),
            source=source,
            won=postback.version < FIRST_WITH_LOSERS or postback.did_win is True,
            redownload=postback.redownload,
            test=postback.shown_in == TESTING,
            fidelity=postback.fidelity_type,
            window=postback.postback_sequence_index or 0,
            fine_value=postback.conversion_value,
            coarse_value=postback.coarse_conversion_value or "",
            source_app=postback.shown_in,
        )


def _word(yes: bool) -> str:  # noqa: FBT001 - a value, not a switch
    return "true" if yes else "false"
