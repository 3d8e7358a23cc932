"""The key file while a server runs: what is announced is opened, what is due seals, what is gone is unknown."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog.testing

from adserver.endpoints.keys import KeyFile, load_keys, make_keys, write_keys
from adserver.endpoints.tokens import Key, TokenVault, sealing
from adserver.errors import InvalidConfig, InvalidToken
from tests.bench.bench_tokens import TICKET

NOW = 1_790_000_000
OLD, NEW = Key(1, b"o" * 32), Key(2, b"n" * 32, NOW + 10)


class HandClock:
    """Stands still until it is set."""

    now_s = float(NOW)

    def now(self) -> float:
        """Return the hands' position."""
        return self.now_s


def rotate(path: Path, *keys: Key) -> None:
    write_keys(path, keys)
    # Two writes within the clock's grain are told apart by the inode; a reused one needs another time.
    os.utime(path, ns=(time.time_ns(), time.time_ns()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "token.keys"
    make_keys(file)
    rotate(file, OLD)
    return file


def test_keys_are_written_as_they_are_read(path: Path) -> None:
    write_keys(path, [NEW, OLD])
    assert load_keys(path) == (NEW, OLD)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["token.keys"]


def test_a_key_is_opened_before_it_seals_and_seals_when_its_time_has_come(path: Path) -> None:
    clock = HandClock()
    early, late = KeyFile(path, clock), KeyFile(path, clock)
    rotate(path, OLD, NEW)
    early.poll()
    assert late.vault.open(early.vault.seal(TICKET)) == TICKET
    clock.now_s += 11
    early.poll()
    by_new = early.vault.seal(TICKET)
    with pytest.raises(InvalidToken, match="unknown_key"):
        TokenVault([OLD]).open(by_new)
    assert late.vault.open(by_new) == TICKET, "who has not looked yet looks before it refuses"
    assert late.vault.open(TokenVault([OLD]).seal(TICKET)) == TICKET
    clock.now_s -= 3_600  # a clock set back seals with the old key again, which all can open
    early.poll()
    assert TokenVault([OLD]).open(early.vault.seal(TICKET)) == TICKET


def test_a_retired_key_is_unknown(path: Path) -> None:
    clock = HandClock()
    clock.now_s += 60
    rotate(path, OLD, NEW)
    worker = KeyFile(path, clock)
    by_old = TokenVault([OLD]).seal(TICKET)
    assert worker.vault.open(by_old) == TICKET
    rotate(path, NEW)
    worker.poll()
    with pytest.raises(InvalidToken, match="unknown_key"):
        worker.vault.open(by_old)


def test_a_damaged_file_changes_nothing_and_is_told_once(path: Path) -> None:
    worker = KeyFile(path, HandClock())
    token = worker.vault.seal(TICKET)
    with structlog.testing.capture_logs() as told:
        path.write_text("1 nonsense\n", "ascii")
        for _ in range(3):
            worker.poll()
        path.chmod(0o644)
        worker.poll()
        path.unlink()
        worker.poll()
    assert worker.vault.open(token) == TICKET
    assert [line["event"] for line in told] == ["keys_unreadable"] * 3
    assert "nonsense" not in str(told)
    rotate_from_nothing = Key(1, OLD.secret)
    path.touch(0o600)
    rotate(path, rotate_from_nothing, NEW)
    worker.poll()
    assert worker.vault.open(TokenVault([NEW]).seal(TICKET)) == TICKET


def test_a_key_s_time_comes_although_the_file_is_damaged_meanwhile(path: Path) -> None:
    rotate(path, OLD, NEW)
    clock = HandClock()
    worker = KeyFile(path, clock)
    path.write_text("1 nonsense\n", "ascii")
    clock.now_s += 11
    worker.poll()
    with pytest.raises(InvalidToken, match="unknown_key"):
        TokenVault([OLD]).open(worker.vault.seal(TICKET))


def test_what_keeps_us_from_reading_for_a_moment_is_tried_again(path: Path) -> None:
    worker = KeyFile(path, HandClock())
    rotate(path, OLD, NEW)
    with structlog.testing.capture_logs() as told:
        with no_more_files():
            worker.poll()
            worker.poll()
        assert worker.vault.open(TokenVault([OLD]).seal(TICKET)) == TICKET
        worker.poll()
        worker.poll()
    assert [line["event"] for line in told] == ["keys_unreadable", "keys_changed"]
    assert "Too many open files" in told[0]["error"]
    assert worker.vault.open(TokenVault([NEW]).seal(TICKET)) == TICKET


@contextmanager
def no_more_files() -> Iterator[None]:
    """Have this process open none."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([OLD, NEW], 1), ([NEW, OLD], 1), ([Key(3, b"", NOW), NEW, OLD], 3), ([NEW], 2),
        ([Key(7, b""), Key(3, b"")], 7), ([Key(3, b"", NOW - 5), Key(4, b"", NOW)], 4),
    ],
)  # fmt: skip
def test_the_newest_key_whose_time_has_come_seals(keys: list[Key], expected: int) -> None:
    assert sealing(keys, NOW).id == expected


def test_without_space_the_old_file_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(InvalidConfig, match=r"token\.keys: cannot be written: No space"):
        write_keys(path, [OLD, NEW])
    with pytest.raises(InvalidConfig, match="No space"):
        make_keys(path.with_name("other.keys"))
    assert load_keys(path) == (OLD,)
    assert [file.name for file in path.parent.iterdir()] == ["token.keys"]
