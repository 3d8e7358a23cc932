"""Every regular expression takes time in proportion to its text, however the text was chosen."""

import ast
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import product
from re import _constants as codes  # type: ignore[attr-defined]  # the only way to see what a pattern is made of
from re import _parser as parser  # type: ignore[attr-defined]
from timeit import timeit
from typing import Any, NamedTuple

import pytest

from tests.architecture.sources import sources

SIZES = (20, 1_000, 8_000)
"""In letters: what takes exponential time shows with the first."""
GROWTH = 25.0
"""Eight times the text: eight times the time is in proportion, its square would be 64 times."""
NOTHING_S = 0.000_3
"""Faster is fast enough: the clock and the machine are not exact below."""
_CLASSES = {codes.CATEGORY_DIGIT: "0", codes.CATEGORY_SPACE: " ", codes.CATEGORY_NOT_SPACE: "a"}
OF_A_LIBRARY = "adapters/context/crawlers.py"
"""Takes a package's patterns apart when loaded; no stranger's text comes near."""
METHODS = ("match", "fullmatch", "search", "sub", "split", "findall", "finditer")


class Use(NamedTuple):
    """One pattern and one way in which it is applied."""

    place: str
    pattern: str
    flags: int
    method: str


def uses() -> Iterator[Use]:
    """Yield each: those with a name in every way that their module uses, and those written where they are used."""
    for source in sources("adserver", "adapters"):
        place = source.path
        if place == OF_A_LIBRARY:
            continue
        compiled = _compiled(place) if "re.compile" in source.text else {}
        for node in ast.walk(source.tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            name = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            method = node.func.attr
            if name == "re" and method in METHODS and isinstance(node.args[0], ast.Constant):
                yield Use(place, str(node.args[0].value), 0, method)
            elif name in compiled and method in METHODS:
                found = compiled[name]
                pattern = (
                    found.pattern if isinstance(found.pattern, str) else found.pattern.decode()
                )
                yield Use(f"{place}:{name}", pattern, found.flags, method)


def _compiled(place: str) -> dict[str, "re.Pattern[Any]"]:
    module = import_module(place.removesuffix(".py").replace("/", "."))
    return {name: each for name, each in vars(module).items() if isinstance(each, re.Pattern)}


USES = sorted(set(uses()))


@pytest.mark.parametrize(
    "use", USES, ids=lambda use: f"{use.place} {use.method} {use.pattern}"[:90]
)
def test_eight_times_the_text_takes_eight_times_the_time(use: Use) -> None:
    assert _growing(use) is None


@pytest.mark.parametrize(
    ("pattern", "method"), [(r"(?:a+)+b", "match"), (r"[/?#:].*$", "sub"), (r"\s+$", "search")]
)
def test_a_pattern_that_tries_too_much_is_noticed(pattern: str, method: str) -> None:
    assert _growing(Use("here", pattern, 0, method)) is not None


TRIES = 5
"""A busy machine stretches measurements and shortens none: the best of some, taken in turns, is what counts."""


def _growing(use: Use) -> str | None:
    """Return what to repeat so that eight times as much of it takes more than `GROWTH` times as long."""
    compiled = re.compile(use.pattern, use.flags & ~re.UNICODE)
    apply = _applied(compiled, use.method)
    for unit in _units(compiled):
        for end in ("\x00", "\n\x00", "\n"):
            few, some, many = (unit * (size // len(unit)) + end for size in SIZES)
            if _best(apply, few) > NOTHING_S:  # not even to be tried with more
                return unit + end
            if _best(apply, many) > NOTHING_S and _growth(apply, some, many) > GROWTH:
                return unit + end
    return None


def _growth(apply: Callable[[str], object], some: str, many: str) -> float:
    turns = [(_seconds(apply, some), _seconds(apply, many)) for _ in range(TRIES)]
    return min(long for _, long in turns) / min(short for short, _ in turns)


def _applied(compiled: "re.Pattern[str]", method: str) -> Callable[[str], object]:
    if method == "sub":
        return lambda text: compiled.sub("", text)
    if method == "finditer":
        return lambda text: list(compiled.finditer(text))
    found: Callable[[str], object] = getattr(compiled, method)
    return found


def _best(apply: Callable[[str], object], text: str) -> float:
    best = 1.0
    for _ in range(3):
        best = min(best, _seconds(apply, text))
        if best < NOTHING_S:
            break
    return best


def _seconds(apply: Callable[[str], object], text: str) -> float:
    return timeit(partial(apply, text), number=1, timer=time.process_time)


def _units(compiled: "re.Pattern[str]") -> list[str]:
    """Return what to repeat: letters that the pattern knows, alone and in pairs."""
    known = sorted(set(_letters(parser.parse(compiled.pattern, compiled.flags & ~re.UNICODE))))[:9]
    return [*known, *("".join(pair) for pair in product(known, repeat=2))]


def _letters(parsed: Any) -> Iterator[str]:
    """Yield every letter of a parsed pattern, the beginnings of its ranges, and one for each class."""
    match parsed:
        case (codes.LITERAL | codes.NOT_LITERAL, letter):
            yield chr(letter)
        case (codes.RANGE, (first, _)):
            yield chr(first)
        case (codes.CATEGORY, kind):
            yield _CLASSES.get(kind, "a")
        case (codes.ANY, _):
            yield "a"
        case list() | tuple() | parser.SubPattern():
            for part in parsed:
                yield from _letters(part)
