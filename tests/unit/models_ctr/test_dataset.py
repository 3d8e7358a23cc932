"""From event lines to rows: what joins, what is left out, what is counted."""

import json
from pathlib import Path

import numpy as np
import pytest

from adserver.errors import InvalidConfig
from models.ctr import dataset
from models.ctr.dataset import Dataset
from tests.unit.models_ctr.world import Shown, bid_event, contact


def read(path: Path, max_rows: int = 1_000, mature_s: float = 0.0) -> Dataset:
    return dataset.read(
        path, max_rows=max_rows, mature_s=mature_s, on_progress=lambda _stage, _done: None
    )


def write(path: Path, *events: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def test_impressions_and_clicks_join_their_bids_in_any_order(
    tmp_path: Path, impressions: list[Shown]
) -> None:
    one, two, lost = impressions[:3]
    write(tmp_path / "a.jsonl", contact(two, "click", 5), contact(two, "impression", 1))
    write(tmp_path / "b.jsonl", bid_event(two), bid_event(lost), bid_event(one))
    write(tmp_path / "c.jsonl", contact(one, "impression", 1), contact(two, "click", 3))
    data = read(tmp_path)
    assert data.at.tolist() == [one.now_s, two.now_s]
    assert data.clicked.tolist() == [False, True]
    assert data.clicked_at[1] == two.now_s + 3


def test_repeated_lines_count_once(tmp_path: Path, impressions: list[Shown]) -> None:
    seen = impressions[0]
    line = contact(seen, "impression", 1)
    data = read(write(tmp_path / "a.jsonl", bid_event(seen), bid_event(seen), line, line))
    assert len(data.at) == 1


@pytest.mark.parametrize("permission", ["measured", "trainable"])
@pytest.mark.parametrize("without", ["bid", "impression"])
def test_what_may_not_be_measured_or_learned_from_teaches_nothing(
    tmp_path: Path, impressions: list[Shown], without: str, permission: str
) -> None:
    events = [bid_event(impressions[0]), contact(impressions[0], "impression", 1)]
    for event in events:
        event[permission] = event["event"] != without
    assert len(read(write(tmp_path / "a.jsonl", *events)).at) == 0


def test_a_torn_last_line_and_damaged_lines_are_counted(
    tmp_path: Path, impressions: list[Shown]
) -> None:
    seen, wrong = impressions[:2]
    write(
        tmp_path / "a.jsonl",
        bid_event(seen),
        contact(seen, "impression", 1),
        bid_event(wrong) | {"hour_of_week": "noon"},
        contact(wrong, "impression", 1),
    )
    with (tmp_path / "a.jsonl").open("ab") as log:
        log.write(b'{"event": 5}\n\xff\xfe\n[]\n\n{"event":"click","bid":"00')
    data = read(tmp_path)
    assert len(data.at) == 1
    assert (data.tally.lines, data.tally.torn, data.tally.damaged) == (9, 1, 5)


def test_an_endless_line_is_read_in_pieces(tmp_path: Path, impressions: list[Shown]) -> None:
    write(tmp_path / "a.jsonl", bid_event(impressions[0]))
    (tmp_path / "b.jsonl").write_text("x" * 200_000 + "\n")
    tally = read(tmp_path).tally
    assert (tally.lines, tally.torn, tally.damaged) == (5, 3, 1)


def test_of_too_many_impressions_the_latest_are_kept(
    tmp_path: Path, impressions: list[Shown]
) -> None:
    chosen = impressions[:35]
    bids = [bid_event(seen) for seen in chosen]
    contacts = [contact(seen, "impression", 1) for seen in chosen]
    data = read(write(tmp_path / "a.jsonl", *bids, *contacts), max_rows=10)
    assert data.at.tolist() == [seen.now_s for seen in chosen[-10:]]


def test_impressions_whose_clicks_may_still_come_are_left_out(
    tmp_path: Path, impressions: list[Shown]
) -> None:
    first, last = impressions[0], impressions[-1]
    events = [bid_event(first), bid_event(last)]
    contacts = [contact(first, "impression", 1), contact(last, "impression", 1)]
    data = read(write(tmp_path / "a.jsonl", *events, *contacts), mature_s=60.0)
    assert (len(data.at), data.immature) == (1, 1)


def test_impressions_without_their_bid_are_counted(
    tmp_path: Path, impressions: list[Shown]
) -> None:
    data = read(write(tmp_path / "a.jsonl", contact(impressions[0], "impression", 1)))
    assert (len(data.at), data.without_bid) == (0, 1)


def test_words_are_kept_as_positions_in_their_vocabulary(
    log: Path, impressions: list[Shown]
) -> None:
    data = read(log, max_rows=10_000)
    countries = [data.vocabularies[1][code] for code in data.words[:, 1]]
    assert countries == [seen.auction.country for seen in impressions[: len(countries)]]
    assert data.words.dtype == np.int32


def test_a_folder_without_events_is_the_operators_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="no event segments"):
        read(tmp_path / "nowhere")
