"""The market's past as an event log: its form, its rates, what was bid for it."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from adserver.endpoints.events import BidEvent
from loadtest import history
from loadtest.__main__ import main
from loadtest.market import advertising

CREATIVES = [
    {"advertiser": "camera-shop", "line_item": "intent", "creative": "camera-a", "media": "banner",
     "size": "300x250"},
    {"advertiser": "drugstore", "line_item": "baby", "creative": "baby-a", "media": "banner",
     "size": "300x250"},
    {"advertiser": "mobile", "line_item": "v", "creative": "x", "media": "video", "topic": "phone"},
]  # fmt: skip
UNTIL = 1_795_000_000.0
Event = dict[str, Any]


@pytest.fixture(scope="module")
def creatives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("past") / "creatives.json"
    path.write_bytes(orjson.dumps(CREATIVES))
    return path


@pytest.fixture(scope="module")
def events(creatives: Path) -> list[Event]:
    out = creatives.with_name("past.jsonl")
    words = ["history", "--json", "--out", str(out), "--creatives", str(creatives)]
    assert main([*words, "--impressions", "4000", "--people", "500", "--until", str(UNTIL)]) == 0
    return [orjson.loads(line) for line in out.read_bytes().splitlines()]


def test_rates_are_those_of_a_market(events: list[Event]) -> None:
    kinds = Counter(event["event"] for event in events)
    assert 2_000 < kinds["impression"] < 6_000
    assert kinds["impression"] == kinds["win"]
    assert kinds["bid"] == kinds["impression"] + kinds["loss"]
    assert 0.3 < kinds["loss"] / kinds["bid"] < 0.8
    assert 0.004 < kinds["click"] / kinds["impression"] < 0.03
    assert kinds["conversion"] > 0


def test_bids_are_written_as_the_server_documents_them(events: list[Event]) -> None:
    bids = [event for event in events if event["event"] == "bid"]
    known = {field.encode_name for field in msgspec.structs.fields(BidEvent)} | {"event"}
    assert {name for bid in bids for name in bid} <= known
    for bid in bids:
        moment = datetime.fromtimestamp(bid["at"], tz=UTC)
        assert bid["hour_of_week"] == moment.weekday() * 24 + moment.hour
        assert bid["floor"] <= bid["price"] <= bid["value"]
        assert (bid["audience"] is None) == (bid["segments"] == 0)
        assert (bid["contacts"] is None) == (bid["line_item_contacts"] is None)
        assert UNTIL - 29 * 86_400 <= bid["at"] < UNTIL
    ordered = [bid["at"] for bid in bids]
    assert ordered == sorted(ordered)
    assert len({bid["bid"] for bid in bids}) == len(bids)


def test_what_follows_refers_to_its_bid_and_comes_after(events: list[Event]) -> None:
    bids = {event["bid"]: event for event in events if event["event"] == "bid"}
    for event in events:
        if event["event"] == "conversion":
            assert (event["bid"] in bids) == (event["credit"] == "click")
        elif event["event"] != "bid":
            assert bids[event["bid"]]["creative"] == event["creative"]
            assert event["at"] > bids[event["bid"]]["at"]
        if event["event"] == "win":
            assert event["minimum"] - 1 <= event["cleared"] <= bids[event["bid"]]["price"]
        if event["event"] == "loss":
            assert event["minimum"] >= bids[event["bid"]]["price"]


def test_contacts_count_what_was_shown_before(events: list[Event]) -> None:
    """With one impression more than contacts, whoever has the most contacts of a line item has at least as many in all."""
    bids = [event for event in events if event["event"] == "bid" and event["contacts"] is not None]
    assert all(bid["line_item_contacts"] <= bid["contacts"] for bid in bids)
    assert max(bid["contacts"] for bid in bids) > 10


def test_one_seed_has_one_past(creatives: Path) -> None:
    ads = advertising.read(creatives)
    first, again, other = (
        list(history.events(ads, 200, seed, UNTIL, people=100)) for seed in (5, 5, 6)
    )
    assert first == again != other


@pytest.mark.parametrize(
    "rows", ["[]", '[{"advertiser": "a"}]', "{", "3",
             '[{"advertiser":"a","line_item":"l","creative":"c","media":"banner","size":"1x1"}]'],
)  # fmt: skip
def test_unusable_creatives_end_with_a_sentence(rows: str, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(rows)
    words = ["--out", str(tmp_path / "o"), "--creatives", str(tmp_path / "c.json")]
    assert main(["history", "--json", *words]) == 2
