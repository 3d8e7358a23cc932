"""sellers.json as exchanges write it."""

import json
from typing import Any

import pytest

from adserver.supply.sellers import MAX_FAULTS, Seller, parse
from tests.corpus.corpus import corpus


def entry(**fields: Any) -> bytes:
    good = {"seller_id": "1", "seller_type": "PUBLISHER", "domain": "pub.example"}
    return json.dumps({"version": "1.0", "sellers": [{**good, **fields}]}).encode()


def test_real_files_mean_what_they_say() -> None:
    folder = corpus("supplychain/sellers")
    one = parse((folder / "rtblint-sellers_exchange1.example_sellers.json").read_bytes())
    seller = Seller("seller-abc", "PUBLISHER", "publisher.example", "Example Publisher")
    assert (one.sellers, one.version, one.faults) == ({"seller-abc": seller}, "1.0", ())
    two = parse((folder / "rtblint-sellers_exchange2.example_sellers.json").read_bytes())
    assert [(each.id, each.type) for each in two.sellers.values()] == [
        ("seller-xyz", "INTERMEDIARY")
    ]
    with pytest.raises(ValueError, match=r"Expected `array`, got `str`.*sellers"):
        parse((folder / "rtblint-sellers_broken.example_sellers.json").read_bytes())


@pytest.mark.parametrize(
    "content",
    [
        entry(),
        b"\xef\xbb\xbf" + entry(),
        entry().decode().encode("utf-16"),
        entry(seller_id=1, seller_type=" publisher "),
    ],
)
def test_one_seller_is_found_however_it_is_written(content: bytes) -> None:
    assert parse(content).sellers == {"1": Seller("1", "PUBLISHER", "pub.example")}


@pytest.mark.parametrize("yes", [1, "1", True, "true"])
def test_flags_are_read_in_the_forms_that_are_common(yes: object) -> None:
    found = parse(entry(is_confidential=yes, is_passthrough=yes, domain=None)).sellers["1"]
    assert (found.confidential, found.passthrough, found.domain) == (True, True, "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html></html>",
        b"[]",
        b"{}",
        b'{"sellers": {}}',
        b'{"sellers": [{"seller_id": "1"},]}',
        b'{"sellers": [',
        b'{"sellers": ["\xff\xfe"',
        b"[" * 100_000,
    ],
)
def test_what_is_no_sellers_json_is_named(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"is no sellers\.json: .+"):
        parse(content)


def test_the_place_of_a_trailing_comma_is_named() -> None:
    with pytest.raises(ValueError, match=r"trailing comma.*byte 32"):
        parse(b'{"sellers": [{"seller_id": "1"},]}')


@pytest.mark.parametrize(
    ("fields", "message", "kept"),
    [
        ({"seller_id": None}, "no `seller_id`", False),
        ({"seller_id": " "}, "no `seller_id`", False),
        ({"seller_id": {}}, "seller_id", False),
        ({"seller_type": "AGENCY"}, "`seller_type` is neither", True),
        ({"domain": "nothing"}, "has no `domain`", True),
        ({"domain": 7}, "has no `domain`", True),
    ],
)
def test_a_bad_entry_costs_that_entry_at_most(
    fields: dict[str, Any], message: str, *, kept: bool
) -> None:
    found = parse(entry(**fields))
    assert [each.entry for each in found.faults] == [1]
    assert message in found.faults[0].message
    assert bool(found.sellers) == kept


def test_of_two_entries_of_one_account_the_first_counts() -> None:
    content = b'{"sellers": [%s, %s, 3]}' % tuple(
        json.dumps({"seller_id": "1", "seller_type": kind, "domain": "a.example"}).encode()
        for kind in ("BOTH", "PUBLISHER")
    )
    found = parse(content)
    assert found.sellers["1"].type == "BOTH"
    assert [each.entry for each in found.faults] == [2, 3]


def test_faults_are_counted_beyond_those_that_are_described() -> None:
    found = parse(b'{"sellers": [%s]}' % b", ".join([b"{}"] * (MAX_FAULTS + 5)))
    assert (len(found.faults), found.fault_count) == (MAX_FAULTS, MAX_FAULTS + 5)
