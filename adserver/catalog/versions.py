"""Ranges of versions and numbers, turned around: from a version to the candidates whose range holds it.

The bounds of all ranges cut each scope's numbers into stretches within which everybody's answer is the same.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from adserver.domain.bits import bits
from adserver.domain.bounds import Bounds, Version, parse_bounds, parts, scoped
from adserver.domain.opportunity import Value
from adserver.domain.targeting import ListRule

Ranges = Sequence[tuple[Bounds, list[int]]]


class _Stretches:
    """One scope's answers."""

    def __init__(self, scope: str, wanted: Ranges, refused: Ranges, base: int, size: int) -> None:
        edges = {
            parts(edge)
            for bounds, _ in (*wanted, *refused)
            for edge in (bounds.at_least, bounds.below)
            if edge
        }
        self._edges: list[Version] = sorted(edges)
        self.answers = [
            (base | _holding(scope, version, wanted, size))
            & ~_holding(scope, version, refused, size)
            for version in (parts("0"), *self._edges)
        ]

    def at(self, version: Version) -> int:
        return bisect_right(self._edges, version)


class RangeIndex:
    """One dimension's ranges of all candidates."""

    def __init__(self, rules: Iterable[tuple[int, ListRule]], size: int) -> None:
        """`rules` are the candidates that have any, by index; their values as `Bounds` are written."""
        wanted: dict[Bounds, list[int]] = defaultdict(list)
        refused: dict[Bounds, list[int]] = defaultdict(list)
        choosy: list[int] = []
        for index, rule in rules:
            if rule.include:
                choosy.append(index)
            for text in rule.include:
                wanted[parse_bounds(text)].append(index)
            for text in rule.exclude:
                refused[parse_bounds(text)].append(index)
        self.otherwise = bits(range(size), size) & ~bits(choosy, size)
        """Who accepts what is not known."""
        self.names: frozenset[str] = frozenset()
        """Ranges name no values."""
        scopes = {bounds.scope for bounds in (*wanted, *refused)} | {""}
        self._by_scope = {
            scope: _Stretches(scope, _of(scope, wanted), _of(scope, refused), self.otherwise, size)
            for scope in scopes
        }
        self._of_any = self._by_scope[""]

    def of(self, value: Value) -> int:
        """Return who accepts what a request says: `ios 17.5`, `30`, or nothing."""
        read = scoped(value) if isinstance(value, str) else None
        if read is None:
            return self.otherwise
        scope, version = read
        stretches = self._by_scope.get(scope, self._of_any)
        return stretches.answers[stretches.at(version)]

    def key(self, value: Value) -> Hashable:
        """Return the stretch that a value lies in."""
        read = scoped(value) if isinstance(value, str) else None
        if read is None:
            return ""
        scope, version = read
        known = scope if scope in self._by_scope else ""
        return known, self._by_scope[known].at(version)


def _of(scope: str, ranges: dict[Bounds, list[int]]) -> Ranges:
    """Return the ranges that concern a scope."""
    return [each for each in ranges.items() if each[0].scope in {"", scope}]


def _holding(scope: str, version: Version, ranges: Ranges, size: int) -> int:
    return bits(
        (index for bounds, members in ranges if bounds.holds(scope, version) for index in members),
        size,
    )
