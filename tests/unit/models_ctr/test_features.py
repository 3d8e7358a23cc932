"""A row means the same in training and in serving."""

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.background.served_clicks import ServedClicks
from adserver.domain.bid import Bid
from adserver.domain.opportunity import MediaType
from adserver.domain.week import hour_of_week
from adserver.endpoints.events import bid_event as write_bid_event
from models.ctr.artifact import Artifact
from models.ctr.dataset import read
from models.ctr.encoder import Encoder
from models.ctr.encoding import encode
from models.ctr.features import (
    COLUMNS,
    MEDIA,
    RATED,
    SERVED,
    BidEvent,
    Schema,
    Tables,
    context_numbers,
    count,
    numbers,
    placement,
    words,
)
from tests.fakes.click_model import FakeClickModel
from tests.unit.models_ctr.world import MONDAY_S, Shown, bid_event


def test_a_logged_bid_and_the_same_bid_at_serving_give_the_same_row(
    log: Path, impressions: list[Shown]
) -> None:
    """Exactly, for rows after the tables were made; before, all but the rates, which knew less."""
    data = read(log, mature_s=0.0, on_progress=lambda _stage, _done: None)
    mature = impressions[: len(data.at)]
    until = len(data.at) // 2
    tables, matrix = encode(data, until)
    encoder = Encoder(tables)
    ages = [COLUMNS.index(f"{column}_rate") for column in RATED]
    for position, (seen, logged) in enumerate(zip(mature, matrix.tolist(), strict=True)):
        served = [
            *encoder.context(seen.auction, seen.opportunity, seen.now_s),
            *encoder.candidates(seen.auction, [seen.candidate])[0],
        ]
        if position < until:
            for age in ages:
                served[age] = logged[age]
        assert np.array_equal(served, logged, equal_nan=True)


def test_every_part_of_a_bid_reaches_the_row(impressions: list[Shown]) -> None:
    """No word or number of the event is read from the wrong place."""
    event = msgspec.convert(bid_event(impressions[0]), BidEvent)
    named = {name: name for name in SERVED.words} | {"media": "banner"}
    marked = msgspec.structs.replace(event, **named)
    expected = list(SERVED.words)
    expected[expected.index("tag")] = "publication/tag"
    expected[expected.index("media")] = "banner"
    assert list(words(marked)) == expected
    counted = msgspec.structs.replace(
        event, hour_of_week=25, position=3, segments=4, floor=0, contacts=5, line_item_contacts=6
    )
    found = dict(zip(SERVED.numbers, numbers(counted), strict=True))
    assert math.isnan(found.pop("affinity"))  # tables give it
    assert found == {
        "hour": 1, "weekday": 1, "position": 3, "segments": 4, "log_floor": 0, "contacts": 5,
        "line_item_contacts": 6,
    }  # fmt: skip


def test_the_size_of_a_player_is_not_a_banner_size(impressions: list[Shown]) -> None:
    """Whatever a logger writes as the size of a video, serving knows only banner sizes."""
    event = msgspec.convert(bid_event(impressions[0]) | {"media": "video"}, BidEvent)
    assert words(msgspec.structs.replace(event, size="640x360"))[SERVED.words.index("size")] == ""


@pytest.mark.parametrize(
    ("after_s", "hour"), [(0, 0), (3_599.9, 0), (3_600, 1), (604_799, 167), (604_800, 0)]
)
def test_hours_are_counted_from_monday(after_s: float, hour: int) -> None:
    assert hour_of_week(MONDAY_S + after_s) == hour


@given(st.integers(), st.integers(), st.integers())
def test_no_number_is_too_wild(position: int, segments: int, floor: int) -> None:
    """Values stay within what training has seen, however large the request's are."""
    assert all(
        0 <= value <= 1_000 for value in context_numbers(5, position, segments, floor, position)
    )


def test_damaged_tables_name_their_problem(artifact: Artifact) -> None:
    tables = artifact.tables
    assert list(tables.problems()) == []
    gap = {**tables.codes, "os": {"ios": 2}}
    assert list(msgspec.structs.replace(tables, codes=gap).problems())
    short = {**tables.rates, "size": [0.1]}
    assert list(msgspec.structs.replace(tables, rates=short).problems())
    wild = msgspec.structs.replace(tables, base_rate=float("nan"))
    assert list(wild.problems())
    assert list(Tables({}, {}, 0.1).problems())


def test_a_schema_says_what_is_wrong_with_it() -> None:
    assert list(SERVED.problems()) == []
    assert list(Schema(context_words=("a",), candidate_words=("a",)).problems())
    assert list(Schema(context_words=("a",), rated=("b",)).problems())
    assert list(Schema(slots=-1).problems())
    columns = Schema(("a", "b"), ("n",), ("c",), ("m",), ("b", "c"), 1)
    assert columns.context == ("a", "b", "n", "b_rate", "segment_00")
    assert columns.candidate == ("c", "c_rate", "m")


def test_a_placement_needs_both_names() -> None:
    assert placement("page.example", "top") == "page.example/top"
    assert placement("", "top") == placement("page.example", "") == ""


@given(st.none() | st.floats() | st.integers(-5, 10**9))
def test_contacts_are_a_small_number_or_missing(contacts: float | None) -> None:
    seen = count(contacts)
    assert math.isnan(seen) or 0 <= seen <= 1_000
    assert math.isnan(seen) == (contacts is None or not math.isfinite(contacts))


def test_what_the_server_logs_is_what_it_served_by(impressions: list[Shown]) -> None:
    """The line that the bid endpoint writes says the same as the log that these tests train on."""
    decider = ServedClicks(FakeClickModel()).decider(impressions[0].auction)
    for seen in impressions[:200]:
        bid = Bid(
            opportunity=seen.opportunity,
            candidate=seen.candidate,
            media_type=MediaType[MEDIA[type(seen.candidate.creative)].upper()],
            deal=None,
            click_probability=0.1,
            value=2,
            price=1,
            reserved=1,
        )
        line = write_bid_event(
            seen.auction, bid, seen.bid, seen.now_s, decider, measured=True, trainable=True
        )
        logged = msgspec.json.decode(line, type=BidEvent)
        expected = msgspec.convert(bid_event(seen), BidEvent)
        assert words(logged) == words(expected)
        assert (logged.at, logged.hour_of_week) == (seen.now_s, hour_of_week(seen.now_s))
        counts = (logged.position, logged.segments, logged.floor)
        assert counts == (expected.position, expected.segments, expected.floor)
