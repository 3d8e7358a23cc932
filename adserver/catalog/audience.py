"""Audience expressions compiled to masks, so that a person's segments answer for all candidates.

An expression becomes clauses that must all hold (conjunctive normal form). A clause of segments only
is a slot; a clause that is one negated segment is a veto; both are answered by one look-up per segment
of the person. What is neither, or grows too large, is evaluated as written, once per request and
distinct expression, for the candidates still alive.

To ask for all candidates costs in the number of segments times candidates. Who needs only the best few asks one by
one (`Listener`), and for all only if many refuse.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import product
from operator import and_

from adserver.domain.bits import bits
from adserver.domain.identity import segment_number
from adserver.domain.targeting import All, Any, Expression, Not, Segment, segment_names

Literal = tuple[str, bool]
Clauses = frozenset[frozenset[Literal]]
MAX_CLAUSES = 32
Predicate = Callable[[frozenset[int]], bool]
"""Whether an expression accepts a person in these segments."""
Wish = tuple[frozenset[int], frozenset[int]]
"""The usual form, `(a or b) and not (c or d)`: one of the first, none of the second."""


def without(expression: Expression, empty: frozenset[str]) -> Expression:
    """Return an expression in which nobody is in some segments: any of nothing never holds."""
    if not empty:
        return expression
    match expression:
        case Segment(name):
            return Any(()) if name in empty else expression
        case Not(inner):
            return Not(without(inner, empty))
        case All(parts) | Any(parts):
            return type(expression)(tuple(without(part, empty) for part in parts))


class AudienceIndex:
    """All candidates' expressions at once."""

    def __init__(self, expressions: Iterable[tuple[int, Expression]], size: int) -> None:
        """`expressions` are the candidates that have one; the others accept everybody."""
        slots: list[dict[str, list[int]]] = []
        choosy: list[list[int]] = []
        vetoes: dict[str, list[int]] = defaultdict(list)
        rest: dict[Expression, list[int]] = defaultdict(list)
        known: dict[Expression, Clauses | None] = {}
        tests: dict[Expression, Predicate | Wish] = {}
        self.tests: list[Predicate | Wish | None] = [None] * size
        """By candidate; `None` accepts everybody."""
        for index, expression in expressions:
            if expression not in known:
                known[expression] = _simple_clauses(expression)
                tests[expression] = _test(expression, known[expression])
            clauses = known[expression]
            self.tests[index] = tests[expression]
            if clauses is None:
                rest[expression].append(index)
                continue
            slot = 0
            for clause in clauses:
                if any(not wanted for _, wanted in clause):
                    ((name, _),) = clause
                    vetoes[name].append(index)
                    continue
                if slot == len(slots):
                    slots.append(defaultdict(list))
                    choosy.append([])
                choosy[slot].append(index)
                for name, _ in clause:
                    slots[slot][name].append(index)
                slot += 1
        self._size = size
        self._everyone = bits(range(size), size)
        self._unconstrained = [self._everyone & ~bits(members, size) for members in choosy]
        wanting, *further = slots or [{}]
        self._hits = {
            segment_number(name): bits(wanting.get(name, ()), size)
            | bits(vetoes.get(name, ()), size) << size
            for name in wanting.keys() | vetoes.keys()
        }
        """By segment, who wants it in their first slot, and above them all whom it vetoes: one step for both."""
        by_segment: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for position, slot_hits in enumerate(further):
            for name, members in slot_hits.items():
                by_segment[segment_number(name)].append((position, bits(members, size)))
        self._further = {segment: tuple(hits) for segment, hits in by_segment.items()}
        """By segment, who wants it in which slot after the first (counted from there)."""
        self._rest = [
            (_predicate(expression), bits(members, size)) for expression, members in rest.items()
        ]
        self.names = {
            segment_number(name): name for expression in known for name in segment_names(expression)
        }
        """Segments that any expression mentions, for explanations and for look-ups by name."""

        self._numbers = {name: segment for segment, name in self.names.items()}

    def numbers(self, names: Iterable[str]) -> list[int]:
        """Return the numbers of those segments that any expression mentions."""
        numbers = self._numbers
        return [numbers[name] for name in names if name in numbers]

    def known(self, segments: Iterable[int]) -> list[str]:
        """Return the names of those segments that any expression mentions."""
        return [name for name in map(self.names.get, segments) if name is not None]

    def accepting(self, segments: Sequence[int], alive: int) -> int:
        """Return who of `alive` accepts a person in these segments (numbers, see `segment_number`)."""
        alive &= self._everyone
        hits = self._hits
        first = self._unconstrained[0] if self._unconstrained else self._everyone
        for segment in segments:
            if segment in hits:
                first |= hits[segment]
        alive &= first
        vetoed = first >> self._size
        if vetoed:
            alive &= ~vetoed
        if len(self._unconstrained) > 1:
            alive &= self._satisfied(segments)
        if self._rest:
            members = frozenset(segments)
            for accepts, who in self._rest:
                if alive & who and not accepts(members):
                    alive &= ~who
        return alive

    def _satisfied(self, segments: Sequence[int]) -> int:
        """Return whose slots after the first are all hit."""
        satisfied = self._unconstrained[1:]
        further = self._further
        for segment in segments:
            for slot, hit in further.get(segment, ()):
                satisfied[slot] |= hit
        return reduce(and_, satisfied)


