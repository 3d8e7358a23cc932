"""Lists to include and exclude, turned around: from a value to the candidates that accept it."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from adserver.domain.bits import bits, packed, unpacked
from adserver.domain.opportunity import Value
from adserver.domain.targeting import ListRule

READY_SHARE = 1_000
"""For values that more than one candidate in so many names, the answer is kept, and not only what it is made of."""


def no_parents(value: str) -> Sequence[str]:
    """Return the value alone: nothing stands above it."""
    return (value,)


def category_and_parent(value: str) -> Sequence[str]:
    """Return `IAB19-5` and `IAB19`: a parent category stands for its children."""
    parent, dash, _ = value.partition("-")
    return (value, parent) if dash else (value,)


class ListIndex:
    """One dimension's rules of all candidates."""

    def __init__(
        self,
        rules: Iterable[tuple[int, ListRule]],
        size: int,
        ancestors: Callable[[str], Sequence[str]] = no_parents,
    ) -> None:
        """`rules` are the candidates that have any, by index; the others accept every value."""
        included: dict[str, list[int]] = defaultdict(list)
        excluded: dict[str, list[int]] = defaultdict(list)
        choosy: list[int] = []
        for index, rule in rules:
            if rule.include:
                choosy.append(index)
            for value in rule.include:
                included[value].append(index)
            for value in rule.exclude:
                excluded[value].append(index)
        self._ancestors = ancestors
        self.otherwise = bits(range(size), size) & ~bits(choosy, size)
        """Who accepts a value that no rule names, and the absence of any."""
        self.accepts_all = not included and not excluded
        """There is no rule at all."""
        self.names = frozenset(included.keys() | excluded.keys())
        """The values that any rule names."""
        self._included = {value: packed(members, size) for value, members in included.items()}
        self._excluded = {value: packed(members, size) for value, members in excluded.items()}
        self._ready = {
            value: self._accepting(value)
            for value, members in (*included.items(), *excluded.items())
            if ancestors is no_parents and len(members) > size // READY_SHARE
        }

    def accepting(self, value: str) -> int:
        """Return who accepts this one value; only for dimensions without ancestors."""
        ready = self._ready.get(value)
        if ready is not None:
            return ready
        return self._accepting(value) if value in self.names else self.otherwise

    def accepting_any(self, values: Iterable[str]) -> int:
        """Return who includes one of these (or an ancestor of it) and excludes none of them."""
        wanted = self.otherwise
        refused = 0
        names = self.names
        if not names:
            return wanted
        for value in values:
            for name in self._ancestors(value):
                if name in names:
                    wanted |= unpacked(self._included.get(name, 0))
                    refused |= unpacked(self._excluded.get(name, 0))
        return wanted & ~refused if refused else wanted

    def of(self, value: Value) -> int:
        """Return who accepts what a request says in this dimension, be it one value or several."""
        if type(value) is str:
            if self._ancestors is no_parents or not value:
                return self.accepting(value)
            return self.accepting_any((value,))
        return self.accepting_any(value)

    def key(self, value: Value) -> Hashable:
        """Return what of a value, or of several, any rule names; nothing if none does."""
        if not value:
            return ""
        names = self.names
        if self._ancestors is no_parents:
            if type(value) is str:
                return value if value in names else ""
            return tuple([each for each in value if each in names]) or ""
        said = (value,) if isinstance(value, str) else value
        known = [name for each in said for name in self._ancestors(each) if name in names]
        return tuple(known) or ""

    def _accepting(self, value: str) -> int:
        wanted = self.otherwise | unpacked(self._included.get(value, 0))
        return wanted & ~unpacked(self._excluded.get(value, 0))


class Blocklist:
    """From a value that a publisher blocks to the candidates that have it."""

    def __init__(self, having: Iterable[tuple[int, Iterable[Hashable]]], size: int) -> None:
        holders: dict[Hashable, list[int]] = defaultdict(list)
        for index, values in having:
            for value in values:
                holders[value].append(index)
        self._holders = {value: bits(members, size) for value, members in holders.items()}

    def holding(self, values: Iterable[Hashable]) -> int:
        """Return who has at least one of these values."""
        found = 0
        holders = self._holders
        for value in values:
            if value in holders:
                found = found | holders[value] if found else holders[value]
        return found
