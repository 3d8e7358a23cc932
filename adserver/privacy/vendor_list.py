"""The lists of IAB Europe and IAB Canada, brought by the operator: vendors and what they registered, consent platforms.

Read as far as needed, from layouts 2 and 3 of the specification; what is wrong with a file is said by a `ValueError`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, TypeVar

import msgspec

from adserver.privacy.legal_bases import Registration

LAYOUTS = (2, 3)
MAX_BYTES = 64_000_000
"""The European list has less than two million."""
MAX_NUMBER = 63
"""Of purposes and features; strings have room for 24."""
_Numbers = list[int]
_Wire = TypeVar("_Wire")


class Vendor(msgspec.Struct, frozen=True):
    """One entry of a vendor list."""

    number: int
    name: str
    registration: Registration
    deleted_s: int | None
    """When it was deleted, in seconds since the epoch: from then on it must not rely on anything."""


class VendorList(msgspec.Struct, frozen=True):
    """A version of a list."""

    version: int
    policy: int
    """The version of the policies that it follows."""
    updated_s: int
    vendors: Mapping[int, Vendor]

    def registration(self, vendor: int, now_s: int) -> Registration:
        """Return what a vendor registered; raises `ValueError` if it is not on the list, or not any more."""
        found = self.vendors.get(vendor)
        if found is None:
            raise ValueError(f"vendor {vendor} is not in version {self.version} of the vendor list")
        if found.deleted_s is not None and found.deleted_s <= now_s:
            raise ValueError(f"vendor {vendor} was deleted from the vendor list")
        return found.registration


class _VendorEntry(msgspec.Struct):
    id: int
    name: str
    purposes: _Numbers
    leg_int_purposes: _Numbers | None = msgspec.field(default=None, name="legIntPurposes")
    imp_cons_purposes: _Numbers | None = msgspec.field(default=None, name="impConsPurposes")
    flexible_purposes: _Numbers = msgspec.field(default_factory=list, name="flexiblePurposes")
    special_purposes: _Numbers = msgspec.field(default_factory=list, name="specialPurposes")
    features: _Numbers = msgspec.field(default_factory=list)
    special_features: _Numbers = msgspec.field(default_factory=list, name="specialFeatures")
    deleted_date: str | None = msgspec.field(default=None, name="deletedDate")


class _VendorFile(msgspec.Struct):
    layout: int = msgspec.field(name="gvlSpecificationVersion")
    version: int = msgspec.field(name="vendorListVersion")
    policy: int = msgspec.field(name="tcfPolicyVersion")
    updated: str = msgspec.field(name="lastUpdated")
    vendors: dict[str, _VendorEntry]


class _PlatformEntry(msgspec.Struct):
    id: int
    deleted_date: str | None = msgspec.field(default=None, name="deletedDate")


class _PlatformFile(msgspec.Struct):
    cmps: dict[str, _PlatformEntry]


def read_vendor_list(file: Path) -> VendorList:
    """Read a vendor list (`vendor-list.json`); raises `ValueError` that names the file and what is wrong with it."""
    return _read(file, _vendor_list)


def read_deleted_platforms(file: Path) -> dict[int, int]:
    """Read a list of consent platforms (`cmp-list.json`): number -> the second of its deletion, of those deleted.

    What comes from them after that is void (`is_current`). Raises `ValueError` as `read_vendor_list` does.
    """
    return _read(file, _deleted_platforms)


_Read = TypeVar("_Read")


def _read(file: Path, parse: Callable[[bytes], _Read]) -> _Read:
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
        return parse(raw)
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def _vendor_list(raw: bytes) -> VendorList:
    wire = _decode(raw, _VendorFile)
    if wire.layout not in LAYOUTS:
        raise ValueError(f"is of layout {wire.layout}; {' and '.join(map(str, LAYOUTS))} are known")
    if wire.version < 1 or wire.policy < 1:
        raise ValueError("has no version, or no version of the policies")
    vendors = {}
    for key, entry in wire.vendors.items():
        vendor = _vendor(key, entry)
        vendors[vendor.number] = vendor
    return VendorList(wire.version, wire.policy, _seconds(wire.updated, "lastUpdated"), vendors)


def _vendor(key: str, entry: _VendorEntry) -> Vendor:
    where = f"vendors.{key[:20]}"

    def wrong(what: str) -> NoReturn:
        raise ValueError(f"{where}: {what}")

    if key != str(entry.id) or not 1 <= entry.id <= 0xFFFF:  # noqa: PLR2004 - 16 bits
        wrong(f"its id is {entry.id}")
    if (entry.leg_int_purposes is None) == (entry.imp_cons_purposes is None):
        wrong("needs one of legIntPurposes and (in Canada) impConsPurposes")
    interests = entry.leg_int_purposes or entry.imp_cons_purposes or []
    lists = (
        entry.purposes, interests, entry.flexible_purposes, entry.special_purposes, entry.features,
        entry.special_features,
    )  # fmt: skip
    for numbers in lists:
        if any(not 1 <= number <= MAX_NUMBER for number in numbers):
            wrong(f"purposes and features have numbers from 1 to {MAX_NUMBER}")
    if not set(entry.purposes).isdisjoint(interests):
        wrong("a purpose is registered on both bases")
    deleted_s = _seconds(entry.deleted_date, f"{where}.deletedDate") if entry.deleted_date else None
    return Vendor(entry.id, entry.name, Registration(*map(frozenset, lists)), deleted_s)


def _deleted_platforms(raw: bytes) -> dict[int, int]:
    found = {}
    for key, entry in _decode(raw, _PlatformFile).cmps.items():
        if key != str(entry.id):
            raise ValueError(f"cmps.{key[:20]}: its id is {entry.id}")
        if entry.deleted_date:
            found[entry.id] = _seconds(entry.deleted_date, f"cmps.{key[:20]}.deletedDate")
    return found


def _decode(raw: bytes, shape: type[_Wire]) -> _Wire:
    if len(raw) > MAX_BYTES:
        raise ValueError(f"has more than {MAX_BYTES:,} bytes")
    try:
        return msgspec.json.decode(raw, type=shape)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None


def _seconds(moment: str, where: str) -> int:
    try:
        parsed = datetime.fromisoformat(moment)
        return int(parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp())
    except (ValueError, OverflowError):
        raise ValueError(f"{where}: not a date and time") from None
