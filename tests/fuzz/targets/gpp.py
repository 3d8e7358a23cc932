"""GPP strings, their US and Canadian sections, and the US privacy string."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

from adserver.privacy.bits import MAX_LENGTH
from adserver.privacy.gpp import CANADA, Gpp, read_gpp, read_gpp_anew
from adserver.privacy.gpp_canada import read_canada_anew
from adserver.privacy.gpp_header import sections
from adserver.privacy.gpp_layouts import LAYOUTS
from adserver.privacy.gpp_us import decode_section, read_us
from adserver.privacy.us_privacy import opted_out, read_us_privacy
from tests.fuzz.target import Target
from tests.oracles import strings
from tests.oracles.gpp_writing import any_us_section, gpp

_VENDORS = (1, 12, 65_535)


def check(data: bytes) -> None:
    """What applies is read the same every time, alone or with others, or refused."""
    text = data.decode("latin-1")
    _us_privacy(text)
    header, *texts = text.split("~")
    try:
        held = sections(header)
    except ValueError:
        return
    assert list(held) == sorted(set(held))
    for section, part in zip(held, texts, strict=False):
        _one(section, part, whole=text)
    try:
        merged = read_gpp_anew(text, held)
    except ValueError:
        return
    assert len(text) <= MAX_LENGTH
    assert len(held) == len(texts)
    assert read_gpp(text, held).sections in {held, ()}
    for section in merged.us:
        _no_wider(merged, read_gpp_anew(text, (section,)))


def _one(section: int, text: str, whole: str) -> None:
    if section == CANADA:
        for vendor in _VENDORS:
            try:
                consent = read_canada_anew(text, vendor)
            except ValueError:
                continue
            assert all(purpose and kind < 3 for purpose, kind in consent.restrictions)
        return
    try:
        flags = read_us(section, text)
    except ValueError:
        return
    values = decode_section(section, text)
    assert flags.sale == (values["SaleOptOut"] in {1, 3})
    assert flags.gpc == values.get("Gpc", False)
    assert whole


def _no_wider(merged: Gpp, alone: Gpp) -> None:
    for name in ("sale_opt_out", "targeting_opt_out", "known_child", "gpc", "notice_missing"):
        assert getattr(merged, name) or not getattr(alone, name)


def _us_privacy(text: str) -> None:
    try:
        said = read_us_privacy(text)
    except ValueError:
        assert opted_out(text)
        return
    assert opted_out(text) == (said.sale_opt_out is True)


def seeds() -> Iterator[bytes]:
    """Yield one string of each section, some of several, and those of the corpus."""
    dice = Random(5)
    yield from (gpp({section: any_us_section(section, dice)}).encode() for section in LAYOUTS)
    yield from (strings.gpp(dice).encode() for _ in range(30))
    yield b"1YNN"
    root = os.environ.get("ADSERVER_CORPUS")
    if root:
        for name in ("decoded", "rejected"):
            cases = json.loads(
                Path(root, "privacy", f"gpp_{name}_by_iabgpp-cmpapi.json").read_text("utf-8")
            )
            yield from (case["gppString"].encode() for case in cases)


TARGET = Target(check, seeds, 1_024)
