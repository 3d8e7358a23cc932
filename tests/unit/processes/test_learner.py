"""When the supervisor has models trained, and what it does about a learner that dies or hangs."""

import os
import signal
from pathlib import Path

import pytest

from adserver.config import Loaded, load_settings
from adserver.processes import children, learner
from adserver.processes.learner import LEARN_S, Learner
from tests.unit.commands import shop


def loaded(folder: Path, minutes: str) -> Loaded:
    """Settings that want training so often."""
    file = shop.write(folder)
    with file.open("a") as settings:
        settings.write(f"learning: {{retrain_every_minutes: {minutes}}}\n")
    return load_settings(file)


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was forked; nobody really is."""
    found: list[str] = []

    def fork(name: str, _body: object) -> int:
        found.append(name)
        return 1_000 + len(found)

    monkeypatch.setattr(children, "fork", fork)
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    return found


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Which signals were sent to whom."""
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(learner, "send", lambda pid, number: found.append((pid, number)))
    return found


def test_unless_asked_nobody_learns(tmp_path: Path, forked: list[str]) -> None:
    idle = Learner(loaded(tmp_path, "0"))
    idle.start_if_due(1e9)
    assert forked == []


def test_a_round_begins_so_long_after_the_one_before_ended(
    tmp_path: Path, forked: list[str]
) -> None:
    busy = Learner(loaded(tmp_path, "2.5"))
    busy.start_if_due(149.9)
    assert forked == []
    busy.start_if_due(150.0)
    busy.start_if_due(1_000.0)
    assert forked == ["learner"], "one at a time"
    assert not busy.buried(7, 0)
    assert busy.buried(1_001, 0)
    busy.start_if_due(149.0)
    assert len(forked) == 1
    busy.start_if_due(150.0)
    assert len(forked) == 2


def test_who_dies_is_told_and_the_next_round_comes(
    tmp_path: Path, forked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    busy = Learner(loaded(tmp_path, "1"))
    busy.start_if_due(60.0)
    assert busy.buried(1_001, -signal.SIGKILL)
    assert "learner_died" in capsys.readouterr().out
    busy.start_if_due(60.0)
    assert len(forked) == 2


def test_who_takes_hours_is_ended(
    tmp_path: Path, forked: list[str], sent: list[tuple[int, int]]
) -> None:
    busy = Learner(loaded(tmp_path, "1"))
    busy.end()
    busy.start_if_due(60.0)
    assert len(forked) == 1
    busy.end_if_hung(60.0 + LEARN_S)
    assert sent == []
    busy.end_if_hung(61.0 + LEARN_S)
    assert sent == [(1_001, signal.SIGKILL)]


def test_the_learner_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(os, "nice", seen.append)  # not really: nobody gets priority back
    monkeypatch.setattr(Path, "write_text", lambda path, text, _: seen.append((str(path), text)))
    learner._come_last()
    assert seen == [19, ("/proc/self/oom_score_adj", "1000")]
