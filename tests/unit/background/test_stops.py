"""The kill switch works at once, outlives restarts, and errs on the side of standing still."""

from pathlib import Path

import pytest

from adserver.background.stops import (
    EVERYTHING,
    FILE_NAME,
    Stops,
    StopSwitch,
    read_stops,
    write_stops,
)
from adserver.errors import InvalidConfig


def test_without_a_file_nothing_is_stopped(tmp_path: Path) -> None:
    assert StopSwitch(tmp_path).stops == Stops()


def test_stops_add_up_and_are_lifted_one_by_one(tmp_path: Path) -> None:
    switch = StopSwitch(tmp_path)
    stops = read_stops(tmp_path).changed("exchange", "north", stopped=True)
    stops = stops.changed("advertiser", "shop", stopped=True)
    write_stops(tmp_path, stops)
    assert switch.poll()
    assert not switch.poll()
    assert switch.stops == Stops(exchanges=frozenset({"north"}), advertisers=frozenset({"shop"}))
    write_stops(tmp_path, stops.changed("exchange", "north", stopped=False))
    assert switch.poll()
    assert switch.stops == Stops(advertisers=frozenset({"shop"}))
    assert StopSwitch(tmp_path).stops == switch.stops


def test_all_is_apart_from_the_named(tmp_path: Path) -> None:
    stops = Stops(exchanges=frozenset({"north"})).changed("all", "", stopped=True)
    assert stops.all
    assert stops.changed("all", "", stopped=False) == Stops(exchanges=frozenset({"north"}))
    write_stops(tmp_path, stops)
    assert read_stops(tmp_path) == stops
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("damage", [b"", b"{", b'{"al": true}', b'{"exchanges": 5}'])
def test_damaged_file_keeps_the_last_known_and_stops_everything_if_none(
    tmp_path: Path, damage: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    switch = StopSwitch(tmp_path)
    write_stops(tmp_path, Stops(advertisers=frozenset({"shop"})))
    switch.poll()
    (tmp_path / FILE_NAME).write_bytes(damage)
    assert not switch.poll()
    assert switch.stops == Stops(advertisers=frozenset({"shop"}))
    assert StopSwitch(tmp_path).stops == EVERYTHING
    assert "stops_unreadable" in capsys.readouterr().out
    with pytest.raises(InvalidConfig, match=r"stops\.json"):
        read_stops(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    assert switch.poll()
    assert switch.stops == Stops()
