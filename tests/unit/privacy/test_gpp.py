"""GPP strings against the official library's decodings, and strings made field by field, also in what it cannot read."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.privacy import gpp
from adserver.privacy.bits import MAX_LENGTH
from adserver.privacy.gpp import NOTHING_APPLIES, Gpp, read_gpp
from adserver.privacy.gpp_header import sections
from adserver.privacy.gpp_layouts import LAYOUTS
from adserver.privacy.gpp_us import decode_section, read_us
from tests.oracles import gpp_writing
from tests.oracles.gpp_writing import us_section
from tests.unit.privacy import vectors

DECODED = ("gpp_decoded_by_iabgpp-cmpapi.json", "gpp_generated_with_iabgpp-cmpapi-encoder.json")
GUESSED = 14
"""Vectors of versions that nobody defined, or whose length is another version's: the library guesses, we refuse."""
NAMES = {
    layout.name: section for section, layouts in LAYOUTS.items() for layout in layouts.values()
}


@pytest.mark.parametrize("file", DECODED)
def test_every_section_says_what_its_official_decoding_says(file: str) -> None:
    compared = 0
    for vector in vectors.vectors(file):
        header, *texts = vector["gppString"].split("~")
        assert list(sections(header)) == vector["sectionIds"]
        by_id = dict(zip(sections(header), texts, strict=True))
        for name, expected in vector["expected"].items():
            if name in NAMES:
                found = decode_section(NAMES[name], by_id[NAMES[name]])
                # Of a subsection that is not there the library says its defaults.
                absent = {key: value for key, value in expected.items() if key not in found}
                assert found | absent == expected, vector["gppString"]
                assert not any(absent.get(key) for key in ("Gpc",))
                assert absent.keys() <= {"Gpc", "GpcSegmentType", "SensitiveDataProcessing"}
                compared += 1
    assert compared > 80


def test_flags_follow_from_the_official_values() -> None:
    refused = 0
    for file in DECODED:
        for vector in vectors.vectors(file):
            header, *texts = vector["gppString"].split("~")
            for section, text in zip(sections(header), texts, strict=True):
                if section not in LAYOUTS:
                    continue
                values = next(v for k, v in vector["expected"].items() if NAMES.get(k) == section)
                try:
                    found = read_us(section, text)
                except ValueError:
                    refused += 1
                    continue
                assert found.sale == (values.get("SaleOptOut") == 1)
                assert found.sharing == (values.get("SharingOptOut") == 1)
                assert found.targeting == (values.get("TargetedAdvertisingOptOut") == 1)
                assert found.sensitive == (1 in values.get("SensitiveDataProcessing", ()))
                child = values.get("KnownChildSensitiveDataConsents", 0)
                assert found.child == (any(child) if isinstance(child, list) else bool(child))
                assert found.unnoticed == any(
                    values[key] == 2 for key in values if key.endswith("Notice")
                )
                assert found.gpc == values.get("Gpc", False)
    assert refused <= GUESSED


def test_every_officially_refused_string_gives_nothing() -> None:
    """Some are refused only by who reads the section that is taken out."""
    for vector in vectors.vectors("gpp_rejected_by_iabgpp-cmpapi.json"):
        for section in range(2, 28):
            with suppress(ValueError):
                found = read_gpp(vector["gppString"], (section,))
                assert found.tcf or found.canada or found.us_privacy or not found.us


@pytest.mark.parametrize(
    ("text", "ids"),
    [("DBABM", (2,)), ("DBACNY", (2, 6)), ("DBABjw", (5, 6)), ("DBAA", ()), ("DBABSYA", (27,))],
)
def test_headers_of_the_specification_list_their_sections(text: str, ids: tuple[int, ...]) -> None:
    assert sections(text) == ids


@given(st.sets(st.integers(1, 200), max_size=40))
def test_a_header_lists_what_was_written(ids: set[int]) -> None:
    assert sections(gpp_writing.header(sorted(ids))) == tuple(sorted(ids))


NATIONAL = us_section(7, {"SaleOptOut": 2, "SharingOptOut": 2, "TargetedAdvertisingOptOut": 2}, 2)
OPTED_OUT = us_section(8, {"SaleOptOut": 1})
BOTH = gpp_writing.gpp({2: "CPabc", 5: "BPabc", 6: "1YNN", 7: NATIONAL, 8: OPTED_OUT})


