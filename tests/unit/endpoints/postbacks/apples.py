"""Postbacks as Apple's devices send them: its published examples, and others signed with a key of our own."""

from base64 import b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from adserver.domain.app_install import VERSIONS

Json = dict[str, Any]
NETWORK = "example123.skadnetwork"
KEYS = {
    version: ec.generate_private_key(ec.SECP192R1() if version == "2.0" else ec.SECP256R1())
    for version in VERSIONS
}
PUBLIC_KEYS = {version: key.public_key() for version, key in KEYS.items()}
ORDER = (
    "version", "ad-network-id", "campaign-id", "source-identifier", "app-id", "transaction-id", "redownload",
    "source-app-id", "source-domain", "fidelity-type", "did-win", "postback-sequence-index",
)  # fmt: skip
"""What Apple signs, in its order; which of them are there depends on the version."""
UNSIGNED = ("conversion-value", "coarse-conversion-value")
_ADDED: dict[str, Json] = {
    "2.0": {"campaign-id": 42},
    "2.1": {"campaign-id": 42},
    "2.2": {"campaign-id": 42, "fidelity-type": 1},
    "3.0": {"campaign-id": 42, "fidelity-type": 1, "did-win": True},
    "4.0": {
        "source-identifier": "5239", "fidelity-type": 1, "did-win": True, "postback-sequence-index": 0,
    },
}  # fmt: skip

PUBLISHED: tuple[Json, ...] = (
    {
        "version": "4.0", "ad-network-id": "com.example", "source-identifier": "5239", "app-id": 525463029,
        "transaction-id": "6aafb7a5-0170-41b5-bbe4-fe71dedf1e30", "redownload": False,
        "source-domain": "example.com", "fidelity-type": 1, "did-win": True, "conversion-value": 63,
        "postback-sequence-index": 0,
        "attribution-signature": "MEUCIGRmSMrqedNu6uaHyhVcifs118R5z/AB6cvRaKrRRHWRAiEAv96ne3dKQ5kJpbsfk4eYiePmrZUU6sQmo+7zfP/1Bxo=",
    },
    {
        "version": "4.0", "ad-network-id": "com.example", "source-identifier": "39", "app-id": 525463029,
        "transaction-id": "6aafb7a5-0170-41b5-bbe4-fe71dedf1e31", "redownload": False,
        "source-domain": "example.com", "fidelity-type": 1, "did-win": True, "coarse-conversion-value": "high",
        "postback-sequence-index": 0,
        "attribution-signature": "MEUCIQD4rX6eh38qEhuUKHdap345UbmlzA7KEZ1bhWZuYM8MJwIgMnyiiZe6heabDkGwOaKBYrUXQhKtF3P/ERHqkR/XpuA=",
    },
    {
        "version": "3.0", "ad-network-id": NETWORK, "campaign-id": 42,
        "transaction-id": "6aafb7a5-0170-41b5-bbe4-fe71dedf1e28", "app-id": 525463029, "redownload": True,
        "source-app-id": 1234567891, "fidelity-type": 1, "conversion-value": 20, "did-win": True,
        "attribution-signature": "MEYCIQD5eq3AUlamORiGovqFiHWI4RZT/PrM3VEiXUrsC+M51wIhAPMANZA9c07raZJ64gVaXhB9+9yZj/X6DcNxONdccQij",
    },
    {
        "version": "3.0", "ad-network-id": NETWORK, "campaign-id": 42,
        "transaction-id": "f9ac267a-a889-44ce-b5f7-0166d11461f0", "app-id": 525463029, "redownload": True,
        "fidelity-type": 1, "did-win": False,
        "attribution-signature": "MEUCIQDDetUtkyc/MiQvVJ5I6HIO1E7l598572Wljot2Onzd4wIgVJLzVcyAV+TXksGNoa0DTMXEPgNPeHCmD4fw1ABXX0g=",
    },
    {
        "version": "2.2", "ad-network-id": "com.example", "campaign-id": 42,
        "transaction-id": "6aafb7a5-0170-41b5-bbe4-fe71dedf1e28", "app-id": 525463029, "redownload": True,
        "source-app-id": 1234567891, "fidelity-type": 1, "conversion-value": 20,
        "attribution-signature": "MEYCIQDTuQ1Z4Tpy9D3aEKbxLl5J5iKiTumcqZikuY/AOD2U7QIhAJAaiAv89AoquHXJffcieEQXdWHpcV8ZgbKN0EwV9/sY",
    },
)  # fmt: skip
"""The examples of Apple's documentation, published to be tested with; their signatures are Apple's. StoreKit, "Verifying an
install-validation postback" (4.0), "Combining parameters for SKAdNetwork 3 postbacks" (3.0) and "Combining parameters for
previous SKAdNetwork postback versions" (2.2). Of 2.1 and 2.0 it has none.
"""


def combined(postback: Json) -> bytes:
    """Combine what is signed of a postback."""
    words = [postback[name] for name in ORDER if name in postback]
    return "\u2063".join(
        str(word).lower() if isinstance(word, bool) else str(word) for word in words
    ).encode()


def postback(version: str = "4.0", **changes: Any) -> Json:
    """Return a postback signed with our key of this version; an underscore stands for a hyphen, `None` for nothing."""
    found: Json = {
        "version": version, "ad-network-id": NETWORK, "app-id": 525463029, "redownload": False,
        "transaction-id": "6aafb7a5-0170-41b5-bbe4-fe71dedf1e99", "source-app-id": 1234567891,
        **_ADDED[version],
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }  # fmt: skip
    found = {name: value for name, value in found.items() if value is not None}
    signature = KEYS[version].sign(combined(found), ec.ECDSA(SHA256()))
    return found | {"attribution-signature": b64encode(signature).decode()}
