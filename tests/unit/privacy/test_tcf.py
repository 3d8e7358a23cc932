"""Consent strings against the official library's decodings, strings made by hand, and damage."""

import time
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adserver.privacy import tcf
from adserver.privacy.tcf import MAX_LENGTH, read_anew, read_consent
from tests.unit.privacy import vectors

US = 12
EVERYTHING = frozenset(range(1, 12))


def _asked(official: dict[str, list[int]]) -> set[int]:
    """Named vendors, their neighbours, and numbers at the ends of the range."""
    named = {
        *official["vendorConsents"][:40],
        *official["vendorsDisclosed"][:20],
        *official["vendorLegitimateInterests"][:10],
    }
    for rule in official["publisherRestrictions"]:
        named |= set(rule["vendors"][:10])  # type: ignore[index] # rules are objects
    return {vendor for name in named for vendor in (name, name + 1)} | {1, 65_535}


@pytest.mark.parametrize(
    "file", ["tcf_decoded_by_iabtcf-core.json", "tcf_generated_with_iabtcf-core-encoder.json"]
)
def test_every_officially_decoded_string_allows_what_its_decoding_implies(file: str) -> None:
    compared = granting = 0
    for vector in vectors.vectors(file):
        official = vector["expected"]
        for vendor in _asked(official):
            wanted = vectors.allowed(official, vendor)
            where = f"{vector['tcString']} for vendor {vendor}"
            if wanted is None:
                with pytest.raises(ValueError):  # noqa: PT011 - any way of being void
                    read_consent(vector["tcString"], vendor)
            else:
                got = read_consent(vector["tcString"], vendor)
                assert got.purposes == wanted, where
                assert got.precise_location == (
                    vendor in official["vendorConsents"] and 1 in official["specialFeatureOptins"]
                ), where
                granting += bool(wanted)
            compared += 1
    assert compared > 300
    assert granting > 20


def test_every_officially_refused_string_is_unreadable() -> None:
    for vector in vectors.vectors("tcf_rejected_by_iabtcf-core.json"):
        for vendor in (1, 2, US, 755, 65_535):
            with pytest.raises(ValueError):  # noqa: PT011 - any way of being void
                read_consent(vector["tcString"], vendor)


def test_a_whole_string_allows_its_purposes() -> None:
    assert read_consent(vectors.core(), US).purposes == EVERYTHING
    assert read_consent(vectors.core(purposes=[1, 2, 7]), US).purposes == {1, 2, 7}
    assert read_consent(vectors.core(), 13).purposes == frozenset()


def test_precise_location_needs_the_special_feature_and_the_vendor() -> None:
    text = vectors.core(features=1 << 11)
    assert read_consent(text, US).precise_location
    assert not read_consent(text, 13).precise_location
    assert not read_consent(vectors.core(features=1 << 10), US).precise_location


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "C",
        vectors.core(version=1),
        vectors.core(service_specific=0),
        vectors.core(cmp=0),
        vectors.core(cmp=1),
        vectors.core(policy=3),
        vectors.core(consents=vectors.vendor_ranges([(0, US)])),
        vectors.core(created=vectors.AFTER_2026_02_28),
        vectors.core(created=vectors.AFTER_2026_02_28) + ".",
        vectors.core(created=vectors.AFTER_2026_02_28)
        + "."
        + vectors.disclosed(vectors.vendor_bits([11, 13])),
        vectors.core()[:-3],
        "+" + vectors.core()[1:],
        vectors.core()[:40] + "!!!!" + vectors.core()[40:],
        vectors.core() + "====",
        vectors.core().replace("A", "\u00c5", 1),
        "C" * (MAX_LENGTH + 1),
    ],
)
def test_void_strings_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any way of being void
        read_consent(text, US)


@pytest.mark.parametrize("vendor", [0, -1])
def test_no_vendor_has_nobodys_consent(vendor: int) -> None:
    with pytest.raises(ValueError, match="from 1"):
        read_consent(vectors.core(consents=vectors.vendor_ranges([(1, 500)])), vendor)


def test_an_older_policy_is_valid_for_an_older_string() -> None:
    old = vectors.core(policy=2, created=16_000_000_000)
    assert read_consent(old, US).purposes == EVERYTHING