class Listener:
    """One person, for whom candidates are asked one by one, or all at once."""

    __slots__ = ("_accepting", "_index", "_members", "_segments", "is_refused_often")

    def __init__(self, index: AudienceIndex, segments: Sequence[int]) -> None:
        """Ask about a person in these segments (numbers, see `segment_number`)."""
        self._index = index
        self._segments = segments
        self._members = frozenset(segments)
        self._accepting: int | None = None
        self.is_refused_often = False
        """Set by who has asked often in vain: then asking for all is cheaper."""

    def is_accepted(self, candidate: int) -> bool:
        """Tell whether this candidate accepts the person."""
        test = self._index.tests[candidate]
        if test is None:
            return True
        members = self._members
        if type(test) is tuple:
            wanted, refused = test
            return not wanted.isdisjoint(members) and refused.isdisjoint(members)
        return test(members)  # type: ignore[operator]  # mypy does not narrow by `type() is`

    def accepting(self) -> int:
        """Return everybody who accepts the person."""
        if self._accepting is None:
            self._accepting = self._index.accepting(self._segments, -1)
        return self._accepting

    def names(self) -> list[str]:
        """Return the person's segments as far as any expression mentions them, for explanations."""
        return self._index.known(self._segments)


def _test(expression: Expression, clauses: Clauses | None) -> Predicate | Wish:
    """Return an expression in the form that is asked fastest."""
    wishes = [clause for clause in clauses or () if all(wanted for _, wanted in clause)]
    if clauses is None or len(wishes) != 1:
        return _predicate(expression)
    (wish,) = wishes
    return (
        frozenset(segment_number(name) for name, _ in wish),
        frozenset(segment_number(n) for clause in clauses for n, wanted in clause if not wanted),
    )


def _simple_clauses(expression: Expression) -> Clauses | None:
    """Return clauses that slots and vetoes can answer, or `None` if there is no such short form."""
    clauses = _normal(expression, wanted=True)
    if clauses is None:
        return None
    clauses = frozenset(
        clause
        for clause in clauses
        if not any((name, not wanted) in clause for name, wanted in clause)
    )  # `a or not a` always holds
    for clause in clauses:
        if len(clause) > 1 and any(not wanted for _, wanted in clause):
            return None
    return clauses


def _normal(expression: Expression, *, wanted: bool) -> Clauses | None:
    match expression:
        case Segment(name):
            return frozenset({frozenset({(name, wanted)})})
        case Not(inner):
            return _normal(inner, wanted=not wanted)
        case All(parts) | Any(parts):
            normals = [_normal(part, wanted=wanted) for part in parts]
            if any(clauses is None for clauses in normals):
                return None
            sure = [clauses for clauses in normals if clauses is not None]
            if isinstance(expression, All) is wanted:
                merged: Clauses = frozenset().union(*sure)
            else:
                count = 1
                for clauses in sure:
                    count *= len(clauses)
                if count > MAX_CLAUSES:
                    return None
                merged = frozenset(
                    frozenset[Literal]().union(*combination) for combination in product(*sure)
                )
            return merged if len(merged) <= MAX_CLAUSES else None


def _predicate(expression: Expression) -> Predicate:
    match expression:
        case Segment(name):
            segment = segment_number(name)
            return lambda members: segment in members
        case Not(inner):
            refused = _predicate(inner)
            return lambda members: not refused(members)
        case All(parts):
            every = [_predicate(part) for part in parts]
            return lambda members: all(holds(members) for holds in every)
        case Any(parts):
            some = [_predicate(part) for part in parts]
            return lambda members: any(holds(members) for holds in some)
