"""Usual click rates, as candidates are ordered by them."""

from pathlib import Path

import pytest

from adserver.bootstrap.usual import usual_rates
from adserver.catalog.candidates import ANY_OTHER
from models.ctr.artifact import Artifact
from models.ctr.report import Report


def test_they_are_those_of_the_champions_tables(report: Report, artifact: Artifact) -> None:
    found = usual_rates(report.folder.parents[1])
    tables = artifact.tables
    assert found[ANY_OTHER] == tables.base_rate
    assert {name: found[name] for name in tables.codes["line_item"]} == {
        name: tables.rates["line_item"][code] for name, code in tables.codes["line_item"].items()
    }


@pytest.mark.parametrize("damage", [b"", b"{", b"null"])
def test_without_a_whole_model_nothing_is_known(damage: bytes, tmp_path: Path) -> None:
    assert usual_rates(tmp_path / "none") == {}
    (tmp_path / "registry.json").write_bytes(damage)
    assert usual_rates(tmp_path) == {}
