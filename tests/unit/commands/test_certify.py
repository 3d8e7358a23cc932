"""`certify`: what cannot work is told before anybody is asked."""

from pathlib import Path

import pytest

from adserver.commands.terminal import FAILED, UNUSABLE
from tests.unit.commands.test_command_line import run

NOBODY = "http://127.0.0.1:9/bid"


def test_a_report_that_cannot_be_written_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run(capsys, "certify", NOBODY, "--html", tmp_path / "missing" / "report.html")
    assert code == UNUSABLE
    assert told["faults"][0]["message"] == f"there is no folder {tmp_path / 'missing'}"


def test_nobody_there_is_told_in_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, "certify", NOBODY)
    assert code == FAILED
    assert told["error"] == f"{NOBODY} does not answer: nobody listens there"
