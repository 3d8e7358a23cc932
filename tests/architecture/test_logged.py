"""What is logged is named here: a field that nobody thought about could carry a person's data."""

import ast
from collections.abc import Iterator, Mapping

import pytest

from tests.architecture.sources import Source, sources

LOGGING = frozenset({"debug", "info", "warning", "error", "critical", "exception"})
_OURS = "written by us; the same words every time"
_NUMBER = "a number of ours that tells nothing of a person"
_OPERATORS = "the operator's own: from settings, campaign files or a file's path"
FIELDS: Mapping[str, str] = {
    "bid": "a bid's id, drawn at random; the event log has it, too, and neither has a person",
    "by_nanos": _NUMBER,
    "by_s": _NUMBER,
    "bytes": _NUMBER,
    "code": _NUMBER,
    "contacts": _NUMBER,
    "cut_bytes": _NUMBER,
    "error": "what the operator's files, their disk or another process of theirs said; never what a request did",
    "events_dropped": _NUMBER,
    "exchange": _OPERATORS,
    "file": _OPERATORS,
    "first": "a bid's id, drawn at random",
    "hosts": "names that our own servers drew at random for themselves",
    "in_force": "what the operator stopped, or words of ours",
    "insertion_order": _OPERATORS,
    "kept": _OPERATORS,
    "kind": _OURS,
    "keys": "numbers of the keys that seal tokens",
    "lease": _NUMBER,
    "level": _NUMBER,
    "line_item": _OPERATORS,
    "line_items": _NUMBER,
    "list": _OPERATORS,
    "meaning": _OURS,
    "mend": _OURS,
    "model": "a model's name: its kind, when it was trained, a hash; and its share and corrections by exchange",
    "moves": _NUMBER,
    "node": "the operator's own: a store's host and port",
    "of": _NUMBER,
    "offset": _NUMBER,
    "ours": "a price of ours",
    "parts": "numbers of the parts of a store",
    "pause_s": _NUMBER,
    "pid": _NUMBER,
    "pot": _NUMBER,
    "problem": _OPERATORS,
    "reason": "one of the closed list of ways to refuse a request",
    "seconds": _NUMBER,
    "serves": _OURS,
    "serving": _OURS,
    "setting": _OPERATORS,
    "slot": _NUMBER,
    "socket": _OPERATORS,
    "status": "an HTTP status",
    "theirs": "a price that an exchange names in a notice: a number",
    "url": "where this server says that it can be reached",
    "waiting": _NUMBER,
    "why": "figures of a training, or what the operator's log lacks for one",
    "workers": _NUMBER,
}
"""Every field that a log line of ours may have, and why no person is in it. Whoever adds one says why here."""
PASSED_ON = {"adserver/processes/logs.py": "what libraries warn of, capped"}
"""Modules that log what others wrote."""


def logged(tree: ast.AST) -> Iterator[tuple[ast.Call, bool]]:
    """Yield the calls that log, and whether each says only what may be said: a fixed event, fields from the list."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = ast.unparse(node.func.value)
            if node.func.attr in {*LOGGING, "log"} and name in {"_log", "structlog.get_logger()"}:
                first = node.args[0] if node.args else None
                fixed = isinstance(first, ast.Constant) and str(first.value).isidentifier()
                named = all(keyword.arg in FIELDS for keyword in node.keywords)
                yield node, fixed and named and len(node.args) == 1 and node.func.attr in LOGGING


def makes_a_logger(source: Source) -> bool:
    """Tell whether a module logs by another name than the test looks for."""
    made = [
        ast.unparse(node)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign) and "get_logger" in ast.unparse(node.value)
    ]
    return any(not each.startswith("_log = structlog.get_logger()") for each in made)


def test_every_log_line_has_a_fixed_event_and_only_fields_that_are_known_to_hold_no_person() -> (
    None
):
    found = [
        (source.path, node.lineno, ast.unparse(node), allowed)
        for source in sources("adserver", "adapters", "models")
        if source.path not in PASSED_ON
        for node, allowed in logged(source.tree)
    ]
    assert len(found) > 40
    assert [each[:3] for each in found if not each[3]] == []


def test_every_logger_has_the_name_that_is_looked_for() -> None:
    for source in sources("adserver", "adapters", "models"):
        assert source.path in PASSED_ON or not makes_a_logger(source), source.path


def test_no_field_is_listed_that_nobody_logs() -> None:
    used = {
        keyword.arg
        for source in sources("adserver", "adapters", "models")
        for node, _ in logged(source.tree)
        for keyword in node.keywords
    }
    assert FIELDS.keys() <= used


@pytest.mark.parametrize(
    "text",
    [
        "_log.info('seen', address=address)",
        "_log.info('seen', **fields)",
        "_log.info(f'seen {person}')",
        "_log.info('seen %s', person)",
        "_log.info('seen by somebody')",
        "_log.log(20, 'seen')",
        "structlog.get_logger().info('seen', page=page)",
    ],
)
def test_a_line_that_might_tell_of_a_person_would_be_seen(text: str) -> None:
    assert [allowed for _, allowed in logged(ast.parse(text))] == [False]
