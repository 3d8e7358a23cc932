"""A row means the same in training and in serving."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.bid import Bid
from adserver.domain.opportunity import MediaType
from adserver.domain.week import hour_of_week
from adserver.endpoints.events import bid_event as write_bid_event
from models.ctr.artifact import Artifact
from models.ctr.dataset import read
from models.ctr.encoding import encode
from models.ctr.features import (
    _MEDIA,
    COLUMNS,
    CONTEXT,
    RATED,
    BidEvent,
    Encoder,
    Tables,
    numbers,
    words,
)
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
            *encoder.candidate(seen.candidate),
        ]
        if position < until:
            for age in ages:
                served[age] = logged[age]
        assert served == logged


def test_every_part_of_a_bid_reaches_the_row(impressions: list[Shown]) -> None:
    """No word or number of the event is read from the wrong place."""
    seen = impressions[0]
    event = msgspec.convert(bid_event(seen), BidEvent)
    marked = msgspec.structs.replace(
        event,
        **{name: name for name in ("exchange", "country", "region", "device_type", "os")},
        **{name: name for name in ("inventory_type", "publication", "category", "size")},
        **{name: name for name in ("advertiser", "line_item", "creative")},
        media="banner",
    )
    expected = tuple(name if name != "media" else "banner" for name in CONTEXT[:8])
    assert words(marked) == (
        *expected, "banner", "size", "advertiser", "line_item", "creative",
    )  # fmt: skip


def test_the_size_of_a_player_is_not_a_banner_size(impressions: list[Shown]) -> None:
    """Whatever a logger writes as the size of a video, serving knows only banner sizes."""
    event = msgspec.convert(bid_event(impressions[0]) | {"media": "video"}, BidEvent)
    assert words(msgspec.structs.replace(event, size="640x360"))[9] == ""


@pytest.mark.parametrize(
    ("after_s", "hour"), [(0, 0), (3_599.9, 0), (3_600, 1), (604_799, 167), (604_800, 0)]
)
def test_hours_are_counted_from_monday(after_s: float, hour: int) -> None:
    assert hour_of_week(MONDAY_S + after_s) == hour


@given(st.integers(), st.integers(), st.integers())
def test_no_number_is_too_wild(position: int, segments: int, floor: int) -> None:
    """Values stay within what training has seen, however large the request's are."""
    assert all(0 <= value <= 1_000 for value in numbers(5, position, segments, floor))


def test_damaged_tables_name_their_problem(artifact: Artifact) -> None:
    tables = artifact.manifest.tables
    assert list(tables.problems()) == []
    gap = {**tables.codes, "os": {"ios": 2}}
    assert list(msgspec.structs.replace(tables, codes=gap).problems())
    short = {**tables.rates, "size": [0.1]}
    assert list(msgspec.structs.replace(tables, rates=short).problems())
    wild = msgspec.structs.replace(tables, base_rate=float("nan"))
    assert list(wild.problems())
    assert list(Tables({}, {}, 0.1).problems())


def test_what_the_server_logs_is_what_it_served_by(impressions: list[Shown]) -> None:
    """The line that the bid endpoint writes says the same as the log that these tests train on."""
    for seen in impressions[:200]:
        bid = Bid(
            opportunity=seen.opportunity,
            candidate=seen.candidate,
            media_type=MediaType[_MEDIA[type(seen.candidate.creative)].upper()],
            deal=None,
            click_probability=0.1,
            value=2,
            price=1,
            reserved=1,
        )
        line = write_bid_event(
            seen.auction, bid, seen.bid, seen.now_s, "name", measured=True, trainable=True
        )
        logged = msgspec.json.decode(line, type=BidEvent)
        expected = msgspec.convert(bid_event(seen), BidEvent)
        assert words(logged) == words(expected)
        assert (logged.at, logged.hour_of_week) == (seen.now_s, hour_of_week(seen.now_s))
        counts = (logged.position, logged.segments, logged.floor)
        assert counts == (expected.position, expected.segments, expected.floor)
