"""The event log, as reports and training read it."""

import json

from adapters.events.segment_files import read_events
from adserver.errors import InvalidConfig
from models.ctr.dataset import read
from tests.fuzz.target import Target, scratch

_folder = scratch()
_file = _folder / "events-20260101T000000Z-000001.jsonl"


def check(data: bytes) -> None:
    """Objects or a named line; training counts what it cannot read and goes on."""
    _file.write_bytes(data)
    found = read_events(_folder)
    try:
        events = list(found)
    except ValueError as error:
        assert _file.name in str(error)
    else:
        assert all(isinstance(each, dict) for each in events)
    try:
        dataset = read(_folder, on_progress=lambda *_: None)
    except InvalidConfig:
        return
    assert len(dataset.at) <= data.count(b"\n")


def seeds() -> list[bytes]:
    """Return the events of one bid, whole and torn."""
    bid = {
        "event": "bid", "at": 1.5, "bid": "ab", "measured": True, "trainable": True, "exchange": "open", "line_item": "tents",
        "creative": "tents-banner", "media": "banner", "hour_of_week": 5, "segments": 3, "floor": 500, "size": "300x250", "price": 1, "value": 2,
    }  # fmt: skip
    shown = {"event": "impression", "at": 2.5, "bid": "ab", "measured": True, "trainable": True}
    lines = [
        json.dumps(each).encode() + b"\n" for each in (bid, shown, {**shown, "event": "click"})
    ]
    return [
        b"".join(lines),
        lines[0],
        lines[1][:-5],
        b"[]\n",
        b"{}\n\n",
        b'{"x": ' + b"[" * 1_500 + b"\n",
    ]


TARGET = Target(check, seeds)
