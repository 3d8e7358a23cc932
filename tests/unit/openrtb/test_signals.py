"""Privacy signals: two places, the stricter wins, and unreadable is never silence."""

from typing import Any

import pytest

from adserver.domain.consent import Signals
from adserver.openrtb.signals import CONTRADICTION, signals
from tests.unit.openrtb.wire import auction, decode, imp, request


def read(**fields: Any) -> Signals:
    decoded = decode(request(**fields))
    return signals(decoded.request)


def test_silence_is_silence() -> None:
    assert read() == Signals()


def test_the_places_of_2_6_and_of_2_5_say_the_same() -> None:
    new = read(
        regs={"gdpr": 1, "us_privacy": "1YNN", "gpp": "DBAA", "gpp_sid": [2, 6]},
        user={"consent": "CPabc"},
    )
    old = read(
        regs={"ext": {"gdpr": 1, "us_privacy": "1YNN", "gpp": "DBAA", "gpp_sid": [2, 6]}},
        user={"ext": {"consent": "CPabc"}},
    )
    assert new == old
    assert new == Signals(
        gdpr=1, tcf="CPabc", us_privacy="1YNN", gpp="DBAA", gpp_sections=(2, 6)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("new", "old", "merged"),
    [(0, 1, 1), (1, 0, 1), (0, 0, 0), (None, 0, 0), (0, None, 0), (2, 0, 1)],
)
def test_gdpr_applies_if_either_place_says_so(
    new: int | None, old: int | None, merged: int
) -> None:
    assert read(regs={"gdpr": new, "ext": {"gdpr": old}}).gdpr == merged


def test_two_different_strings_are_no_string_that_anybody_can_read() -> None:
    found = read(
        regs={"gpp": "DB", "us_privacy": "1YNN", "ext": {"gpp": "DC", "us_privacy": "1YYN"}},
        user={"consent": "CPa", "ext": {"consent": "CPb"}},
    )
    assert (found.tcf, found.us_privacy, found.gpp) == (CONTRADICTION,) * 3


def test_empty_strings_are_not_sent() -> None:
    found = read(regs={"us_privacy": "", "gpp": ""}, user={"consent": "", "ext": {"consent": "C"}})
    assert (found.tcf, found.us_privacy, found.gpp) == ("C", None, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"device": {"lmt": 1}},
        {"device": {"dnt": "1"}},
        {"device": {"lmt": True}},
        {"device": {"dnt": "yes"}},
        {"device": {"lmt": 0, "ext": {"atts": 0}}},
        {"device": {"ext": {"atts": 1}}},
        {"device": {"ext": {"atts": "2"}}},
        {"device": {"ext": {"atts": 4}}},
        {"device": {"ext": {"atts": "no"}}},
        {"device": {"ext": "none"}},
        {"device": "none"},
        {"regs": {"ext": {"gpc": {}}}},
        {"regs": {"gpp": 7}},
        {"regs": {"us_privacy": False}},
        {"regs": {"ext": "x"}},
        {"user": {"consent": 0}},
        {"user": {"ext": []}},
        {"user": []},
    ],
)
def test_a_restriction_limits_whether_it_can_be_read_or_not(fields: dict[str, Any]) -> None:
    assert read(**fields).limited


@pytest.mark.parametrize("regs", ["x", {"gdpr": "yes"}, {"ext": {"gdpr": []}}, {"ext": 1}])
def test_gdpr_that_cannot_be_read_applies(regs: Any) -> None:
    assert read(regs=regs).gdpr == 1


@pytest.mark.parametrize(
    ("regs", "coppa"),
    [({"coppa": 1}, True), ({"coppa": []}, True), ("x", True), ({"coppa": 0}, False)],
)
def test_a_child_is_a_child_also_where_the_flag_cannot_be_read(regs: Any, *, coppa: bool) -> None:
    assert read(regs=regs).coppa is coppa


def test_whoever_cannot_be_asked_is_not_looked_up() -> None:
    """The restriction is in the request itself, so nothing that reads it later can miss it."""
    found = auction(imp(), device={"ifa": "ab-12", "lmt": "perhaps"})
    assert found.person is None


def test_whoever_allows_an_application_to_track_limits_nothing() -> None:
    assert (
        read(device={"lmt": 0, "ext": {"atts": 3}})
        == read(device={"ext": {"ifv": "v"}})
        == Signals()
    )


def test_other_dropped_fields_restrict_nothing() -> None:
    assert read(tmax="soon", site=7) == Signals()


@pytest.mark.parametrize(
    ("device", "home", "country"),
    [("DEU", "FRA", "DEU"), (None, "FR", "FRA"), ("??", "fra", "FRA"), ("xx", None, None)],
)
def test_the_law_goes_by_the_device_s_place_then_the_home(
    device: str | None, home: str | None, country: str | None
) -> None:
    found = read(device={"geo": {"country": device}}, user={"geo": {"country": home}})
    assert found.country == country


@pytest.mark.parametrize("sent", ["1", 1])
def test_the_browsers_own_no_is_heard_as_text_and_as_number(sent: Any) -> None:
    assert read(regs={"ext": {"gpc": sent}}).gpc
    assert not read(regs={"ext": {"gpc": 0}}).gpc


@pytest.mark.parametrize(
    ("regs", "sections"),
    [
        ({}, None),
        ({"gpp_sid": []}, ()),
        ({"gpp_sid": [-1]}, (-1,)),
        ({"gpp_sid": [7], "ext": {"gpp_sid": [8]}}, (7, 8)),
        ({"ext": {"gpp_sid": []}}, ()),
    ],
)
def test_no_word_on_sections_is_another_thing_than_none(
    regs: dict[str, Any], sections: tuple[int, ...] | None
) -> None:
    assert read(regs=regs).gpp_sections == sections
