"""The section `matching`: what is refused, and with which words."""

from typing import Any

import msgspec
import pytest

from adserver.settings.matching import Matching

SYNC = "https://sync.exchange.example/?u={id}"


def read(**fields: Any) -> Matching:
    return msgspec.convert(fields, Matching, strict=True)


def test_nobody_is_matched_unless_named() -> None:
    empty = read()
    assert empty.addresses == {}
    assert empty.id_cookie.name == "__Host-adserver"
    assert not empty.without_signals


def test_exchanges_have_an_address_or_only_tell_us() -> None:
    found = read(exchanges=[{"exchange": "north", "sync_url": SYNC}, {"exchange": "quiet"}])
    assert found.addresses["quiet"] is None
    north = found.addresses["north"]
    assert north is not None
    assert north.host == "sync.exchange.example"
    assert found.problems(["north", "quiet"], "https://ads.example") == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cookie": "id"}, "__Host-"),
        ({"cookie": "__Host-a b"}, "__Host-"),
        ({"life_days": 0}, ">= 1"),
        ({"life_days": 391}, "<= 390"),
        ({"exchanges": [{"exchange": "a"}, {"exchange": "a"}]}, "twice"),
        ({"exchanges": [{"exchange": "a", "sync_url": "http://x.example/{id}"}]}, "'a' must begin with https"),
        ({"exchanges": [{"exchange": "a", "url": "x"}]}, "unknown field"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        read(**fields)


def test_what_the_rest_of_the_settings_contradicts_is_told_with_its_place() -> None:
    found = read(exchanges=[{"exchange": "nobody"}, {"exchange": "north", "sync_url": SYNC}])
    problems = found.problems(["north"], "https://sync.exchange.example")
    assert [at for at, _ in problems] == [
        "$.matching.exchanges[0].exchange", "$.matching.exchanges[1].sync_url",
    ]  # fmt: skip
