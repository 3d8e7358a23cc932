"""The command line: help, exit codes, faults told together, one JSON object with `--json`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adserver.__main__ import main
from adserver.commands.terminal import FAILED, OK, UNUSABLE
from tests.unit.commands import shop

COMMANDS = (
    "demo", "serve", "reload", "stop", "resume", "check", "segments", "audiences", "train", "explain", "report",
    "doctor", "keys", "events",
)  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return shop.write(tmp_path)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any]:
    """Run with `--json`; all of standard output must be one JSON value."""
    code = main([*(str(each) for each in arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_help_lists_every_command_and_the_exit_codes() -> None:
    """In a process of its own, once: this is how people start it."""
    done = subprocess.run(
        [sys.executable, "-m", "adserver", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert all(command in done.stdout for command in COMMANDS)
    assert "Exit codes" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert "usage: adserver" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["stop"], ["stop", "moon"], ["check", "--what"], ["train", "moon"]]
)
def test_commands_that_do_not_exist_are_unusable_input(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == UNUSABLE
    assert "usage: adserver" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"], ["segments"], ["train", "ctr"], ["report"], ["stop", "all"], ["resume", "all"],
        ["reload"], ["explain", "request.json"],
    ],
)  # fmt: skip
def test_without_settings_every_command_says_so(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run(capsys, *arguments, "-c", tmp_path / "server.yaml")
    assert code == UNUSABLE
    assert told["ok"] is False
    (fault,) = told["faults"]
    assert fault["file"] == str(tmp_path / "server.yaml")
    assert "does not exist" in fault["message"]


def test_check_counts_what_it_compiled_and_writes_the_snapshot(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run(capsys, "check", "-c", settings)
    assert code == OK
    assert told.pop("privacy")["line_items"] == {"segments": [], "contacts": [], "nothing": ["on"]}
    counts = {"advertisers": 1, "active_line_items": 1, "creatives": 1, "deals": 0}
    assert told == {"ok": True, **counts}
    state = settings.parent / "state"
    assert state.stat().st_mode & 0o777 == 0o700
    written = {path.name for path in state.iterdir() if path.is_file()}
    assert written
    for path in state.iterdir():
        if "key" in path.name:
            assert path.stat().st_mode & 0o077 == 0, f"{path.name} is for us alone"


def test_check_tells_every_fault_at_once_and_keeps_the_old_snapshot(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "-c", str(settings), "--json"]) == OK
    capsys.readouterr()
    before = snapshot(settings)
    campaigns = settings.parent / "campaigns" / "shop.yaml"
    broken = shop.CAMPAIGNS.replace("cpm: 2}, creatives", "cpm: -2}, creatives")
    campaigns.write_text(broken.replace("timezone: UTC", "timezone: Mars/Base"), encoding="utf-8")
    code, told = run(capsys, "check", "-c", settings)
    assert code == UNUSABLE
    assert len(told["faults"]) == 3
    assert all(fault["file"].startswith(str(campaigns)) for fault in told["faults"])
    assert snapshot(settings) == before
    assert main(["check", "-c", str(settings)]) == UNUSABLE
    told_to_people = capsys.readouterr()
    assert told_to_people.out == ""
    assert "3 faults to mend" in told_to_people.err
    assert "Mars/Base" in told_to_people.err


def snapshot(settings: Path) -> dict[str, bytes]:
    """What lies in the state folder."""
    state = settings.parent / "state"
    return {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()}


def test_segments_loads_people_and_counts_bad_rows(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = settings.parent / "people.csv"
    people.write_text("no such header\n1,2,3\n", encoding="utf-8")
    code, told = run(capsys, "segments", "-c", settings)
    assert (code, told["ok"]) == (UNUSABLE, False)
    assert str(people) in told["faults"][0]["file"]


def test_stop_and_resume_say_what_is_stopped_now(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", "-c", str(settings), "--json"])
    capsys.readouterr()
    code, stops = run(capsys, "stop", "exchange", "north", "-c", settings)
    assert code == OK
    assert stops == {"all": False, "exchanges": ["north"], "advertisers": []}
    code, stops = run(capsys, "stop", "advertiser", "shop", "-c", settings)
    assert stops == {"all": False, "exchanges": ["north"], "advertisers": ["shop"]}
    code, stops = run(capsys, "stop", "all", "-c", settings)
    assert stops["all"] is True
    code, stops = run(capsys, "resume", "all", "-c", settings)
    assert stops == {"all": False, "exchanges": ["north"], "advertisers": ["shop"]}
    code, stops = run(capsys, "resume", "exchange", "north", "-c", settings)
    assert stops["exchanges"] == []


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (["exchange", "nroth"], "no exchange is called 'nroth'; there are: north"),
        (["exchange"], "say which exchange: `stop exchange NAME`"),
        (["advertiser", "shp"], "no advertiser is called 'shp'; there are: shop"),
        (["all", "north"], "`all` takes no name"),
    ],
)
def test_a_stop_that_would_stop_nothing_is_refused(
    settings: Path, capsys: pytest.CaptureFixture[str], target: list[str], message: str
) -> None:
    main(["check", "-c", str(settings), "--json"])
    capsys.readouterr()
    code, told = run(capsys, "stop", *target, "-c", settings)
    assert code == UNUSABLE
    assert message in told["faults"][0]["message"]


def test_without_a_server_questions_fail_and_say_what_to_start(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = settings.parent / "request.json"
    request.write_text("{}", encoding="utf-8")
    for question in (["report"], ["explain", str(request)]):
        code, told = run(capsys, *question, "-c", settings)
        assert code == FAILED
        assert told["ok"] is False
        assert "start one with `serve`" in told["error"]
        assert main([*question, "-c", str(settings)]) == FAILED
        assert "no server runs" in capsys.readouterr().err


def test_explaining_a_missing_file_names_it(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = settings.parent / "missing.json"
    code, told = run(capsys, "explain", missing, "-c", settings)
    assert code == UNUSABLE
    assert told["faults"][0]["file"] == str(missing)


def test_reload_without_a_server_changes_nothing(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", "-c", str(settings), "--json"])
    capsys.readouterr()
    code, told = run(capsys, "reload", "-c", settings)
    assert code == UNUSABLE
    assert "no server runs" in told["faults"][0]["message"]


def test_training_without_events_says_what_is_missing(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", "-c", str(settings), "--json"])
    capsys.readouterr()
    code, told = run(capsys, "train", "ctr", "-c", settings)
    assert code == UNUSABLE
    assert told["faults"]


def test_the_doctor_names_what_keeps_the_server_from_serving(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run(capsys, "doctor", "-c", settings)
    assert code == FAILED
    problems = {check["what"]: check["problem"] for check in told["checks"]}
    assert problems["the settings can be used"] == ""
    assert "run `check`" in problems["there is a snapshot to serve"]
    assert problems["a server runs and its owner answers"]
    code, told = run(capsys, "doctor", "-c", settings.parent / "missing.yaml")
    assert (code, told["ok"]) == (FAILED, False)


def test_a_state_folder_that_cannot_be_made_is_told_without_a_traceback(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (settings.parent / "state").write_text("in the way", encoding="utf-8")
    for command in (["check"], ["stop", "all"]):
        code, told = run(capsys, *command, "-c", settings)
        assert code == UNUSABLE
        assert told["faults"][0]["file"] == str(settings.parent / "state")


def test_a_closed_pipe_is_nobodys_traceback(settings: Path) -> None:
    """`check | head -0` must not end in a page of Python."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "adserver", "check", "-c", str(settings), "--json"],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    assert "Traceback" not in done.stderr
