"""The documentation as the tests see it: pages, their fenced blocks, their links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^([ ]*)```(\w*)([^\n]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """A fenced block: its language, the words behind it (`run`, `file=...`), and its text."""

    language: str
    marks: dict[str, str]
    text: str


def pages() -> list[Path]:
    """Return every page, the README and the changelog included."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page, in order, without the indentation of a list."""
    for indent, language, marks, text in _BLOCK.findall(page.read_text("utf-8")):
        lines = [line.removeprefix(indent) for line in text.splitlines(keepends=True)]
        pairs = (mark.partition("=") for mark in marks.split())
        yield Block(language, {name: value for name, _, value in pairs}, "".join(lines))


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _BLOCK.sub("", page.read_text("utf-8"))


def links(page: Path) -> list[str]:
    """Return the links of a page that stay in this repository."""
    return [link for link in _LINK.findall(prose(page)) if "://" not in link]


def anchors(page: Path) -> set[str]:
    """Return the names that a link can point to on a page, as GitHub makes them of headings."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(prose(page))
    }


def spans(page: Path) -> set[str]:
    """Return all that stands in backticks outside of blocks."""
    return set(_SPAN.findall(prose(page)))


def first_column(page: Path, heading: str) -> set[str]:
    """Return what stands in backticks in the first column of the tables under a heading."""
    section = prose(page).partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    return {found for line in section.splitlines() if (found := _row(line))}


def _row(line: str) -> str:
    cell = line.split("|")[1] if line.startswith("|") else ""
    found = _SPAN.search(cell)
    return found[1] if found else ""
