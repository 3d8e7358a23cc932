"""What the pages say holds: links lead somewhere, files exist, examples are read by the real readers."""

import json
import re
import shlex
from pathlib import Path

import pytest

from adapters.campaigns.yaml_folder import YamlFolder
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.placed import active_line_items
from adserver.config import load_settings
from adserver.openrtb.codec import decode
from adserver.settings.policy import read_policy
from tests.docs.pages import DOCS, ROOT, anchors, blocks, links, pages, spans
from tests.docs.reference import parsers

_FILE = re.compile(r"[\w./-]+\.py|(?:[a-z_]+/)+")
STATE = {"events/", "models/", "models/kept/"}
"""Folders that a running server makes."""
PLACES = (
    ROOT,
    *(ROOT / "adserver" / name for name in ("", "openrtb", "catalog", "endpoints")),
    ROOT / "adserver/processes/owner",
)
"""Where the pages' shortened names are looked for."""
names = [str(page.relative_to(ROOT)) for page in pages()]


@pytest.mark.parametrize("name", names)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("name", names)
def test_files_that_are_named_exist(name: str) -> None:
    if name == "docs/STYLE.md":
        return  # it names files of an ideal tree, too
    for span in spans(ROOT / name) - STATE:
        if _FILE.fullmatch(span) and not span.startswith("first/"):  # the tutorial makes those
            assert any((home / span).exists() for home in PLACES), span


def test_commands_that_are_shown_can_be_typed() -> None:
    """The command and its options exist; what they do is the tutorial's test."""
    known, typed = parsers(), 0
    for page in pages():
        for block in blocks(page):
            for line in re.findall(r"-m adserver ([^\n>|;]+)", block.text):
                name, *arguments = shlex.split(line.partition(" 2")[0])
                known[name].parse_args(arguments)
                typed += 1
    assert typed > 15


def test_verbs_of_make_that_are_named_exist() -> None:
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    shown = {
        verb
        for page in pages()
        for text in (*spans(page), *(block.text for block in blocks(page)))
        for verb in re.findall(r"^make ([a-z]+)", text, re.MULTILINE)
    }
    assert {"demo", "test"} <= shown <= verbs


def test_every_page_is_in_the_index() -> None:
    index = {(DOCS / link).resolve() for link in links(DOCS / "README.md")}
    assert {page for page in DOCS.rglob("*.md") if page.name != "README.md"} == index


def test_the_readme_is_short_and_begins_with_the_two_commands() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 120
    beginning = "\n".join(lines[:9])
    assert "make demo" in beginning
    assert "make test" in beginning


def test_json_is_json_and_bid_requests_are_read() -> None:
    read = 0
    for page in pages():
        for block in blocks(page):
            if block.language == "json":
                json.loads(block.text)
            if "bid-request" in block.marks:
                assert decode(block.text.encode()).dropped == ()
                read += 1
    assert read >= 3


def test_python_compiles() -> None:
    for page in pages():
        for block in blocks(page):
            if block.language == "python" and page.name != "STYLE.md":  # fragments, on purpose
                compile(block.text, str(page), "exec")


def test_settings_are_accepted(tmp_path: Path) -> None:
    read = 0
    for page in pages():
        for block in blocks(page):
            if "settings" in block.marks:
                file = tmp_path / "server.yaml"
                file.write_text(block.text, "utf-8")
                load_settings(file)
                read += 1
    assert read >= 3


def test_rules_about_peoples_data_are_accepted(tmp_path: Path) -> None:
    read = 0
    for page in pages():
        for block in blocks(page):
            if "policy" in block.marks:
                file = tmp_path / "privacy.yaml"
                file.write_text(block.text, "utf-8")
                read_policy(file)
                read += 1
    assert read >= 1


def test_campaigns_compile(tmp_path: Path) -> None:
    for block in blocks(DOCS / "reference" / "campaign-files.md"):
        if "campaigns" in block.marks:
            file = tmp_path / (block.marks["campaigns"] or "advertiser.yaml")
            file.write_text(block.text, "utf-8")
    catalog = YamlFolder(tmp_path, exchanges=("demo",)).load()
    compile_snapshot(catalog)
    assert len(list(active_line_items(catalog))) == 2
    assert len(catalog.deals) == 1
