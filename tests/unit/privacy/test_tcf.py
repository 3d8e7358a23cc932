"""Consent strings against the official library's decodings, strings made by hand, and damage."""

import time
from contextlib import suppress
from functools import partial
from timeit import repeat

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adserver.privacy.bits import MAX_LENGTH
from adserver.privacy.tcf import SKEW_S, is_current, read_consent
from tests.unit.privacy import vectors
from tests.unit.privacy.truth_table import consent
from tests.unit.privacy.vectors import EVERYTHING, by_consent

US = 12
NOW_S = 1_790_000_000


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
            wanted = vectors.allowed(vector["tcString"], official, vendor)
            where = f"{vector['tcString']} for vendor {vendor}"
            if wanted is None:
                with pytest.raises(ValueError):  # noqa: PT011 - any way of being void
                    read_consent(vector["tcString"], vendor)
            else:
                assert by_consent(vector["tcString"], vendor) == wanted, where
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
    assert by_consent(vectors.core(), US) == EVERYTHING
    assert by_consent(vectors.core(purposes=[1, 2, 7]), US) == {1, 2, 7}
    assert by_consent(vectors.core(), 13) == frozenset()


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
        vectors.core() + ".",
        vectors.core() + ".gAAA",
        vectors.core() + ("." + vectors.disclosed(vectors.vendor_bits([US]))) * 2,
        vectors.core() + "." + vectors.disclosed(vectors.vendor_bits([US]))[:3],
        vectors.disclosed(vectors.vendor_bits([US])) + "." + vectors.core(),
        vectors.core(country="[]"),
        vectors.core(country="de"),
        vectors.core(restrictions=[(4, 3, [(900, 901)])]),
        vectors.core(restrictions=[(0, 1, [(900, 901)])]),
        vectors.core(restrictions=[(4, 1, [(901, 900)])]),
        vectors.core(restrictions=[(4, 1, [(0, 0)])]),
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
    assert by_consent(old, US) == EVERYTHING


@pytest.mark.parametrize(
    "section", [vectors.vendor_bits([US]), vectors.vendor_ranges([(3, 5), (US, US), (90, 99)])]
)
def test_a_disclosed_vendor_may_use_a_recent_string(section: str) -> None:
    recent = vectors.core(created=vectors.today(), policy=5)
    publisher = vectors.encode(vectors.bits((3, 3), (0, 60)))
    text = f"{recent}.{publisher}.{vectors.disclosed(section)}"
    assert by_consent(text, US) == EVERYTHING
    with pytest.raises(ValueError, match="not disclosed"):
        read_consent(text, 80)


@pytest.mark.parametrize(
    ("kind", "left"),
    [(0, EVERYTHING - {4}), (1, EVERYTHING), (2, EVERYTHING - {4})],
)
def test_publishers_restrict_a_purpose(kind: int, left: frozenset[int]) -> None:
    """Not allowed, and legitimate interest required, leave a vendor who needs consent without a basis."""
    for ranges in ([(US, US)], [(1, 3), (10, 20)]):
        text = vectors.core(restrictions=[(9, 0, [(13, 700)]), (4, kind, ranges)])
        assert by_consent(text, US) == left


def test_everything_that_is_said_of_a_vendor_is_read() -> None:
    section = vectors.vendor_ranges([(3, 5), (US, US)])
    text = vectors.core(
        created=vectors.today(), policy=5, cmp=77, features=0b100000000000, purposes=[1, 7], by_interest=[2, 24],
        treatment=1, country="FR", consents=section, interests=vectors.vendor_bits([4]),
        restrictions=[(2, 1, [(US, US)]), (7, 0, [(1, 3)]), (9, 2, [(4, 90)])],
    )  # fmt: skip
    text = f"{text}.{vectors.disclosed(section)}"
    assert read_consent(text, US) == consent(
        consents=1 << 1 | 1 << 7, interests=1 << 2 | 1 << 24, vendor_interest=False, special_features=0b10,
        restrictions=((2, 1), (9, 2)), purpose_one_treatment=True, country="FR", cmp=77,
        created_s=vectors.today() // 10, updated_s=vectors.today() // 10,
    )  # fmt: skip
    assert read_consent(text, 3).restrictions == ((7, 0),)
    assert read_consent(text, 4).vendor_interest


@pytest.mark.parametrize(
    ("segment", "found"),
    [("", None), (vectors.vendor_bits([US]), True), (vectors.vendor_bits([US + 1]), False)],
)
def test_an_older_string_says_whether_it_disclosed_the_vendor_if_it_says_so_at_all(
    segment: str,
    found: bool | None,  # noqa: FBT001 - a case
) -> None:
    text = vectors.core() + (f".{vectors.disclosed(segment)}" if segment else "")
    assert read_consent(text, US).disclosed is found


@pytest.mark.parametrize(
    ("created_s", "updated_s", "cmp", "current"),
    [
        (NOW_S, NOW_S, 300, True),
        (NOW_S + SKEW_S, NOW_S, 300, True),
        (NOW_S + SKEW_S + 1, NOW_S, 300, False),
        (NOW_S, NOW_S + SKEW_S + 1, 300, False),
        (0, 0, 300, True),
        (NOW_S, NOW_S, 23, False),
        (NOW_S, NOW_S, 24, True),
    ],
)
def test_strings_from_the_future_and_from_platforms_that_ended_count_no_more(
    created_s: int,
    updated_s: int,
    cmp: int,
    current: bool,  # noqa: FBT001 - a case
) -> None:
    said = consent(created_s=created_s, updated_s=updated_s, cmp=cmp)
    assert is_current(said, NOW_S, {23: NOW_S, 24: NOW_S + 1}) == current
    assert is_current(said, NOW_S) == (current or cmp == 23)


@pytest.mark.parametrize("padding", range(6))
def test_the_last_bits_of_a_string_count_however_it_is_padded(padding: int) -> None:
    """Strings end with whole characters of six bits, not with whole bytes."""
    interests = vectors.vendor_bits([40 + padding])
    assert by_consent(vectors.core(interests=interests), US) == EVERYTHING


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
        assert by_consent(hostile, US) == frozenset()
        took = repeat(partial(read_consent, hostile, US), number=1, timer=time.process_time)
        assert min(took) < 0.05
