"""What every event store, and every event log, promises."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.events.segment_files import SegmentFiles, read_events
from adserver.ports import EventStore
from tests.fakes.event_store import FakeEventStore

Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture(params=["files", "fake"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[EventStore, Read]:
    """Return a store and the function that reads it."""
    if request.param == "files":
        return SegmentFiles(tmp_path / "events"), lambda: list(read_events(tmp_path / "events"))
    fake = FakeEventStore()
    return fake, lambda: fake.events


def test_events_come_back_in_order(log: tuple[EventStore, Read]) -> None:
    store, read = log
    assert read() == []
    events = [{"event": "bid", "n": n, "text": 'é"\n'} for n in range(5)]
    lines = [msgspec.json.encode(event) + b"\n" for event in events]
    store.append(lines[0])
    store.append(b"")
    store.append(b"".join(lines[1:]))
    assert read() == events
    store.close()
    assert read() == events
