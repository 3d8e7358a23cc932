"""`ledger verify`: what is whole is said to be, and damage is told with its place; nothing is written."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.ledger.journal import HEADER, Journal
from adserver.__main__ import main
from adserver.commands.ledger.reading import FileLog, apply, state_hash
from adserver.commands.terminal import FAILED, OK, UNUSABLE
from adserver.domain.entries import AnyEntry, Expired, Granted, Leased, Opened, Settled
from adserver.errors import InvalidConfig
from tests.unit.commands import shop
from tests.unit.domain.test_books import BEGIN, ITEM, sold

FRAMES: tuple[Sequence[AnyEntry], ...] = (BEGIN, [sold(1), sold(2)], [sold(3)])


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return shop.write(tmp_path)


def ledger_of(settings: Path) -> Path:
    return settings.parent / "state" / "ledger"


def written(settings: Path, *frames: Sequence[AnyEntry]) -> list[int]:
    """Write frames; return where each begins, and the end."""
    store = Journal(ledger_of(settings))
    list(store.replay())
    places = []

    async def write() -> None:
        for frame in frames:
            places.append(ledger_of(settings).stat().st_size)
            store.append(frame)
            await store.commit()

    asyncio.run(write())
    store.close()
    return [*places, ledger_of(settings).stat().st_size]


def verify(settings: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    before = ledger_of(settings).read_bytes()
    capsys.readouterr()
    code = main(["ledger", "verify", "--json", "-c", str(settings)])
    assert ledger_of(settings).read_bytes() == before
    assert [each.name for each in ledger_of(settings).parent.iterdir()] == ["ledger"]
    return code, json.loads(capsys.readouterr().out)


def test_a_whole_log_is_counted_summed_and_hashed(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(settings, *FRAMES)
    code, found = verify(settings, capsys)
    assert (code, found["ok"], found["owner"]) == (OK, True, "does not run")
    assert found["entries"] == {"Granted": 1, "Leased": 1, "Opened": 1, "Settled": 3}
    assert found["totals"]["settled"] == 3 * 130
    assert found["totals"]["outstanding"] == 10_000 - 3 * 130
    assert verify(settings, capsys)[1]["hash"] == found["hash"]
    assert main(["ledger", "verify", "-c", str(settings)]) == OK
    assert "All totals agree." in capsys.readouterr().out


def test_the_lock_of_an_owner_keeps_nobody_from_reading(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(settings, *FRAMES)
    owner = Journal(ledger_of(settings))
    list(owner.replay())
    code, _ = verify(settings, capsys)
    owner.close()
    assert code == OK


def test_an_unfinished_end_is_told_and_is_no_damage(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *_, last, end = written(settings, *FRAMES)
    whole = ledger_of(settings).read_bytes()
    ledger_of(settings).write_bytes(whole[: end - 3])
    code, found = verify(settings, capsys)
    assert (code, found["unfinished_bytes"]) == (OK, end - 3 - last)
    assert found["entries"]["Settled"] == 2


def test_each_damaged_byte_before_the_last_frame_is_found_with_its_frame(
    settings: Path,
) -> None:
    places = written(settings, *FRAMES)
    whole = ledger_of(settings).read_bytes()
    for at in range(places[0], places[2], 7):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        ledger_of(settings).write_bytes(damaged)
        frame = max(place for place in places[:2] if place <= at)
        with pytest.raises(InvalidConfig, match=f"byte {frame}: this frame is damaged"):
            apply(FileLog(ledger_of(settings)).steps())


def test_damage_is_exit_code_1_with_the_place(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(settings, *FRAMES)
    damaged = bytearray(ledger_of(settings).read_bytes())
    damaged[len(HEADER) + 20] ^= 1
    ledger_of(settings).write_bytes(damaged)
    code, found = verify(settings, capsys)
    assert (code, found["ok"]) == (FAILED, False)
    assert found["faults"] == [
        f"byte {len(HEADER)}: this frame is damaged, though later ones are good"
    ]
    ledger_of(settings).write_bytes(b"something else")
    assert verify(settings, capsys)[1]["faults"] == ["byte 0: this is no ledger"]


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        ([BEGIN, [sold(1)], [sold(1)]], "settled already"),
        ([BEGIN, [sold(1, margin=20_000)]], "does not hold"),
        ([[Granted(1, 1, 5)]], "lease 1 is not known"),
        ([BEGIN, [Granted(9, 1, 5)]], "lease 9 is not known"),
        ([BEGIN, [Leased(2, 1), Expired(1), Leased(1, 3)]], "lease 1 is given a second time"),
        ([[Leased(1, 1), Granted(1, 7, 5)]], "it names 7, which is not known"),
        ([[Leased(1, 1), Opened(1, ITEM, ("a/life", "a/2026-11-22"), 0, 9), Granted(1, 1, -5)]], "does not hold"),
        ([BEGIN, [Settled(**{n: getattr(sold(1), n) for n in Settled.__struct_fields__} | {"pots": ()})]],
         "no account paid"),
    ],
)  # fmt: skip
def test_entries_that_cannot_be_are_told(
    settings: Path,
    capsys: pytest.CaptureFixture[str],
    frames: list[Sequence[AnyEntry]],
    fault: str,
) -> None:
    written(settings, *frames)
    code, found = verify(settings, capsys)
    assert code == FAILED
    assert any(fault in each for each in found["faults"]), found["faults"]


def test_without_a_log_it_says_so(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "verify", "--json", "-c", str(settings)]) == UNUSABLE
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert fault["file"] == str(ledger_of(settings))
    assert "no server has run" in fault["message"]


def test_the_hash_changes_with_any_entry(settings: Path) -> None:
    written(settings, *FRAMES)
    whole = apply(FileLog(ledger_of(settings)).steps()).ledger
    less = apply(step for step in list(FileLog(ledger_of(settings)).steps())[:-1]).ledger
    assert state_hash(whole) != state_hash(less)