@pytest.mark.parametrize("applicable", [(), (-1,), (0,), (-1, 0), (3,), (3, 4)])
def test_where_no_section_applies_nothing_is_read(applicable: tuple[int, ...]) -> None:
    assert read_gpp("unreadable", applicable) is NOTHING_APPLIES


def test_only_sections_that_apply_count() -> None:
    assert read_gpp(BOTH, (7,)) == Gpp(sections=(2, 5, 6, 7, 8), us=(7,))
    assert read_gpp(BOTH, (8,)) == Gpp(sections=(2, 5, 6, 7, 8), us=(8,), sale_opt_out=True)
    assert read_gpp(BOTH, [8, 3, 7, 8]).us == (7, 8)
    assert read_gpp(BOTH, (2, 5, 6)) == Gpp(
        sections=(2, 5, 6, 7, 8), tcf="CPabc", canada="BPabc", us_privacy="1YNN"
    )  # fmt: skip


def test_the_strictest_of_several_sections_wins() -> None:
    text = gpp_writing.gpp(
        {
            7: us_section(7, {"Gpc": 1}, 2),
            9: us_section(9, {"TargetedAdvertisingOptOut": 1}),
            8: OPTED_OUT,
        }
    )
    found = read_gpp(text, (7, 8, 9))
    assert (found.sale_opt_out, found.targeting_opt_out, found.gpc) == (True, True, True)
    assert (found.sharing_opt_out, found.sensitive_refused, found.known_child) == (
        False,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("values", "flags"),
    [
        ({"SaleOptOut": 0}, set()),
        ({"SaleOptOut": 1}, {"sale_opt_out"}),
        ({"SaleOptOut": 2}, set()),
        ({"SaleOptOut": 3}, {"sale_opt_out"}),
        ({"SharingOptOut": 1}, {"sharing_opt_out"}),
        ({"TargetedAdvertisingOptOut": 1}, {"targeting_opt_out"}),
        ({"SensitiveDataProcessing": [2] * 16}, set()),
        ({"SensitiveDataProcessing": [2] * 15 + [1]}, {"sensitive_refused"}),
        ({"KnownChildSensitiveDataConsents": [0, 0, 1]}, {"known_child"}),
        ({"KnownChildSensitiveDataConsents": [2, 0, 0]}, {"known_child"}),
        ({"SharingNotice": 1, "SaleOptOutNotice": 1}, set()),
        ({"SaleOptOutNotice": 2}, {"notice_missing"}),
        ({"SensitiveDataLimitUseNotice": 3}, {"notice_missing"}),
        ({"MspaServiceProviderMode": 1}, {"service_provider"}),
        ({"MspaServiceProviderMode": 2}, set()),
        ({"Gpc": 1}, {"gpc"}),
    ],
)
def test_values_mean_what_the_specification_says(
    values: Mapping[str, int | Sequence[int]], flags: set[str]
) -> None:
    """A value that means nothing counts as the restriction."""
    found = read_gpp(gpp_writing.gpp({7: us_section(7, values, 2)}), (7,))
    assert {name for name in Gpp.__struct_fields__ if getattr(found, name) is True} == flags


@pytest.mark.parametrize("section", [24, 25, 26, 27])
@pytest.mark.parametrize("ids", [(1,), (1, 2)])
def test_newer_sections_are_read_with_the_specifications_header_too(
    section: int, ids: tuple[int, ...]
) -> None:
    """The library leaves it out; the specification counts from 0, which its coding cannot write."""
    values: dict[str, int | list[int]] = {
        "MspaMode": 2,
        "SaleOptOut": 1,
        "TargetedAdvertisingOptOut": 2,
        "Gpc": 1,
        "SensitiveDataProcessing": [2] * 7 + [1],
    }
    plain = us_section(section, values)
    head = vectors.encode(
        vectors.bits((section, 6), (1, 6)) + gpp_writing.fibonacci_ranges(gpp_writing.joined(ids))
    )
    assert read_us(section, f"{head}.{plain}") == read_us(section, plain)
    assert decode_section(section, f"{head}.{plain}") == decode_section(section, plain)
    assert read_us(section, plain).sale
    core = plain.split(".")[0]
    with pytest.raises(ValueError, match="its header lists"):
        read_us(
            section,
            f"{vectors.encode(vectors.bits((section, 6), (1, 6), (2, 12)) + '00110011')}.{core}",
        )
    with pytest.raises(ValueError, match="version"):
        read_us(section, f"{vectors.encode(vectors.bits((section, 6), (2, 6), (0, 12)))}.{core}")


