"""Consent strings."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from adserver.privacy.bits import MAX_LENGTH
from adserver.privacy.tcf import Consent, read_consent
from tests.fuzz.target import Target
from tests.unit.privacy.vectors import core, disclosed, today, vendor_bits, vendor_ranges

_VENDORS = (1, 7, 755, 65_535)


def check(data: bytes) -> None:
    """A string says the same every time, to a known set of purposes, or is void."""
    text = data.decode("latin-1")
    for vendor in _VENDORS:
        try:
            consent = read_consent(text, vendor)
        except ValueError:
            continue
        assert isinstance(consent, Consent)
        assert len(text) <= MAX_LENGTH
        assert not (consent.consents | consent.interests) & 1
        assert all(purpose and kind < 3 for purpose, kind in consent.restrictions)
        assert read_consent(text, vendor) == consent


def seeds() -> Iterator[bytes]:
    """Yield strings that the official library wrote or refused, if there is a corpus, and ours."""
    ranges = vendor_ranges([(1, 5), (7, 7), (700, 800)])
    yield core(consents=vendor_bits([7, 12])).encode()
    yield core(
        consents=ranges, interests=ranges, restrictions=[(2, 1, [(1, 9)]), (3, 0, [(7, 7)])]
    ).encode()
    yield f"{core(created=today(), consents=ranges)}.{disclosed(ranges)}".encode()
    yield b"CPF_61ePF_61eFxAAAENAiCAAAAAAEAAAAAAABIAAAAA"
    root = os.environ.get("ADSERVER_CORPUS")
    if root:
        for name in ("decoded_by_iabtcf-core", "rejected_by_iabtcf-core"):
            cases = json.loads(Path(root, "privacy", f"tcf_{name}.json").read_text("utf-8"))
            yield from (case["tcString"].encode() for case in cases[:100])


TARGET = Target(check, seeds)
