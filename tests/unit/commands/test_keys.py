"""`keys`: one key after the other, none gone while its tokens live, no secret ever shown."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from adserver.__main__ import main
from adserver.commands import keys as command
from adserver.commands.terminal import FAILED, OK, UNUSABLE
from adserver.endpoints.keys import load_keys, make_keys
from tests.unit.commands import shop

DAY_S = 86_400
CLICK_DAYS = 30
START = 1_790_000_000


class Keys:
    """The command on a state of its own, at a time that can be set."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.settings = shop.write(folder)
        self.file = folder / "state" / "token.keys"
        self.file.parent.mkdir(exist_ok=True)
        make_keys(self.file)
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, Any]:
        """Run with `--json`."""
        code = main(["keys", *words, "-c", str(self.settings), "--json"])
        return code, json.loads(self._capsys.readouterr().out)

    def ids(self) -> list[int]:
        """Return the ids in the file."""
        return [key.id for key in load_keys(self.file)]


@pytest.fixture
def keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Keys:
    return Keys(tmp_path, capsys)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time as a list of one, to set."""
    hands = [float(START)]
    monkeypatch.setattr(time, "time", lambda: hands[0])
    return hands


def test_a_rotation_from_announcement_to_retirement(keys: Keys, now: list[float]) -> None:
    assert keys("list")[1]["keys"] == [{"id": 1, "state": "seals and opens", "needed_until": None}]
    code, told = keys("rotate")
    assert code == OK
    assert [row["state"] for row in told["keys"]] == [
        "seals and opens", "opens; seals from 2026-09-21T14:13:30Z",
    ]  # fmt: skip
    assert keys("rotate")[0] == UNUSABLE, "the one before must take over first"
    now[0] += command.ANNOUNCED_S
    first, second = keys("list")[1]["keys"]
    assert (first["needed_until"], second["state"]) == ("2026-10-21T14:23:30Z", "seals and opens")
    assert keys("retire", "2", "--force") == (
        FAILED, {"ok": False, "error": "key 2 seals tokens now; `keys rotate` first"},
    )  # fmt: skip
    code, told = keys("retire", "1")
    assert code == FAILED
    assert "live until 2026-10-21T14:23:30Z" in told["error"]
    assert keys.ids() == [1, 2]
    now[0] += CLICK_DAYS * DAY_S + 600
    assert "no longer needed" in keys("list")[1]["keys"][0]["state"]
    assert keys("retire", "1")[0] == OK
    assert keys.ids() == [2]


def test_an_announced_key_may_be_withdrawn_and_nobody_else_without_force(
    keys: Keys, now: list[float]
) -> None:
    keys("rotate")
    assert keys("retire", "2")[0] == OK
    keys("rotate", "--after", "0")
    now[0] += 1
    assert keys("retire", "1")[0] == FAILED
    assert keys("retire", "1", "--force")[0] == OK
    assert keys("retire", "9", "--force")[0] == FAILED
    assert keys("retire", "--force")[0] == FAILED
    assert keys.ids() == [2]


@pytest.mark.usefixtures("now")
def test_ids_go_round_and_are_never_given_twice_at_once(keys: Keys) -> None:
    keys.file.write_text(f"254 {'ab' * 32}\n255 {'cd' * 32} 2026-01-01T00:00:00Z\n0 {'ef' * 32}\n")
    assert keys("rotate", "--after", "0")[0] == OK
    assert keys.ids() == [254, 255, 0, 1]
    assert "not known" not in keys("list")[1]["keys"][0]["state"]
    everybody = "".join(f"{each} {each:064x}\n" for each in range(256))
    keys.file.write_text(everybody)
    assert keys("rotate")[0] == UNUSABLE
    assert keys.file.read_text() == everybody
    assert "not known" in keys("list")[1]["keys"][1]["state"]
    assert keys("retire", "7")[0] == FAILED


def test_no_secret_is_ever_shown(keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "rotate", "-c", str(keys.settings)]) == OK
    assert main(["keys", "retire", "1", "-c", str(keys.settings)]) == FAILED
    told = capsys.readouterr()
    for key in load_keys(keys.file):
        assert key.secret.hex()[:8] not in told.out + told.err


def test_a_clock_that_was_ahead_does_not_keep_a_new_key_from_sealing(
    keys: Keys, now: list[float]
) -> None:
    """The new key follows the newest there is, if that is later than asked for."""
    keys("rotate", "--after", "0")
    keys("rotate", "--after", "0")  # within the same second
    now[0] += 2
    assert [row["state"][:5] for row in keys("list")[1]["keys"]] == ["opens", "opens", "seals"]
    assert time.time() == now[0]


def test_without_a_state_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = shop.write(tmp_path)
    assert main(["keys", "list", "-c", str(settings), "--json"]) == FAILED
    assert "no state" in capsys.readouterr().out


@pytest.mark.parametrize("after", ["-2", "99999999999999"])
def test_a_key_is_announced_for_no_longer_than_a_year_and_not_for_the_past(
    keys: Keys, after: str
) -> None:
    code, told = keys("rotate", "--after", after)
    assert code == UNUSABLE
    assert "between 0 and 31536000" in told["faults"][0]["message"]
    assert keys.ids() == [1]
