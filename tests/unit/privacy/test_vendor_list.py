"""Vendor lists of both layouts, whole and damaged, and the list of consent platforms."""

import json
from pathlib import Path
from typing import Any

import pytest

from adserver.privacy.legal_bases import Registration
from adserver.privacy.vendor_list import read_deleted_platforms, read_vendor_list
from tests.corpus.corpus import corpus

NOW_S = 1_790_000_000
VENDOR: dict[str, Any] = {
    "id": 12, "name": "Tents", "purposes": [1, 3], "legIntPurposes": [2, 7], "flexiblePurposes": [2],
    "specialPurposes": [1], "features": [1], "specialFeatures": [1],
}  # fmt: skip
LIST: dict[str, Any] = {
    "gvlSpecificationVersion": 3, "vendorListVersion": 177, "tcfPolicyVersion": 5,
    "lastUpdated": "2026-09-17T16:00:00Z", "vendors": {"12": VENDOR},
}  # fmt: skip


def _file(folder: Path, content: object) -> Path:
    file = folder / "vendor-list.json"
    text = content if isinstance(content, str) else json.dumps(content)
    file.write_text(text, "utf-8", errors="surrogatepass")
    return file


def _with(**vendor: object) -> dict[str, Any]:
    return LIST | {"vendors": {"12": VENDOR | vendor}}


def test_a_vendor_is_read_with_all_that_it_registered(tmp_path: Path) -> None:
    found = read_vendor_list(_file(tmp_path, LIST))
    assert (found.version, found.policy, found.updated_s) == (177, 5, 1_789_660_800)
    assert found.registration(12, NOW_S) == Registration(
        frozenset({1, 3}), frozenset({2, 7}), frozenset({2}), frozenset({1}), frozenset({1}), frozenset({1})
    )  # fmt: skip


@pytest.mark.parametrize("deleted", ["2026-09-01T00:00:00Z", "2026-09-01T00:00:00"])
def test_a_deleted_vendor_is_none_from_that_second_on(tmp_path: Path, deleted: str) -> None:
    found = read_vendor_list(_file(tmp_path, _with(deletedDate=deleted)))
    at_s = 1_788_220_800
    assert found.registration(12, at_s - 1).consent == {1, 3}
    with pytest.raises(ValueError, match="was deleted"):
        found.registration(12, at_s)
    with pytest.raises(ValueError, match="not in version 177"):
        found.registration(13, at_s)


def test_implied_consent_of_the_canadian_list_stands_for_interest(tmp_path: Path) -> None:
    vendor = {key: value for key, value in VENDOR.items() if key != "legIntPurposes"}
    canadian = LIST | {
        "gvlSpecificationVersion": 2,
        "vendors": {"12": vendor | {"impConsPurposes": [4]}},
    }
    found = read_vendor_list(_file(tmp_path, canadian))
    assert found.registration(12, NOW_S).legitimate_interest == {4}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "truncated"),
        ("[]", "Expected `object`"),
        ('{"vendors":' + "[" * 100_000, r"Expected `object`|nested"),
        ("\ud800", "JSON|UTF-8|utf-8"),
        (LIST | {"gvlSpecificationVersion": 1}, "layout 1; 2 and 3 are known"),
        (LIST | {"vendorListVersion": 0}, "no version"),
        (LIST | {"lastUpdated": "yesterday"}, "lastUpdated: not a date"),
        (LIST | {"vendors": {"13": VENDOR}}, "vendors.13: its id is 12"),
        (LIST | {"vendors": {"0": VENDOR | {"id": 0}}}, "vendors.0: its id is 0"),
        (_with(purposes=[1, "2"]), "Expected `int`, got `str`"),
        (_with(purposes=[0]), "numbers from 1"),
        (_with(purposes=[10**30]), "out of range|numbers from 1"),
        (_with(features=[64]), "numbers from 1"),
        (_with(purposes=[2]), "on both bases"),
        (_with(legIntPurposes=None), "needs one of"),
        (_with(impConsPurposes=[2]), "needs one of"),
        (_with(deletedDate="0001-01-01T00:00:00+23:59x"), "deletedDate: not a date"),
        (
            {key: value for key, value in LIST.items() if key != "tcfPolicyVersion"},
            "tcfPolicyVersion",
        ),
    ],
)
def test_a_damaged_list_is_refused_with_what_is_wrong(
    tmp_path: Path, content: object, said: str
) -> None:
    file = _file(tmp_path, content)
    with pytest.raises(ValueError, match=said) as refusal:
        read_vendor_list(file)
    assert str(refusal.value).startswith(str(file))


def test_a_missing_list_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.json: cannot be read"):
        read_vendor_list(tmp_path / "nowhere.json")


def test_deleted_platforms_are_read_with_their_end(tmp_path: Path) -> None:
    platforms = {"cmps": {"3": {"id": 3}, "23": {"id": 23, "deletedDate": "2020-04-09T00:00:00Z"}}}
    assert read_deleted_platforms(_file(tmp_path, platforms)) == {23: 1_586_390_400}
    with pytest.raises(ValueError, match=r"cmps\.4: its id is 3"):
        read_deleted_platforms(_file(tmp_path, {"cmps": {"4": {"id": 3}}}))


@pytest.mark.parametrize(
    ("name", "version", "vendors", "deleted"),
    [
        ("iabtcf-es_v2.2_vendor-list-v17.json", 17, 692, 1),
        ("iabtcf-java_gvl_v2.json", 26, 3, 2),
        ("tcf2.0_vendor-list-v51.json", 51, 496, 2),
        ("canada_vendor-list.json", 45, 36, 0),
    ],
)
def test_published_lists_are_read_whole(
    name: str, version: int, vendors: int, deleted: int
) -> None:
    file = corpus("privacy", "gvl", name)
    found = read_vendor_list(file)
    assert (found.version, len(found.vendors)) == (version, vendors)
    assert sum(vendor.deleted_s is not None for vendor in found.vendors.values()) >= deleted
    for key, entry in json.loads(file.read_text("utf-8"))["vendors"].items():
        registration = found.vendors[int(key)].registration
        assert registration.consent == set(entry["purposes"])
        assert registration.legitimate_interest == set(
            entry.get("legIntPurposes") or entry.get("impConsPurposes") or ()
        )
        assert registration.flexible == set(entry["flexiblePurposes"])


def test_the_published_list_of_platforms_is_read() -> None:
    assert read_deleted_platforms(corpus("privacy", "gvl", "cmpList.json")) == {23: 1_586_390_400}
