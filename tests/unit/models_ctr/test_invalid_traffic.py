"""What a rule calls invalid teaches nothing, until somebody corrects it."""

import json
from pathlib import Path

import pytest

from adserver.domain.identity import number
from models.ctr import dataset
from models.cvr.baseline import Outcome, outcomes
from models.events import Tally
from tests.unit.models_ctr.world import Shown, bid_event, contact

Json = dict[str, object]


def correction(rule: str, at: float, *, valid: bool = True) -> Json:
    return {"event": "correction", "at": at, "rule": rule, "from": 0, "to": 10**10, "valid": valid}


def read(folder: Path, *events: Json) -> tuple[list[float], list[bool], int]:
    """Return when the bids of the rows were, whether they were clicked, and how much was invalid."""
    (folder / "a.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    data = dataset.read(folder, mature_s=-60.0, on_progress=lambda *_: None)
    return data.at.tolist(), data.clicked.tolist(), data.invalid


@pytest.fixture
def log(impressions: list[Shown]) -> list[Json]:
    """Return one bid by a crawler, and one by a person whose click was too fast."""
    crawled, seen = impressions[:2]
    return [
        bid_event(crawled),
        bid_event(seen),
        contact(crawled, "impression", 1) | {"invalid": "crawlers"},
        contact(seen, "impression", 1) | {"invalid": ""},
        contact(seen, "click", 2) | {"invalid": "fast_clicks"},
    ]


def test_invalid_impressions_are_no_rows_and_invalid_clicks_no_clicks(
    tmp_path: Path, log: list[Json], impressions: list[Shown]
) -> None:
    assert read(tmp_path, *log) == ([impressions[1].now_s], [False], 2)


def test_corrections_hold_wherever_they_stand_in_the_log(
    tmp_path: Path, log: list[Json], impressions: list[Shown]
) -> None:
    both = sorted([impressions[0].now_s, impressions[1].now_s])
    late = max(both) + 100
    (tmp_path / "b.jsonl").write_text(json.dumps(correction("crawlers", late)) + "\n")
    assert read(tmp_path, *log) == (both, [False, False], 1)
    assert read(tmp_path, correction("fast_clicks", late), *log)[1:] == ([False, True], 0)
    assert read(tmp_path, *log, correction("crawlers", late + 1, valid=False))[2] == 2
    assert read(tmp_path, *log, correction("fast_clicks", min(both) - 100))[2] == 1


def test_a_valid_line_after_an_invalid_one_makes_the_row(
    tmp_path: Path, log: list[Json], impressions: list[Shown]
) -> None:
    person = contact(impressions[0], "impression", 3) | {"invalid": ""}
    assert len(read(tmp_path, *log, person)[0]) == 2


def test_a_damaged_correction_corrects_nothing(tmp_path: Path, log: list[Json]) -> None:
    assert read(tmp_path, *log, {"event": "correction", "rule": 7})[2] == 2


def test_invalid_clicks_and_their_orders_are_not_counted(tmp_path: Path) -> None:
    click: Json = {
        "event": "click", "bid": "00", "line_item": "a", "measured": True, "trainable": True, "at": 10,
    }  # fmt: skip
    order: Json = {
        "event": "conversion", "advertiser": "x", "order_hash": "1", "line_item": "a",
        "credit": "click", "trainable": True, "at": 20,
    }  # fmt: skip
    marked = [each | {"invalid": "crawlers"} for each in (click | {"bid": "01"}, order)]
    log = tmp_path / "0.jsonl"
    log.write_text("".join(json.dumps(each) + "\n" for each in (click, *marked)))
    assert outcomes(log, Tally()) == {number("line_item", "a"): Outcome(1, 0, 1.0)}
    (tmp_path / "1.jsonl").write_text(json.dumps(correction("crawlers", 30)) + "\n")
    assert outcomes(tmp_path, Tally()) == {
        number("line_item", "a"): Outcome(2, 1, 2.0, advertiser="x")
    }
