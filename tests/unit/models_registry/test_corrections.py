"""What later clicks say, kept small, bounded and checked; and nothing without evidence."""

import json
from math import log
from pathlib import Path

import msgspec
import pytest

from adserver.errors import InvalidConfig
from models.ctr.recalibration import factors
from models.registry.corrections import (
    FILE_NAME,
    Corrections,
    Evidence,
    read_corrections,
    write_corrections,
)
from models.registry.recalibrating import HALF_LIFE_S, recalibrate

NOW_S = 1_700_000_000.0
MODEL, OTHER = "lightgbm/20260101T000000Z-0123456789abcdef", "constant"


def write(
    folder: Path,
    exchange: str,
    *,
    shown: int,
    clicks: int,
    p: float = 0.01,
    correction: float = 1.0,
    model: str = MODEL,
    age_s: float = 3_600.0,
) -> Path:
    """Add a log of impressions, the first of them clicked."""
    folder.mkdir(exist_ok=True)
    number = len(list(folder.iterdir()))
    with (folder / f"{number}.jsonl").open("w") as file:
        for each in range(shown):
            common = {
                "bid": f"{number}-{each}",
                "at": NOW_S - age_s,
                "measured": True,
                "trainable": True,
            }
            bid = {
                "event": "bid",
                "exchange": exchange,
                "media": "banner",
                "model": model,
                "p_click": p,
                "correction": correction,
            }
            file.write(json.dumps(common | bid) + "\n")
            file.write(json.dumps(common | {"event": "impression"}) + "\n")
            if each < clicks:
                file.write(json.dumps(common | {"event": "click"}) + "\n")
    return folder


def found(folder: Path) -> dict[str, dict[str, Evidence]]:
    """What is to be corrected of the model."""
    return recalibrate(folder, {MODEL}, NOW_S, factors).models.get(MODEL, {})


def test_twice_the_clicks_nearly_double_the_odds_where_they_came(tmp_path: Path) -> None:
    write(tmp_path, "north", shown=10_000, clicks=200)
    write(tmp_path, "south", shown=10_000, clicks=100)
    corrected = found(tmp_path)
    assert 1.6 < corrected["north"]["banner"].factor < 2.0
    assert 0.95 < corrected["south"]["banner"].factor < 1.1


def test_without_evidence_nothing_is_corrected(tmp_path: Path) -> None:
    assert found(write(tmp_path, "north", shown=20, clicks=1))["north"]["banner"].factor < 1.1
    assert recalibrate(tmp_path, set(), NOW_S, factors).models == {}


def test_no_log_is_no_evidence(tmp_path: Path) -> None:
    assert found(tmp_path) == {}


def test_what_was_corrected_already_is_not_corrected_twice(tmp_path: Path) -> None:
    """The model says 1 %, the truth is 2 %: the same correction results, whatever was in force meanwhile."""
    plain = found(write(tmp_path / "a", "north", shown=10_000, clicks=200))
    odds = 2 * 0.01 / 0.99
    served = odds / (1 + odds)
    again = found(
        write(tmp_path / "b", "north", shown=10_000, clicks=200, p=served, correction=2.0)
    )
    assert again["north"]["banner"].factor == pytest.approx(plain["north"]["banner"].factor)


def test_evidence_fades(tmp_path: Path) -> None:
    young = found(write(tmp_path / "a", "north", shown=4_000, clicks=80))["north"]["banner"]
    age_s = 3_600 + 2 * HALF_LIFE_S
    old = found(write(tmp_path / "b", "north", shown=4_000, clicks=80, age_s=age_s))["north"][
        "banner"
    ]
    assert old.predicted == pytest.approx(young.predicted / 4)
    assert 0 < log(old.factor) < log(young.factor)


def test_other_models_and_what_may_still_be_clicked_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, "north", shown=4_000, clicks=400, model=OTHER)
    write(tmp_path, "north", shown=4_000, clicks=400, age_s=60.0)
    write(tmp_path, "north", shown=4_000, clicks=400, age_s=30 * 86_400.0)
    assert found(tmp_path) == {}


def test_however_wrong_the_model_corrections_are_bounded(tmp_path: Path) -> None:
    write(tmp_path, "north", shown=1_000, clicks=900)
    assert found(tmp_path)["north"]["banner"].factor == pytest.approx(5.0)


def test_what_is_written_is_read_and_factors_of_one_are_left_out(tmp_path: Path) -> None:
    assert read_corrections(tmp_path) == Corrections()
    evidence = Evidence(1.5, 10.0, 15.0, 1_000.0)
    models = {MODEL: {"north": {"banner": evidence, "video": Evidence(1.0, 0.0, 0.0, 5.0)}}}
    write_corrections(tmp_path, Corrections("2026-01-01T00:00:00Z", models))
    assert read_corrections(tmp_path).models == models
    assert read_corrections(tmp_path).factors() == {MODEL: {"north": {"banner": 1.5}}}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        msgspec.json.encode({"created": "", "models": {"m": {"e": {"banner": 7.0}}}, "format": 1}),
        *(
            msgspec.json.format(
                msgspec.json.encode(Corrections("", {"m": {"e": {"banner": wrong}}})), indent=1
            )
            + b"\n"
            for wrong in (
                Evidence(9.0, 1, 1, 1),
                Evidence(0.0, 1, 1, 1),
                Evidence(-1.0, 1, 1, 1),
                Evidence(1.0, -1, 1, 1),
            )
        ),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(InvalidConfig, match="models recalibrate"):
        read_corrections(tmp_path)
