"""The section `mobile`: installs of applications, as Apple and attribution partners count them."""

import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from adserver.durable import read_secret
from adserver.endpoints.admission import Quota
from adserver.endpoints.postbacks.apple import Verifier, apples_keys
from adserver.endpoints.postbacks.partners import Terms
from adserver.endpoints.postbacks.proofs import SECRET, Proof, SecretPath, SignedQuery
from adserver.endpoints.postbacks.routes import SKADNETWORK
from adserver.errors import Fault, InvalidConfig
from adserver.openrtb.skadnetwork import Signer
from adserver.settings.ranges import Section

_NETWORK = re.compile(r"[a-z0-9]{1,32}\.(skadnetwork|adattributionkit)")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_ROLES = ("click", "event", "order", "revenue", "currency")


class Partner(Section, frozen=True, kw_only=True):
    """An attribution partner, which reports at `/p/{name}`."""

    name: str
    """Lower-case letters, digits and dashes; it stands in the address and in metrics."""
    secret_file: str
    """A file, readable by its owner only, with what the partner and we alone know: at least 22 letters, digits, `-`, `_`."""
    proof: Literal["path", "signature"] = "path"
    """How the partner proves who it is. `path`: the secret is the last part of the address. `signature`: an HMAC-SHA256
    over the query and the body, which is the query's last parameter."""
    signature: str = "signature"
    """That parameter's name."""
    click: str = "adclick"
    """What the partner calls our click id."""
    event: str = "event"
    """What it calls the name of what happened."""
    order: str = "order"
    """What it calls its own number of that; without one an event counts once per click."""
    revenue: str = "revenue"
    """What it calls the sum."""
    currency: str = "currency"
    """What it calls the sum's currency; left out it is the house currency."""
    events: tuple[str, ...] = ()
    """The events that count as orders; none named: all."""
    advertiser: str = ""
    """The id of the advertiser whose orders these are; left out it is that of the click."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for what types cannot say."""
        if not _NAME.fullmatch(self.name) or self.name == SKADNETWORK:
            raise ValueError(
                f"name: use lower-case letters, digits and dashes, at most 64, and not '{SKADNETWORK}'"
            )
        names = [getattr(self, role) for role in (*_ROLES, "signature")]
        for name in names:
            if not _PARAMETER.fullmatch(name):
                raise ValueError(f"'{name[:80]}' is no parameter's name: letters, digits and _ . -")
        if len(set(names)) != len(names):
            raise ValueError("two of its parameters have the same name")

    @property
    def terms(self) -> Terms:
        """What was agreed, in the endpoint's words."""
        return Terms(
            name=self.name,
            events=frozenset(self.events),
            advertiser=self.advertiser,
            **{role: getattr(self, role) for role in _ROLES},
        )

    def read(self, folder: Path, at: str) -> Proof:
        """Return what proves that it is the partner. Raises `InvalidConfig` if the secret cannot be read."""
        path = folder / self.secret_file
        secret = read_secret(path, f"{at}.secret_file").strip()
        if not SECRET.fullmatch(secret.decode("latin-1")):
            message = (
                "must hold one line of at least 22 letters, digits, - and _: `openssl rand -hex 32`"
            )
            raise InvalidConfig([Fault(str(path), f"{at}.secret_file", message)])
        return SecretPath(secret) if self.proof == "path" else SignedQuery(secret, self.signature)


class Apple(NamedTuple):
    """Our side of SKAdNetwork."""

    signer: Signer
    verifier: Verifier


class Mobile(Section, frozen=True, kw_only=True):
    """Installs of applications. [How it works](../how-to/mobile-apps.md)."""

    network: str = ""
    """Our id as an advertising network with Apple, `abcde12345.skadnetwork`; nothing: nothing is signed."""
    key_file: str = ""
    """The PEM file with our private key (NIST P-256) for Apple, readable by its owner only."""
    list_number: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    """Our number in IAB Tech Lab's list of networks; 0: not in it."""
    max_postbacks_per_s: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 500
    """So many of Apple's postbacks a worker verifies within a second; devices send the others again later."""
    partners: tuple[Partner, ...] = ()
    """Attribution partners."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for what types cannot say."""
        if bool(self.network) != bool(self.key_file):
            raise ValueError("network: `network` and `key_file` need each other")
        if self.network and not _NETWORK.fullmatch(self.network):
            raise ValueError("network: write it in lower case like abcde12345.skadnetwork")
        names = [each.name for each in self.partners]
        if len(set(names)) != len(names):
            raise ValueError("partners: the same partner stands there twice")

    def apple(
        self,
        folder: Path,
        dice: Callable[[int], bytes],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Apple | None:
        """Return our side of SKAdNetwork, if we have one. Raises `InvalidConfig` if the key cannot be read."""
        if not self.network:
            return None
        key = _private_key(folder / self.key_file)
        quota = Quota(self.max_postbacks_per_s)
        return Apple(
            Signer(self.network, self.list_number, key, dice),
            Verifier(self.network, lambda: quota.take(monotonic()), apples_keys()),
        )

    def proofs(self, folder: Path) -> Sequence[tuple[Terms, Proof]]:
        """Return the partners, each with what proves that it is the one. Raises `InvalidConfig`."""
        return [
            (each.terms, each.read(folder, f"$.mobile.partners[{index}]"))
            for index, each in enumerate(self.partners)
        ]

    def check(self, folder: Path) -> None:
        """Read every secret. Raises `InvalidConfig`."""
        self.apple(folder, bytes)
        self.proofs(folder)


def _private_key(path: Path) -> EllipticCurvePrivateKey:
    at = "$.mobile.key_file"
    refused = partial(Fault, str(path), at)
    try:
        key = load_pem_private_key(read_secret(path, at), None)
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
    ):  # no PEM, encrypted, or of an unknown kind
        raise InvalidConfig([refused("holds no unencrypted private key in PEM form")]) from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise InvalidConfig([refused("holds a key of another kind; Apple asks for NIST P-256")])
    return key
