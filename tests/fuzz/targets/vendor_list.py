"""Vendor lists and lists of consent platforms, as somebody downloaded them."""

import json

from adserver.privacy.vendor_list import read_deleted_platforms, read_vendor_list
from tests.fuzz.target import Target, scratch
from tests.unit.privacy.test_vendor_list import LIST, VENDOR

_FILE = scratch() / "list.json"


def check(data: bytes) -> None:
    """A list of vendors with numbers and purposes that strings can name, or an error that names the file."""
    _FILE.write_bytes(data)
    for read in (read_vendor_list, read_deleted_platforms):
        try:
            found = read(_FILE)
        except ValueError as refusal:
            assert str(refusal).startswith(str(_FILE))
            continue
        if isinstance(found, dict):
            continue
        for number, vendor in found.vendors.items():
            assert number == vendor.number
            assert 1 <= number <= 0xFFFF
            registered = vendor.registration.consent | vendor.registration.legitimate_interest
            assert all(1 <= purpose <= 63 for purpose in registered)


def seeds() -> list[bytes]:
    """Return small lists of both kinds."""
    canadian = {key: value for key, value in VENDOR.items() if key != "legIntPurposes"} | {
        "impConsPurposes": [4]
    }
    deleted = VENDOR | {"deletedDate": "2026-09-01T00:00:00Z"}
    platforms = {"cmps": {"3": {"id": 3}, "23": {"id": 23, "deletedDate": "2020-04-09T00:00:00Z"}}}
    lists = [
        LIST,
        LIST | {"vendors": {"12": canadian}},
        LIST | {"vendors": {"12": deleted}},
        platforms,
    ]
    return [json.dumps(each).encode() for each in lists]


TARGET = Target(check, seeds)