def test_newer_sections_worked_out_by_hand() -> None:
    """Kentucky: MSPA version 1, covered 1, mode 2, notices 1 2 1, opted out of sale, not of targeting, child 2, more 0.

    000001 01 10 01 10 01 01 10 10 00, then 8 values of sensitive data: 10 00 00 00 00 00 00 01.
    """
    bits = "000001011001100101101000"
    text = f"{vectors.encode(bits)}.{vectors.encode('10' + '00' * 6 + '01')}"
    assert text == "BZlo.gAE"
    wanted = {
        "MspaVersion": 1, "MspaCoveredTransaction": 1, "MspaMode": 2, "ProcessingNotice": 1, "SaleOptOutNotice": 2,
        "TargetedAdvertisingOptOutNotice": 1, "SaleOptOut": 1, "TargetedAdvertisingOptOut": 2,
        "KnownChildSensitiveDataConsents": 2, "AdditionalDataProcessingConsent": 0,
        "SensitiveDataProcessing": [2, 0, 0, 0, 0, 0, 0, 1],
    }  # fmt: skip
    assert decode_section(26, text) == wanted
    # With its header: section 26, version 1, one range of one, the number 1.
    headed = vectors.encode("011010000001000000000001011")
    assert headed == "aBABY"
    assert decode_section(26, f"{headed}.{text}") == wanted
    assert read_us(26, f"{headed}.{text}") == (True, False, False, True, True, True, True, False)


@pytest.mark.parametrize(
    ("text", "applicable"),
    [
        ("", (7,)),
        ("DBAA", (7,)),
        ("DBABLA", (7,)),
        ("DBABLA~", (7,)),
        (gpp_writing.gpp({7: NATIONAL}), (8,)),
        (gpp_writing.gpp({7: NATIONAL}) + "~x", (7,)),
        (gpp_writing.gpp({28: "BAAA"}), (28,)),
        (gpp_writing.gpp({1: "BAAA"}), (1,)),
        (gpp_writing.gpp({7: NATIONAL}).replace("DB", "DC"), (7,)),
        (gpp_writing.gpp({7: NATIONAL}).replace("DB", "CB"), (7,)),
        (gpp_writing.gpp({7: "D" + NATIONAL[1:]}), (7,)),
        (gpp_writing.gpp({7: "B" + NATIONAL[1:]}), (7,)),
        (gpp_writing.gpp({7: NATIONAL.split(".")[0][:-2]}), (7,)),
        (gpp_writing.gpp({7: NATIONAL + ".YA"}), (7,)),
        (gpp_writing.gpp({7: NATIONAL.split(".")[0] + ".AA"}), (7,)),
        (gpp_writing.gpp({7: NATIONAL.split(".")[0] + "."}), (7,)),
        (gpp_writing.gpp({9: us_section(9, {}) + ".YA"}), (9,)),
        (gpp_writing.gpp({7: NATIONAL}) + "A" * MAX_LENGTH, (7,)),
        ("D" * 200 + "~" + NATIONAL, (7,)),
        ("DB" + "_" * 60, (7,)),
        (gpp_writing.gpp({7: NATIONAL[:3] + "\u00e9" + NATIONAL[3:]}), (7,)),
        (gpp_writing.gpp({7: "\ud800" + NATIONAL}), (7,)),
    ],
)
def test_what_applies_and_cannot_be_read_is_refused(text: str, applicable: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any way of being void
        read_gpp(text, applicable)


def test_damage_to_a_section_that_does_not_apply_hurts_nobody() -> None:
    text = gpp_writing.gpp({7: "!", 8: OPTED_OUT})
    assert read_gpp(text, (8,)).sale_opt_out


def test_remembering_changes_no_answer_and_is_bounded_in_length() -> None:
    long = gpp_writing.gpp({2: "C" * 3_000, 8: OPTED_OUT})
    for text in (BOTH, long):
        wanted = gpp.read_gpp_anew(text, (8,))
        assert [read_gpp(text, (8,)) for _ in range(3)] == [wanted] * 3
    remembered = gpp._remembered.cache_info().currsize
    read_gpp(long, (2, 8))
    assert gpp._remembered.cache_info().currsize == remembered


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 60), st.text(st.sampled_from("ABDQYgx_-.~19"), max_size=8), st.integers(0, 9))
def test_damage_is_refused_or_read_and_nothing_else(place: int, put: str, cut: int) -> None:
    damaged = BOTH[:place] + put + BOTH[place + cut :]
    for applicable in ((7,), (7, 8), (2, 26)):
        with suppress(ValueError):
            read_gpp(damaged, applicable)
