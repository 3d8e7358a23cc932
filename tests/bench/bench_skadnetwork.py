"""Print what SKAdNetwork costs: `python -m tests.bench.bench_skadnetwork`."""

import json
import os
import timeit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from adserver.domain.app_install import VERSIONS, AdvertisedApp
from adserver.endpoints.postbacks.apple import Verifier
from adserver.openrtb.skadnetwork import Signer, app_install
from tests.unit.endpoints.postbacks.apples import NETWORK, PUBLIC_KEYS, postback

APP = AdvertisedApp(store_id="525463029", source_identifier=5239)
BOTH = msgspec.structs.replace(APP, view_through=True)
OFFERED = msgspec.Raw(
    msgspec.json.encode(
        {"versions": VERSIONS, "sourceapp": "880047117", "skadnetids": [NETWORK] * 10}
    )
)


def microseconds(number: int = 500) -> dict[str, float]:
    """Return the best of five rounds for each deed, microseconds a call."""
    install = app_install(OFFERED)
    assert install is not None
    signer = Signer(NETWORK, 0, ec.generate_private_key(ec.SECP256R1()), os.urandom)
    verifier = Verifier(NETWORK, lambda: True, PUBLIC_KEYS)
    new, old = (json.dumps(postback(version)).encode() for version in ("4.0", "2.0"))
    calls = {
        "reading what is offered": lambda: app_install(OFFERED),
        "an answer": lambda: signer.member(APP, install, 1),
        "an answer with view-through": lambda: signer.member(BOTH, install, 1),
        "a postback": lambda: verifier.read(new, 1),
        "a postback of version 2.0": lambda: verifier.read(old, 1),
    }
    return {
        name: min(timeit.repeat(call, number=number, repeat=5)) / number * 1e6
        for name, call in calls.items()
    }


if __name__ == "__main__":
    print("   ".join(f"{name} {taken:.1f} us" for name, taken in microseconds().items()))
