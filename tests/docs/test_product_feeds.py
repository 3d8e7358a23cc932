"""The worked example of product feeds is done as written, and says what the page says."""

import json
from pathlib import Path

import pytest

from adserver.__main__ import main
from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "how-to" / "product-feeds.md"


def test_the_example_works_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    found = list(blocks(PAGE))
    for block in found:
        if "file" in block.marks:
            path = tmp_path / block.marks["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
    (said,) = [block.text.splitlines() for block in found if "said" in block.marks]
    typed = [
        line.split("-m adserver ")[1].split()
        for block in found
        if block.language == "sh"
        for line in block.text.splitlines()
    ]
    assert len(typed) == 3
    for words in typed:
        assert main(words) == 0
    told = capsys.readouterr()
    for line in said:
        assert line in told.out.replace("\n", " ") + told.err.replace("\n", " "), line
    assert main(["feeds", "show", "--json", "-c", "server.yaml"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["feeds"]["shop"]["shown"] == 2
