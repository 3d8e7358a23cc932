"""`train` and `events` as people call them."""

from pathlib import Path

import pytest

from adserver.__main__ import main
from adserver.commands.terminal import OK, UNUSABLE
from models.evaluation.papers import CARD, REPORT
from tests.unit.commands import shop
from tests.unit.commands.test_command_line import run
from tests.unit.models_ctr.world import shown, write_log


@pytest.fixture
def settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = shop.write(tmp_path)
    main(["check", "-c", str(path), "--json"])
    capsys.readouterr()
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ["cvr", "--table", "t.csv", "--mapping", "m.yaml"],
        ["ctr", "--table", "t.csv"],
        ["ctr", "--mapping", "m.yaml"],
        ["ctr", "--out", "folder"],
        ["ctr", "--search", "-1"],
        ["cvr", "--search", "3"],
        ["landscape", "--trees", "30"],
    ],
)
def test_options_that_do_not_go_together_are_refused(
    settings: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    code, told = run(capsys, "train", *arguments, "-c", settings)
    assert code == UNUSABLE
    assert told["faults"][0]["file"].startswith("--")


def test_training_leaves_a_report_and_a_card_beside_the_model(
    settings: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_log(tmp_path / "log", list(shown(2_200)))
    code, told = run(
        capsys,
        "train",
        "ctr",
        "--events",
        tmp_path / "log",
        "--trees",
        5,
        "--alone",
        "-c",
        settings,
    )
    assert code == OK
    assert 0.4 < told["metrics"]["auc"] < 1
    written = {each.name for each in Path(told["folder"]).iterdir()}
    assert {REPORT, CARD, "model.txt", "manifest.sig"} <= written


def test_a_table_is_trained_on_and_kept_out_of_the_registry(
    settings: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = [
        f"{1_400_000_000 + row},{int(row % 9 == 0)},{'ab'[row % 3 == 0]}" for row in range(2_200)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["t,c,w", *rows, ""]))
    (tmp_path / "m.yaml").write_text(
        "time: {column: t}\nclick: c\nwords: {kind: w}\nrated: [kind]\n"
    )
    told_to = [
        "train",
        "ctr",
        "--table",
        tmp_path / "t.csv",
        "--mapping",
        tmp_path / "m.yaml",
        "--alone",
    ]
    code, told = run(capsys, *told_to, "-c", settings)
    assert code == UNUSABLE
    assert "--out" in told["faults"][0]["message"]
    code, told = run(capsys, *told_to, "--out", tmp_path / "model", "-c", settings)
    assert code == OK
    assert (tmp_path / "model" / REPORT).exists()


def test_closed_segments_are_packed_once(
    settings: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    write_log(tmp_path / "log", list(shown(50)))  # two segments, of which the last is not closed
    told_to = ["events", "pack", "--events", tmp_path / "log", "--out", tmp_path / "packed"]
    code, told = run(capsys, *told_to, "-c", settings)
    assert (code, told["segments"]) == (OK, 1)
    assert told["lines"] == len((tmp_path / "log" / "0.jsonl").read_bytes().splitlines())
    assert run(capsys, *told_to, "-c", settings)[1]["segments"] == 0