@pytest.mark.parametrize(
    "section", [vectors.vendor_bits([US]), vectors.vendor_ranges([(3, 5), (US, US), (90, 99)])]
)
def test_a_disclosed_vendor_may_use_a_recent_string(section: str) -> None:
    recent = vectors.core(created=vectors.today(), policy=5)
    publisher = vectors.encode(vectors.bits((3, 3), (0, 60)))
    text = f"{recent}.{publisher}.{vectors.disclosed(section)}"
    assert read_consent(text, US).purposes == EVERYTHING
    with pytest.raises(ValueError, match="not disclosed"):
        read_consent(text, 80)


@pytest.mark.parametrize(
    ("kind", "left"),
    [(0, EVERYTHING - {4}), (1, EVERYTHING), (2, EVERYTHING - {4}), (3, EVERYTHING)],
)
def test_publishers_restrict_a_purpose(kind: int, left: frozenset[int]) -> None:
    """Not allowed, and legitimate interest required, leave a vendor who needs consent without a basis."""
    for ranges in ([(US, US)], [(1, 3), (10, 20)]):
        text = vectors.core(restrictions=[(9, 0, [(13, 700)]), (4, kind, ranges)])
        assert read_consent(text, US).purposes == left


@pytest.mark.parametrize("padding", range(6))
def test_the_last_bits_of_a_string_count_however_it_is_padded(padding: int) -> None:
    """Strings end with whole characters of six bits, not with whole bytes."""
    interests = vectors.vendor_bits([40 + padding])
    assert read_consent(vectors.core(interests=interests), US).purposes == EVERYTHING


whole = st.sampled_from(
    [
        vectors.core(),
        vectors.core(consents=vectors.vendor_ranges([(2, 9), (US, US), (20, 900)])),
        vectors.core(restrictions=[(4, 0, [(US, US)]), (7, 2, [(1, 30)])]),
        vectors.core(created=vectors.today(), policy=5)
        + "."
        + vectors.disclosed(vectors.vendor_bits([US])),
    ]
)
letters = st.characters(codec="utf-8") | st.sampled_from("Cabc09-_.=+/ ")


@settings(max_examples=1_500, deadline=None)
@given(whole, st.integers(0, 400), st.text(letters, max_size=6), st.integers(0, 12))
@example(vectors.core(), 0, "\ud800", 1)
def test_damage_is_refused_or_read_and_nothing_else(
    text: str, place: int, put: str, cut: int
) -> None:
    place %= len(text)
    damaged = text[:place] + put + text[place + cut :]
    for vendor in (US, 1):
        with suppress(ValueError):
            read_consent(damaged, vendor)


@settings(max_examples=500, deadline=None)
@given(st.text(st.sampled_from("ABCQgwx_-.019"), max_size=400))
def test_noise_is_refused_or_read_and_nothing_else(text: str) -> None:
    with suppress(ValueError):
        read_consent("CPAAAA" + text, US)


def test_remembering_changes_no_answer_and_is_bounded_in_length() -> None:
    long = vectors.core(consents=vectors.vendor_ranges([(US, US)] * 900))
    for text in (vectors.core(), long, vectors.core(purposes=[2])):
        for vendor in (US, 13):
            wanted = read_anew(text, vendor)
            assert [read_consent(text, vendor) for _ in range(3)] == [wanted] * 3
    remembered = tcf._remembered.cache_info().currsize
    read_consent(long, 77)
    assert tcf._remembered.cache_info().currsize == remembered


def test_a_hostile_string_does_not_take_long() -> None:
    """As many ranges as the longest string holds, all of them to be looked at."""
    ranges = [(number, number + 1) for number in range(100, 1_500)]
    singles = [(number, number) for number in range(100, 3_000)]
    text = vectors.core(
        consents=vectors.vendor_ranges(ranges), interests=vectors.vendor_ranges(singles)
    )
    assert 15_000 < len(text) <= MAX_LENGTH
    most = vectors.core(consents=vectors.vendor_ranges([(9, 9)] * 4_095))
    for hostile in (text, most):
        started = time.process_time()
        assert read_consent(hostile, US).purposes == frozenset()
        assert time.process_time() - started < 0.05
