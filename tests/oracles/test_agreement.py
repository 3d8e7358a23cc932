"""That a reading which differs from the official library's in anything is noticed, and a refusal without a reason."""

from typing import Any

import pytest

from tests.oracles.gpp_agreement import disagreements
from tests.oracles.gpp_writing import canada, gpp, us_section
from tests.oracles.tcf_agreement import disagreement
from tests.unit.privacy import vectors

US = 12
TCF = vectors.core(features=1 << 11, restrictions=[(4, 0, [(US, US)])])
OF_VENDOR: dict[str, Any] = {
    "consent": True,
    "interest": False,
    "disclosed": False,
    "restrictions": [[4, 0]],
}
OFFICIAL: dict[str, Any] = {
    "version": 2, "created": vectors.DAY_2023_11, "updated": vectors.DAY_2023_11, "cmp": 300, "policy": 4,
    "specific": True, "treatment": False, "country": "DE", "features": [1], "consents": list(range(1, 12)),
    "interests": [], "disclosing": False, "nobody": False,
}  # fmt: skip
STATES = gpp({7: us_section(7, {"SaleOptOut": 1}, 2)})
NATIONAL: dict[str, Any] = {
    "Version": 2, "SharingNotice": 0, "SaleOptOutNotice": 0, "SharingOptOutNotice": 0,
    "TargetedAdvertisingOptOutNotice": 0, "SensitiveDataProcessingOptOutNotice": 0, "SensitiveDataLimitUseNotice": 0,
    "SaleOptOut": 1, "SharingOptOut": 0, "TargetedAdvertisingOptOut": 0, "SensitiveDataProcessing": [0] * 16,
    "KnownChildSensitiveDataConsents": [0] * 3, "PersonalDataConsents": 0, "MspaCoveredTransaction": 0,
    "MspaOptOutOptionMode": 0, "MspaServiceProviderMode": 0, "GpcSegmentType": 1, "Gpc": False,
}  # fmt: skip


def _answer(**section: object) -> dict[str, Any]:
    return {"ids": [7], "whole": True, "sections": {"7": NATIONAL | section}}


def test_the_same_is_the_same() -> None:
    assert disagreement(TCF, US, OFFICIAL, OF_VENDOR) is None
    assert disagreements(STATES, US, _answer()) == []


@pytest.mark.parametrize(
    "other",
    [
        {"created": 1}, {"updated": 1}, {"cmp": 301}, {"policy": 5}, {"treatment": True}, {"country": "FR"},
        {"features": []}, {"consents": [1]}, {"interests": [2]}, {"disclosing": True},
    ],
)  # fmt: skip
def test_any_other_value_of_a_tcf_string_is_noticed(other: dict[str, object]) -> None:
    assert disagreement(TCF, US, OFFICIAL | other, OF_VENDOR)


@pytest.mark.parametrize("other", [{"consent": False}, {"interest": True}, {"restrictions": []}])
def test_anything_else_said_of_the_vendor_is_noticed(other: dict[str, object]) -> None:
    assert disagreement(TCF, US, OFFICIAL, OF_VENDOR | other)


def test_reading_what_the_library_refuses_is_noticed_and_refusing_needs_a_reason() -> None:
    assert disagreement(TCF, US, None, None)
    assert disagreement(TCF[:-4], US, OFFICIAL, OF_VENDOR)
    assert disagreement(TCF[:-4], US, OFFICIAL | {"version": 1}, OF_VENDOR) is None


@pytest.mark.parametrize(
    "other", [{"SaleOptOut": 2}, {"Gpc": True}, {"SensitiveDataProcessing": [1] * 16}, {"PersonalDataConsents": 1}]
)  # fmt: skip
def test_any_other_value_of_a_us_section_is_noticed(other: dict[str, object]) -> None:
    assert disagreements(STATES, US, _answer(**other))


def test_other_sections_and_refusals_are_noticed() -> None:
    assert disagreements(STATES, US, _answer() | {"ids": [8]})
    assert disagreements(STATES, US, _answer() | {"whole": False})
    assert disagreements(STATES, US, _answer() | {"sections": {"7": None}})
    assert disagreements(STATES[:-8], US, _answer())
    assert disagreements(
        gpp({5: canada()}), US, {"ids": [5], "whole": True, "sections": {"5": None}}
    )
