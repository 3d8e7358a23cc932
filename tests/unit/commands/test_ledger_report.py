"""`ledger report` of what may still come: from the log alone where no owner runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from adserver.__main__ import main
from adserver.commands.terminal import OK
from adserver.domain.entries import AnyEntry, Expired, Leased, Released
from tests.unit.commands.test_ledger_verify import settings, written
from tests.unit.domain.test_books import BEGIN, ITEM, NAMES, sold

__all__ = ["settings"]  # a fixture of the tests there

NOBODY = 99
"""The number of a line item that is in no campaign and never paid."""


def report(settings: Path, capsys: pytest.CaptureFixture[str], *more: str) -> Any:
    capsys.readouterr()
    assert main(["ledger", "report", "--json", "-c", str(settings), *more]) == OK
    return json.loads(capsys.readouterr().out)


def test_what_is_exposed_is_told_without_an_owner(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every lease that is not over, by line item and in sum for everybody above it."""
    entries: list[AnyEntry] = [
        Leased(2, 100), Released(1, 5, {ITEM: 4_000}), Released(2, 5, {ITEM: 300, NOBODY: 20}),
    ]  # fmt: skip
    written(settings, BEGIN, [sold(1)], entries)
    found = report(settings, capsys)
    rows = {f"{row['level']}/{row['id']}": row["exposed"] for row in found["levels"]}
    assert rows == dict.fromkeys(NAMES, 4_300) | {f"line_item/{NOBODY}": 20}
    assert found["exposed"] == 4_320
    assert report(settings, capsys, "--advertiser", "shop")["exposed"] == 4_300
    assert main(["ledger", "report", "-c", str(settings)]) == OK
    told = capsys.readouterr().out
    assert "0.0000043" in told
    assert "exposed" in told
    assert "0.00000432 of bids that hold nothing" in told.replace("\n", " ")


def test_a_lease_that_is_over_exposes_nothing(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(settings, BEGIN, [sold(1)], [Released(1, 5, {ITEM: 4_000}), Expired(1)])
    assert report(settings, capsys)["exposed"] == 0
    assert main(["ledger", "report", "-c", str(settings)]) == OK
    assert "exposed" not in capsys.readouterr().out
