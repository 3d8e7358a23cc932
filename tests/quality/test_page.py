"""The page of quality lists every bar, and is written from figures."""

from pathlib import Path

import pytest

from tests.quality import page
from tests.quality.__main__ import BARS
from tests.torture.figures import Figure


def test_every_bar_is_on_the_page_and_no_other() -> None:
    assert set(page.read()) == set(BARS)
    assert set(page.TOLD) == set(BARS)


def test_the_page_is_as_it_would_be_written() -> None:
    assert page.compose(page.read()) == page.PAGE.read_text("utf-8")


def test_bars_that_were_not_measured_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "PAGE", tmp_path / "quality.md")
    page.write([Figure("M1", "a | b", "1", "2", met=True), Figure("M2", "c", "3", "4", met=False)])
    page.write([Figure("M2", "d", "5", "6", met=True)])
    sections = page.read()
    assert "| a \\| b | 1 | 2 | yes |" in sections["M1"]
    assert "| d | 5 | 6 | yes |" in sections["M2"]
    assert "NO" not in sections["M2"]
