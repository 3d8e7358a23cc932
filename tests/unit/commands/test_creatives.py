"""`creatives`: audited, and noted what exchanges say; refusals reach the snapshot."""

from pathlib import Path

import pytest

from adserver import bootstrap
from adserver.__main__ import main
from adserver.commands.terminal import FAILED, OK, UNUSABLE
from adserver.config import load_settings
from adserver.errors import InvalidConfig
from tests.unit.commands import shop
from tests.unit.commands.test_command_line import run


@pytest.fixture
def settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A shop, checked."""
    file = shop.write(tmp_path)
    assert run(capsys, "check", "-c", file)[0] == OK
    return file


def barred(settings: Path) -> bool:
    """Tell whether the only creative may not bid at the only exchange."""
    return bool(bootstrap.load_snapshot(load_settings(settings)).review.barred)


def test_what_an_exchange_says_is_noted_and_obeyed(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def note(*words: str) -> int:
        return run(capsys, "creatives", *words, "-c", settings, "--exchange", "north")[0]

    assert not barred(settings)
    assert note("submit") == OK
    assert not barred(settings)
    assert note("refuse", "tile", "--why", "too loud") == OK
    assert barred(settings)
    _, listed = run(capsys, "creatives", "list", "-c", settings)
    (row,) = listed["creatives"]
    assert row["standings"] == {"north": "refused"}
    assert row["why"] == {"north": "too loud"}
    assert main(["creatives", "list", "-c", str(settings)]) == OK
    assert "tile is refused at north: too loud" in capsys.readouterr().out
    assert note("approve", "tile") == OK
    assert not barred(settings)


def test_a_damaged_file_of_reviews_is_told_before_a_server_meets_it(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap.places(load_settings(settings)).reviews.write_text("{broken")
    for words in (("check",), ("creatives", "list")):
        code, told = run(capsys, *words, "-c", settings)
        assert code == UNUSABLE
        assert "cannot be read" in told["faults"][0]["message"]


def test_a_misspelt_creative_is_told_with_the_one_that_was_meant(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = run(capsys, "creatives", "approve", "tiel", "--exchange", "north", "-c", settings)
    assert told["faults"][0]["message"].endswith("did you mean 'tile'?")


def test_answers_are_imported_all_or_none(
    settings: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answers = tmp_path / "answers.csv"
    command = (
        "creatives", "import", "-c", str(settings), "--exchange", "north", "--file", str(answers),
    )  # fmt: skip
    answers.write_text("creative,standing,why\ntile,refused,no\nghost,refused,no\ntile,odd,\n")
    code, told = run(capsys, *command)
    assert code == UNUSABLE
    assert [fault["path"] for fault in told["faults"]] == ["line 3", "line 4"]
    assert not barred(settings)
    answers.write_text("creative,standing\ntile,refused\n")
    assert run(capsys, *command)[0] == OK
    assert barred(settings)


def test_the_audit_tells_what_to_mend(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, "creatives", "audit", "-c", settings)
    assert code == FAILED
    (said,) = told["faults"]["tile"]
    assert said.startswith("loads from cdn.example")
    settings.write_text(settings.read_text("utf-8") + "audit: {hosts: [cdn.example]}\n")
    assert run(capsys, "creatives", "audit", "-c", settings)[0] == OK


@pytest.mark.parametrize(
    "words",
    [
        ("approve", "ghost", "--exchange", "north"),
        ("approve", "tile", "--exchange", "south"),
        ("approve", "tile"),
        ("approve", "--exchange", "north"),
        ("import", "--exchange", "north"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    words: tuple[str, ...], settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "creatives", *words, "-c", settings)[0] == UNUSABLE


def test_with_a_damaged_file_nothing_starts(settings: Path) -> None:
    loaded = load_settings(settings)
    bootstrap.places(loaded).reviews.write_text("[{", encoding="utf-8")
    with pytest.raises(InvalidConfig, match="cannot be read"):
        bootstrap.load_snapshot(loaded)


@pytest.mark.parametrize(
    ("audit", "words"),
    [
        ("{hosts: [Not A Host]}", "no host"),
        ("{vendors: {x: [a.example]}}", "no vendor's id"),
        ("{restricted: {spinach: {allowed_in: [DEU]}}}", "no restricted subject"),
        ("{restricted: {alcohol: {allowed_in: [DE]}}}", "no country"),
        ("{restricted: {alcohol: {}}}", "either"),
        ("{markup_kb: 0}", "between"),
    ],
)
def test_rules_that_say_nothing_sensible_are_refused(
    audit: str, words: str, settings: Path
) -> None:
    settings.write_text(settings.read_text("utf-8") + f"audit: {audit}\n", encoding="utf-8")
    with pytest.raises(InvalidConfig, match=words):
        load_settings(settings)
