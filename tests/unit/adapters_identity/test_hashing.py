"""Addresses and numbers as partners publish that they want them, with the hashes that they publish."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.identity import hashing
from adapters.identity.hashing import PARTNERS, e164, hashed_email, hashed_phone, sha256_hex


def corpus(file: str) -> Any:
    root = os.environ.get("ADSERVER_CORPUS")
    if root is None:
        assert os.environ.get("CI") != "true", "CI needs ADSERVER_CORPUS"
        pytest.skip("ADSERVER_CORPUS is not set")
    return json.loads(Path(root, file).read_text("utf-8"))


@pytest.mark.parametrize("partner", ["uid2", "euid"])
def test_uid2s_own_vectors_are_met(partner: str) -> None:
    vectors = corpus("supplychain/ids/uid2_normalization_vectors.json")
    for each in vectors["emails_valid"]:
        assert PARTNERS[partner].email(each["input"]) == each["normalized"]
        assert hashed_email(partner, each["input"]) == each["sha256_base64"]
    for each in vectors["emails_invalid"]:
        with pytest.raises(ValueError, match="is no e-mail address"):
            hashed_email(partner, each)
    for each in vectors["phones_e164_valid"]:
        assert PARTNERS[partner].phone(each, "") == each
    example = vectors["phone_hash_example"]
    assert hashed_phone(partner, example["raw"], "1") == example["sha256_base64"]
    for each in vectors["phones_not_normalized_or_invalid"]:
        if each and each.replace(" ", "") not in vectors["phones_e164_valid"]:
            with pytest.raises(ValueError, match="telephone number"):
                hashed_phone(partner, each)


def test_other_partners_published_vectors_are_met() -> None:
    names = {
        "Google Data Manager API": "google", "Google Ads API": "google", "TikTok": "tiktok",
        "TikTok (Aug 2025 help page)": "tiktok", "LiveRamp": "liveramp",
    }  # fmt: skip
    met = 0
    for each in corpus("dmp/hash_normalization_vectors.json")["vectors"]:
        partner = names.get(each["platform"])
        if partner is None or each["kind"] not in {"email", "phone"}:
            continue
        found = next(each[name] for name in each if name.startswith("sha"))
        if each["kind"] == "email":
            assert hashed_email(partner, each["raw"]) == found
        elif "country" in each or each["raw"].startswith("+"):
            assert hashed_phone(partner, each["raw"], "1" if "country" in each else "") == found
        else:
            assert hashed_phone(partner, "+" + each["raw"]) == found
        met += 1
    assert met == 9


@pytest.mark.parametrize(
    ("partner", "email", "phone"),
    [
        # developers.facebook.com, customer information parameters: both hashes stand there.
        (
            "meta",
            "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
            "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
        ),
    ],
)
def test_metas_published_hashes_are_met(partner: str, email: str, phone: str) -> None:
    assert hashed_email(partner, " John_Smith@gmail.com ") == email
    assert hashed_phone(partner, "(650)555-1212", "1") == phone


@pytest.mark.parametrize(
    ("partner", "same"),
    [("uid2", True), ("google", True), ("meta", False), ("snap", False), ("liveramp", False), ("tiktok", False)],
)  # fmt: skip
def test_partners_differ_in_whether_dots_matter_to_google(partner: str, same: bool) -> None:  # noqa: FBT001 - a table
    dotted, bare = (
        hashed_email(partner, each) for each in ("Jane.Doe@gmail.com", "janedoe@gmail.com")
    )
    assert (dotted == bare) is same
    other = [hashed_email(partner, each) for each in ("j.d@shop.example", "jd@shop.example")]
    assert other[0] != other[1]


def test_partners_differ_in_their_hash() -> None:
    lengths = {name: len(hashed_email(name, "a@b.example")) for name in PARTNERS}
    assert lengths == {
        "uid2": 44, "euid": 44, "google": 64, "meta": 64, "snap": 64, "tiktok": 64, "liveramp": 64, "criteo": 32,
    }  # fmt: skip
    assert len(hashed_phone("liveramp", "+49 30 1234567", "49")) == 40
    with pytest.raises(ValueError, match="publishes no rule"):
        hashed_phone("criteo", "+49301234567")
    assert all(each.source for each in PARTNERS.values())


@pytest.mark.parametrize(
    ("number", "code", "found"),
    [
        ("0491 570 006", "61", "+61491570006"),
        ("+61 (491) 570-006", "", "+61491570006"),
        ("0049 30/1234567", "", "+49301234567"),
        ("06 1234 5678", "39", "+390612345678"),  # in Italy the zero belongs to the number
        ("1 (234) 567-8901", "1", "+12345678901"),
        ("234.567.8901", "1", "+12345678901"),
        ("+49\u00a030\u20111234567", "1", "+49301234567"),
    ],
)
def test_numbers_become_those_that_one_dials_from_anywhere(
    number: str, code: str, found: str
) -> None:
    assert e164(number, code) == found


@pytest.mark.parametrize(
    "number", ["", "+", "030 1234567", "+0301234567", "+49x301234567", "+1234567890123456", "+٤٩٣٠١٢٣٤٥٦٧", "++4930123456"]
)  # fmt: skip
def test_what_is_no_number_or_names_no_country_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="telephone number"):
        e164(number)


def test_a_hash_is_read_in_either_writing_and_an_address_is_no_hash() -> None:
    hexadecimal = "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"
    assert sha256_hex(hexadecimal.upper()) == hexadecimal
    assert sha256_hex(" tMmiiTI7IaAcPpQPFQ65uMVCWH8av9jw4cwf/F5HVRQ= ") == hexadecimal
    assert hashing.sha256_of("user@example.com") == hexadecimal
    for wrong in ("", "user@example.com", hexadecimal[:-1], "0x" + hexadecimal, "AAAA"):
        with pytest.raises(ValueError, match="is no SHA-256") as refused:
            sha256_hex(wrong)
        assert not wrong or wrong not in str(refused.value)


@given(st.sampled_from(sorted(PARTNERS)), st.text(max_size=300))
def test_nothing_but_a_refusal_is_raised_and_it_never_repeats_an_address(
    partner: str, text: str
) -> None:
    for hashed in (hashed_email, hashed_phone):
        try:
            said = str(len(hashed(partner, text)))
        except ValueError as refusal:
            said = str(refusal)
        assert said in _REFUSALS | {"32", "40", "44", "64"}


_REFUSALS = {
    "is no e-mail address", "is no telephone number", "is a telephone number without a country",
    "is a telephone number too short for UID2", "is a telephone number, for which this partner publishes no rule",
    "is a telephone number of another country than the file's",
}  # fmt: skip
