"""Files that a tired reader can hold in mind: short, named for what they are, opened by a sentence."""

import ast
import statistics
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.architecture.sources import PACKAGES, ROOT, sources

LONGEST, MEDIAN = 300, 150


def test_no_file_is_longer_than_a_reader_bears() -> None:
    lengths = {source.path: source.text.count("\n") for source in sources()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}
    assert statistics.median(lengths.values()) <= MEDIAN


def _dependencies() -> set[str]:
    """Return the import names of what `pyproject.toml` lists, and those names themselves."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = [
        *project["project"]["dependencies"],
        *(each for group in project["dependency-groups"].values() for each in group),
    ]
    names = {each.split(">")[0].split("[")[0].strip().lower() for each in listed}
    imported = {
        module
        for module, homes in packages_distributions().items()
        if names & {home.lower() for home in homes}
    }
    return (imported | {name.replace("-", "_") for name in names}) - {"tests"}


def test_no_module_is_named_like_the_standard_library_or_a_dependency() -> None:
    """`import logging` must mean one thing, whoever reads it."""
    taken = {*sys.stdlib_module_names, *_dependencies()} - {"__main__", "__init__"}
    borrowed = {
        source.path
        for source in sources()
        if not taken.isdisjoint(source.path.removesuffix(".py").split("/"))
    }
    assert "msgspec" in taken
    assert "yaml" in taken
    assert not borrowed


def test_every_module_opens_with_a_sentence() -> None:
    for source in sources():
        sentence = ast.get_docstring(source.tree) or ""
        first = sentence.split("\n\n", maxsplit=1)[0].strip()
        assert first, f"{source.path} has no docstring"
        assert first[0].isupper() or first[0] in "`>", f"{source.path}: {first!r}"
        assert first[-1] in ".:?!", f"{source.path}: {first!r} is not a sentence"


def prints(tree: ast.AST) -> list[int]:
    """Return the lines that print."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"print", "breakpoint"}
    ]


def test_only_commands_print() -> None:
    assert prints(ast.parse("def f():\n    print(1)")) == [2]
    quiet = (
        source
        for source in sources()
        if not source.path.startswith(("adserver/commands/", "loadtest/"))
    )
    assert {source.path: prints(source.tree) for source in quiet if prints(source.tree)} == {}


def test_every_folder_with_code_is_a_package() -> None:
    for package in PACKAGES:
        folders = {path.parent for path in (ROOT / package).rglob("*.py")}
        assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []
