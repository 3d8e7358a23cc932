"""The project's own source files, parsed once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGES = ("adserver", "adapters", "models", "loadtest")


class Source(NamedTuple):
    """One module."""

    path: str
    """Relative to the root of the repository."""
    text: str
    tree: ast.Module


@cache
def read(path: Path) -> Source:
    """Return one file, parsed."""
    text = path.read_text(encoding="utf-8")
    return Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


def sources(*folders: str) -> Iterator[Source]:
    """Yield every module under these folders (all four packages if none is named)."""
    for folder in folders or PACKAGES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield read(path)
