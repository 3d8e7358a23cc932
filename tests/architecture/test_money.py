"""Money is whole: no float touches an amount, except where it leaves the arithmetic for good.

A name is an amount if it ends in `_nanos` or `_micros`, or if it is annotated `Nanos` in the file. This
lint is pragmatic: it looks at names, not at types, and so sees the slips that people make.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.sources import sources

ENDINGS = ("_nanos", "_micros")
ALLOWED = {
    "adserver/domain/money.py": "the one home of conversions to and from wire and people",
    "adserver/endpoints/explain.py": "shows amounts to people, as CPM",
    "adserver/decision/valuation.py": "a pace multiplies a value and is rounded down at once",
}
EDGES = ("adserver/openrtb/", "adserver/commands/", "loadtest/")
"""The wire and the terminal speak in decimals."""


def slips(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the lines where an amount is divided truly or meets a float literal."""
    amounts = _annotated(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp):
            sides: tuple[ast.expr, ...] = (node.left, node.right)
        elif isinstance(node, ast.AugAssign):
            sides = (node.target, node.value)
        else:
            continue
        if not any(_is_amount(side, amounts) for side in sides):
            continue
        floats = any(isinstance(s, ast.Constant) and isinstance(s.value, float) for s in sides)
        if isinstance(node.op, ast.Div) or floats:
            yield node.lineno, ast.unparse(node)


def _annotated(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and _says_nanos(node.annotation):
            names.add(node.target.id if isinstance(node.target, ast.Name) else "")
        elif isinstance(node, ast.arg) and node.annotation and _says_nanos(node.annotation):
            names.add(node.arg)
    return names


def _says_nanos(annotation: ast.expr) -> bool:
    return ast.unparse(annotation) in {"Nanos", "Nanos | None"}


def _is_amount(node: ast.expr, amounts: set[str]) -> bool:
    if isinstance(node, ast.Subscript):
        return _is_amount(node.value, amounts)
    name = (
        node.id
        if isinstance(node, ast.Name)
        else node.attr
        if isinstance(node, ast.Attribute)
        else ""
    )
    return name in amounts or name.endswith(ENDINGS)


def test_no_float_touches_an_amount() -> None:
    strict = (s for s in sources() if s.path not in ALLOWED and not s.path.startswith(EDGES))
    found = {source.path: list(slips(source.tree)) for source in strict}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize("path", ALLOWED)
def test_what_is_allowed_is_still_there(path: str) -> None:
    assert any(source.path == path for source in sources())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f(price: Nanos): return price / 2", 1),
        ("def f(price: Nanos): return price // 2", 0),
        ("class A:\n    left: Nanos | None\ndef f(a): return a.left * 0.5", 1),
        ("spent_nanos *= 1.5", 1),
        ("x = a.cpm_micros / 1_000", 1),
        ("x = a.cpm_micros * 3 + 1", 0),
        ("x = seconds / 2", 0),
    ],
)
def test_slips_would_be_seen(text: str, found: int) -> None:
    assert len(list(slips(ast.parse(text)))) == found
