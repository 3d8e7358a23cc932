"""Apple's SKAdNetwork in OpenRTB: what an application can do (`imp.ext.skadn`), and signed answers (`bid.ext.skadn`).

Community extension "SKAdNetwork" of IAB Tech Lab (InteractiveAdvertisingBureau/openrtb, extensions/community_extensions/
skadnetwork.md), versions 2.0 to 4.0; what is signed, and how, is Apple's (developer.apple.com/documentation/storekit):
"Generating the signature to validate StoreKit-rendered ads", the same "... view-through ads", and "Combining parameters to
generate a signature for SKAdNetwork 2" with its sisters.
"""

import re
from base64 import b64encode
from collections.abc import Callable
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from adserver.domain.app_install import VERSIONS, AdvertisedApp, AppInstall, Overlay
from adserver.domain.store_ids import app_id
from adserver.openrtb.request import Code, Id, Wire

SEPARATOR = "\u2063"
"""Between the values that are signed: the invisible separator."""
STORE_RENDERED, VIEW_THROUGH = 1, 0
"""Fidelities: the store's page is opened from the advertisement, or it is only seen."""
FIRST_WITH_FIDELITIES = "2.2"
FIRST_WITH_SOURCES = "4.0"
MAX_NETWORKS = 1_000
"""So many of an application's networks are looked at; more than anybody lists."""
_STORE_ID = re.compile(r"[0-9]{1,20}", re.ASCII)
_NONCE_BYTES = 16


class NetworkList(Wire):
    """Networks by their numbers in the list of IAB Tech Lab, and some by name."""

    max: Code | None = None
    excl: list[Code] | None = None
    addl: list[str] | None = None


class Offered(Wire):
    """`imp.ext.skadn`."""

    versions: list[str] | None = None
    version: str | None = None
    sourceapp: Id | None = None
    skadnetids: list[str] | None = None
    skadnetlist: NetworkList | None = None
    productpage: int | None = None
    skoverlay: int | None = None


_OFFERED = msgspec.json.Decoder(Offered, strict=False)


def app_install(skadn: msgspec.Raw) -> AppInstall | None:
    """Return what the application can do; `None` if it speaks no version that we do, or cannot be read.

    The old `version` counts only where there is no list of `versions`.
    """
    try:
        offered = _OFFERED.decode(skadn)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # a signature over half of it would be worth nothing
    spoken = offered.versions or (offered.version,)
    version = next((each for each in reversed(VERSIONS) if each in spoken), None)
    source_app = app_id(str(offered.sourceapp))
    if version is None or not _STORE_ID.fullmatch(source_app):
        return None
    listed = offered.skadnetlist or NetworkList()
    names = [*(offered.skadnetids or ()), *(listed.addl or ())]
    return AppInstall(
        version=version,
        source_app=source_app,
        networks=frozenset([name.lower() for name in names[:MAX_NETWORKS]]),
        listed_up_to=listed.max or 0,
        unlisted=frozenset(listed.excl or ()),
        product_pages=offered.productpage == 1,
        overlays=offered.skoverlay == 1,
    )


def signed_values(
    version: str,
    network: str,
    app: AdvertisedApp,
    source_app: str,
    fidelity: int,
    nonce: str,
    timestamp: str,
) -> str:
    """Return what is signed for one fidelity, as Apple combines it for this version."""
    campaign = app.source_identifier if version >= FIRST_WITH_SOURCES else app.campaign
    values = [version, network, str(campaign), app.store_id, nonce, source_app]
    if version >= FIRST_WITH_FIDELITIES:
        values.append(str(fidelity))
    return SEPARATOR.join([*values, timestamp])


class Signer:
    """Signs advertisements of applications in the name of one network."""

    def __init__(
        self,
        network: str,
        number: int,
        key: EllipticCurvePrivateKey,
        dice: Callable[[int], bytes],
    ) -> None:
        """Sign as `network` (lower case), which has this number in the list of IAB Tech Lab (0: none)."""
        self._network = network
        self._number = number
        self._key = key
        self._dice = dice
        self._algorithm = ECDSA(SHA256())

    def member(self, app: AdvertisedApp, install: AppInstall, now_ms: int) -> str:
        """Return the member of `bid.ext`, or nothing where the application does not list our network.

        Each signature costs tens of microseconds (`tests/bench/bench_skadnetwork.py`): one, or two for a line item that
        also counts views.
        """
        if not install.lists(self._network, self._number):
            return ""
        version = install.version
        said: dict[str, object] = {
            "version": version,
            "network": self._network,
            "itunesitem": app.store_id,
            "sourceapp": install.source_app,
        }
        if version >= FIRST_WITH_SOURCES:
            said["sourceidentifier"] = str(app.source_identifier)
        else:
            said["campaign"] = str(app.campaign)
        if version >= FIRST_WITH_FIDELITIES:
            fidelities = (STORE_RENDERED, VIEW_THROUGH) if app.view_through else (STORE_RENDERED,)
            said["fidelities"] = [
                {"fidelity": each, **self._signed(app, install, each, now_ms)}
                for each in fidelities
            ]
        else:
            said |= self._signed(app, install, STORE_RENDERED, now_ms)
        if app.product_page and install.product_pages:
            said["productpageid"] = app.product_page
        if app.overlay is not None and install.overlays:
            said["skoverlay"] = _overlay(app.overlay)
        return f'"skadn":{msgspec.json.encode(said).decode()}'

    def _signed(
        self, app: AdvertisedApp, install: AppInstall, fidelity: int, now_ms: int
    ) -> dict[str, str]:
        nonce = str(UUID(bytes=self._dice(_NONCE_BYTES), version=4))
        timestamp = str(now_ms)
        values = signed_values(
            install.version, self._network, app, install.source_app, fidelity, nonce, timestamp
        )
        signature = self._key.sign(values.encode(), self._algorithm)
        return {
            "nonce": nonce,
            "timestamp": timestamp,
            "signature": b64encode(signature).decode(),
        }


def _overlay(overlay: Overlay) -> dict[str, int]:
    said = {"dismissible": int(overlay.dismissible), "pos": int(overlay.raised)}
    if overlay.delay_s is not None:
        said["delay"] = overlay.delay_s
    if overlay.end_card_delay_s is not None:
        said["endcarddelay"] = overlay.end_card_delay_s
    return said
