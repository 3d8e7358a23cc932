"""`feeds show`: what is loaded, whole on a terminal of 80 columns."""

from pathlib import Path

import pytest
from rich.console import Console

from adserver.__main__ import main
from adserver.commands import feeds
from adserver.commands.terminal import FAILED, OK
from tests.unit.commands import shop

PRODUCTS = """id,title,link,price,availability
boot-1,Boot,https://shop.example/p/boot-1,149.90 EUR,in_stock
"""
FEED = "feeds: [{kind: files, name: shop, path: shop.csv, format: csv, domains: [shop.example], language: en}]"


def test_what_is_loaded_is_shown_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = shop.write(tmp_path)
    (tmp_path / "shop.csv").write_text(PRODUCTS)
    settings.write_text(f"{settings.read_text('utf-8')}{FEED}\n")
    monkeypatch.setattr(feeds, "out", Console(width=80))
    assert main(["feeds", "show", "-c", str(settings)]) == FAILED
    assert "Run `adserver feeds load`" in capsys.readouterr().out
    assert main(["feeds", "load", "-c", str(settings)]) == OK
    assert "shop: 1 product loaded" in capsys.readouterr().out
    assert main(["feeds", "show", "-c", str(settings)]) == OK
    shown = capsys.readouterr().out
    assert "languages" in shown
    (row,) = [line for line in shown.splitlines() if line.startswith(" shop")]
    assert row.split()[-2:] == ["en", "1"]
    assert "…" not in shown
