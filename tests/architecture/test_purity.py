"""Deciding never waits."""

import ast

import pytest

from tests.architecture.sources import sources

WAITING = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)


def waits(tree: ast.AST) -> list[int]:
    """Return the lines that await or define what must be awaited; `ports` may, these may not."""
    found = [node.lineno for node in ast.walk(tree) if isinstance(node, WAITING)]
    return found + [
        node.target.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.comprehension) and node.is_async
    ]


def test_the_core_never_awaits() -> None:
    core = sources("adserver/domain", "adserver/decision", "adserver/catalog", "adserver/privacy")
    found = {source.path: waits(source.tree) for source in core}
    assert len(found) > 30
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "text",
    [
        "async def f(): pass",
        "async def f():\n    await g()",
        "async def f():\n    async with g(): pass",
        "async def f():\n    return [x async for x in g()]",
    ],
)
def test_waiting_would_be_seen(text: str) -> None:
    assert waits(ast.parse(text))
