"""The US sections of GPP, read by their layouts: as flags for deciding, and in full for looking at."""

from typing import NamedTuple

from adserver.privacy.bits import Bits
from adserver.privacy.gpp_header import listed
from adserver.privacy.gpp_layouts import LAYOUTS, NEWER, Field, Layout

GPC_SUBSECTION = 1
HEADER_VERSION = 1
NATIONAL = 7
LENGTHS_OF_NATIONAL_1 = (60, 66)
"""In bits, padded to whole letters or to whole bytes before; version 2 is longer."""
_SUBSECTIONS = {1: ((), (1,)), 2: ((1,), (1, 2))}
"""What the header of a newer section may list, by how many subsections follow it.

The specification numbers the core 0, which a Fibonacci code cannot say: either only the other one is listed, or
both are, counted from 1. What follows is told by its place in either case.
"""


class UsSection(NamedTuple):
    """What one section says; `True` always restricts."""

    sale: bool
    sharing: bool
    targeting: bool
    sensitive: bool
    child: bool
    unnoticed: bool
    service_provider: bool
    gpc: bool


def read_us(section: int, text: str) -> UsSection:
    """Read a US section, 7 to 27, as flags; raises `ValueError` if any of it cannot be read."""
    layout, whole, extra = _opened(section, text, strict=True)
    gpc = False
    sensitive = bool(whole & layout.sensitive)
    if extra is not None:
        if layout.extra[-1].name == "Gpc":
            gpc = bool(_gpc(extra) & 1)
        else:
            sensitive = bool(
                extra.read(0, layout.extra[-1].bits) & 0x5555
            )  # the lower bit of each value
    return UsSection(
        bool(whole & layout.sale), bool(whole & layout.sharing), bool(whole & layout.targeting), sensitive,
        bool(whole & layout.child), bool(whole & layout.unnoticed), bool(whole & layout.service_provider), gpc,
    )  # fmt: skip


def decode_section(section: int, text: str) -> dict[str, int | bool | list[int]]:
    """Return all fields of a US section by their names; raises `ValueError` if it cannot be read.

    Read as the official library reads it, also where it guesses and `read_us` refuses: a version that is not
    known as the newest that is, a national section by its length, whatever version it says.
    """
    layout, whole, extra = _opened(section, text, strict=False)
    if extra is not None and layout.extra[-1].name == "Gpc":
        _gpc(extra)
    core = Bits("")
    core.whole, core.length = whole, layout.bits
    found = _values(core, layout.core) | (_values(extra, layout.extra) if extra else {})
    if section == NATIONAL:  # by the version it says, whichever layout its length had
        said = LAYOUTS[NATIONAL][1 if whole >> (layout.bits - 6) == 1 else 2]
        for field in said.core:
            given = found[field.name]
            if isinstance(given, list):
                found[field.name] = (given + [0] * field.values)[: field.values]
    return found


def _values(part: Bits, fields: tuple[Field, ...]) -> dict[str, int | bool | list[int]]:
    found: dict[str, int | bool | list[int]] = {}
    for field in fields:
        values = [
            part.read(field.start + field.width * number, field.width)
            for number in range(field.values or 1)
        ]
        single = bool(values[0]) if field.width == 1 else values[0]
        found[field.name] = values if field.values else single
    return found


def _opened(section: int, text: str, *, strict: bool) -> tuple[Layout, int, Bits | None]:
    """Return the layout, the core as a number of its `bits`, and the subsection that follows, if any."""
    versions = LAYOUTS.get(section)
    if versions is None:
        raise ValueError("no such section")
    parts = text.split(".")
    core = Bits(parts[0])
    version = core.read(0, 6)
    if section in NEWER:
        if version == section:  # the specification's header, which the official libraries leave out
            core = _behind_header(core, parts)
        version = HEADER_VERSION
    else:
        # Between version 1 and 2 of the national section, the official library went by the length.
        old = section == NATIONAL and core.length in LENGTHS_OF_NATIONAL_1
        meant = 1 if old else max(versions)
        if strict and version != meant:
            raise ValueError("not a known version of this section, or not of its length")
        version = meant
    layout = versions[version]
    spare = core.length - layout.bits
    if spare < 0:
        raise ValueError(f"cut off: {-spare} bits are missing")
    if len(parts) > (2 if layout.extra else 1):
        raise ValueError("more subsections than there are")
    return layout, core.whole >> spare, Bits(parts[1]) if len(parts) > 1 else None


def _behind_header(header: Bits, parts: list[str]) -> Bits:
    """Take a newer section's header off its parts, and return the core."""
    if header.read(6, 6) != HEADER_VERSION:
        raise ValueError("not a known version of this section")
    del parts[0]
    if listed(header) not in _SUBSECTIONS.get(len(parts), ()):
        raise ValueError("not the subsections that its header lists")
    return Bits(parts[0])


def _gpc(extra: Bits) -> int:
    subsection = extra.read(0, 3)
    if subsection >> 1 != GPC_SUBSECTION:
        raise ValueError("not a subsection of Global Privacy Control")
    return subsection
