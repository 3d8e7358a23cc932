"""The Canadian section in both codings of its lists, against official decodings and strings made field by field."""

from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.privacy.gpp_canada import MAX_LENGTH, read_canada
from adserver.privacy.gpp_header import sections
from tests.oracles.gpp_writing import canada
from tests.unit.privacy import vectors
from tests.unit.privacy.truth_table import consent

US = 12


def test_official_decodings_say_the_same_but_for_sections_of_no_platform() -> None:
    read = 0
    for vector in vectors.vectors("gpp_decoded_by_iabgpp-cmpapi.json"):
        official = vector["expected"].get("tcfcav1")
        if official is None:
            continue
        header, *texts = vector["gppString"].split("~")
        text = texts[sections(header).index(5)]
        if not official["CmpId"]:
            with pytest.raises(ValueError, match="no consent platform"):
                read_canada(text, US)
            continue
        for vendor in range(1, 60):
            found = read_canada(text, vendor)
            assert found.vendor_consent == (vendor in official["VendorExpressConsent"])
            assert found.vendor_interest == (vendor in official["VendorImpliedConsent"])
            for mask, name in (
                (found.consents, "PurposesExpressConsent"), (found.interests, "PurposesImpliedConsent"),
                (found.special_features, "SpecialFeatureExpressConsent"),
            ):  # fmt: skip
                assert mask == sum(1 << n for n, bit in enumerate(official[name], 1) if bit)
            assert found.created_s == datetime.fromisoformat(official["Created"]).timestamp()
        read += 1
    assert read == 2


@pytest.mark.parametrize("whole_numbers", [False, True])
def test_everything_that_is_said_of_a_vendor_is_read(whole_numbers: bool) -> None:  # noqa: FBT001 - a case
    text = canada(
        express=[(US, US), (700, 800)], implied=[(3, 5), (900, 950)], purposes=[1, 7], implied_purposes=[2, 10],
        features=0b100000000000, cmp=77, disclosed=[(1, 40), (500, 600)], created=17_000_000_000,
        restrictions=[(2, 1, [(US, US)]), (7, 0, [(1, 3)]), (9, 2, [(4, 90), (300, 400)])],
        whole_numbers=whole_numbers,
    )  # fmt: skip
    assert read_canada(text, US) == consent(
        consents=1 << 1 | 1 << 7, interests=1 << 2 | 1 << 10, vendor_interest=False, special_features=0b10,
        restrictions=((2, 1), (9, 2)), country="", cmp=77, policy=2, created_s=1_700_000_000, updated_s=1_700_000_000,
    )  # fmt: skip
    assert read_canada(text, 950).vendor_interest
    assert read_canada(text, 750).vendor_consent
    assert read_canada(text, 750).disclosed is False
    assert read_canada(canada(), US).disclosed is None


lists = st.lists(st.tuples(st.integers(2, 300), st.integers(0, 40)), max_size=12)


def _ranges(steps: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found, after = [], 0
    for gap, length in steps:
        found.append((after + gap, after + gap + length))
        after += gap + length
    return found


@settings(max_examples=300, deadline=None)
@given(lists, lists, lists, st.booleans())
def test_either_coding_is_told_from_the_other(
    express: list[tuple[int, int]],
    implied: list[tuple[int, int]],
    restricted: list[tuple[int, int]],
    whole: bool,  # noqa: FBT001 - a case
) -> None:
    """Both writers pick the shorter form; a string of one that is one of the other, too, is refused or means the same."""
    ranges = _ranges(express), _ranges(implied), _ranges(restricted)
    text = canada(
        express=ranges[0], implied=ranges[1], restrictions=[(7, 0, ranges[2])] if ranges[2] else (), whole_numbers=whole
    )  # fmt: skip
    edges = {
        number
        for listed in ranges
        for pair in listed
        for number in (*pair, pair[0] - 1, pair[1] + 1)
    }
    for vendor in sorted(edges | {1}):
        try:
            found = read_canada(text, vendor)
        except ValueError as error:
            assert "mean one thing" in str(error)  # noqa: PT017 - a rare string of both codings
            continue
        among = [any(first <= vendor <= last for first, last in listed) for listed in ranges]
        assert [found.vendor_consent, found.vendor_interest, bool(found.restrictions)] == among


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "B", "BAAA",
        canada(version=2), canada(cmp=0), canada(cmp=1),
        canada()[:-4],
        canada() + ".", canada() + ".gAAA",
        canada(disclosed=[(1, 3)]) + "." + canada(disclosed=[(1, 3)]).split(".")[1],
        "IAAA." + canada(),
        canada(restrictions=[(7, 3, [(US, US)])]),
        canada(restrictions=[(0, 1, [(US, US)])]),
        "B" * (MAX_LENGTH + 1),
        canada() + "\u00e9",
    ],
)  # fmt: skip
def test_void_sections_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any way of being void
        read_canada(text, US)


@pytest.mark.parametrize("vendor", [0, -1, 65_536])
def test_no_vendor_has_nobodys_consent(vendor: int) -> None:
    with pytest.raises(ValueError, match="from 1"):
        read_canada(canada(express=[(1, 500)]), vendor)


def test_a_list_that_no_writer_writes_so_is_refused() -> None:
    """Two neighbours as two entries: neither writer does that, and the codings would differ from here on."""
    fixed = canada()[:33]
    doubled = vectors.bits((13, 16), (1, 1), (2, 12)) + "0" + "10001011"[:7] + "0" + "11"
    with pytest.raises(ValueError, match="no known coding"):
        read_canada(fixed + vectors.encode(doubled + "0" * 29), US)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 90), st.text(st.sampled_from("ABIYgx_-.19"), max_size=8), st.integers(0, 9))
def test_damage_is_refused_or_read_and_nothing_else(place: int, put: str, cut: int) -> None:
    whole = canada(
        express=[(3, 90), (200, 201)], restrictions=[(7, 0, [(1, 3)])], disclosed=[(1, 90)]
    )
    with suppress(ValueError):
        read_canada(whole[:place] + put + whole[place + cut :], US)
