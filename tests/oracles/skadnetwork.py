"""What an advertising network signs for Apple, put together from Apple's documents and an answer alone.

developer.apple.com/documentation/storekit: "Generating the signature to validate StoreKit-rendered ads" (version 4),
"Combining parameters to generate signatures for SKAdNetwork 2.2 and 3", "... a signature for SKAdNetwork 2".
"""

from typing import Any


def combined(answer: dict[str, Any], part: dict[str, Any]) -> bytes:
    """Return what is signed of one part of an answer."""
    version = answer["version"]
    words = [version, answer["network"]]
    words.append(answer["sourceidentifier"] if version == "4.0" else answer["campaign"])
    words += [answer["itunesitem"], part["nonce"], answer["sourceapp"]]
    if version in {"2.2", "3.0", "4.0"}:
        words.append(str(part["fidelity"]))
    return "\u2063".join([*words, part["timestamp"]]).encode()
