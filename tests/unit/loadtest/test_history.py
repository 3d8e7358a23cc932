"""The invented past: its form, its rates, its laws."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from loadtest import history
from loadtest.__main__ import main

CREATIVES = [
    {"advertiser": "camera-shop", "line_item": "intent", "creative": "camera-a", "media": "banner",
     "size": "300x250"},
    {"advertiser": "drugstore", "line_item": "baby", "creative": "baby-a", "media": "banner",
     "size": "300x250"},
    {"advertiser": "mobile", "line_item": "v", "creative": "x", "media": "video", "topic": "phone"},
]  # fmt: skip
UNTIL = 1_795_000_000.0


@pytest.fixture
def creatives(tmp_path: Path) -> Path:
    path = tmp_path / "creatives.json"
    path.write_bytes(orjson.dumps(CREATIVES))
    return path


def test_the_past_is_written_in_the_event_schema(
    creatives: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "past.jsonl"
    words = ["history", "--json", "--out", str(out), "--creatives", str(creatives)]
    assert main([*words, "--impressions", "4000", "--until", str(UNTIL)]) == 0
    events = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    kinds = Counter(event["event"] for event in events)
    assert kinds == orjson.loads(capsys.readouterr().out)
    assert kinds["impression"] == 4_000
    assert kinds["bid"] == 4_000 + kinds["loss"]
    assert 0.01 < kinds["click"] / kinds["impression"] < 0.03
    assert kinds["conversion"] > 0
    bids = {event["bid"]: event for event in events if event["event"] == "bid"}
    assert len(bids) == kinds["bid"]
    for event in events:
        assert UNTIL - 28 * 86_400 <= event["at"] < UNTIL
        if event["event"] in {"impression", "click", "loss"}:
            assert bids[event["bid"]]["creative"] == event["creative"]
            assert event["at"] > bids[event["bid"]]["at"]
    bid = next(iter(bids.values()))
    assert set(bid) == {
        "event", "at", "bid", "exchange", "media", "size", "country", "region", "city",
        "device_type", "os", "inventory_type", "publication", "position", "category",
        "hour_of_week", "segments", "floor", "advertiser", "line_item", "creative", "deal",
        "p_click", "value", "price", "model", "measured", "trainable",
    }  # fmt: skip
    for event in bids.values():
        moment = datetime.fromtimestamp(event["at"], tz=UTC)
        assert event["hour_of_week"] == moment.weekday() * 24 + moment.hour
    assert all(event["floor"] <= event["price"] <= event["value"] for event in bids.values())
    ordered = [event["at"] for event in bids.values()]
    assert ordered == sorted(ordered)


def test_one_seed_has_one_past(creatives: Path) -> None:
    shown = history.read_creatives(creatives)
    assert list(history.events(shown, 200, 5, UNTIL)) == list(history.events(shown, 200, 5, UNTIL))
    assert list(history.events(shown, 200, 5, UNTIL)) != list(history.events(shown, 200, 6, UNTIL))


@pytest.mark.parametrize(
    "rows", ["[]", '[{"advertiser": "a"}]', "{", "3",
             '[{"advertiser":"a","line_item":"l","creative":"c","media":"banner","size":"1x1"}]'],
)  # fmt: skip
def test_unusable_creatives_end_with_a_sentence(rows: str, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(rows)
    words = [
        "history",
        "--json",
        "--out",
        str(tmp_path / "o"),
        "--creatives",
        str(tmp_path / "c.json"),
    ]
    assert main(words) == 2
