"""Dimensions in groups, each answered at once.

The dimensions of a group are asked together and the answer is remembered for their values together, because these
come together: an iPhone has Apple's browser, and a page's ad unit has its place and its size. Values that no rule
names are as good as unknown, so how many answers there are is bounded by what campaigns say.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from operator import attrgetter, getitem, itemgetter
from typing import Any, Protocol, TypeVar

from adserver.domain.opportunity import Value
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension

REMEMBERED_BYTES = 24 << 20
"""What the remembered answers of a group may take: with 100,000 line items some 650 of them, with 10,000 all."""
MAX_REMEMBERED = 1_000
MAX_KEYS, MAX_PARTS = 2_000, 8
"""So many values of a dimension are recognised that are no names, whether they mean some, as versions do, or nothing; none
of more parts."""
SMALL = 8_192
"""Of fewer candidates sets are so short that putting answers together costs less than looking for them."""
Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class Index(Protocol):
    """One dimension's rules of all candidates."""

    otherwise: int
    """Who accepts the absence of any value."""
    names: frozenset[str]
    """The values that any rule names."""

    def of(self, value: Value) -> int:
        """Return who accepts what a request says."""

    def key(self, value: Value) -> Hashable:
        """Return what matters of a value, or of several, nothing if nothing does; equal keys mean equal answers."""


Step = tuple[Reason, Dimension, Index]


class RuleGroup:
    """Dimensions that are asked together."""

    def __init__(
        self,
        steps: Sequence[Step],
        size: int,
        read: Callable[[Any], tuple[Value, ...]],
        alone: Callable[[Any], Value] | None = None,
    ) -> None:
        """`read` gets what is said in each of these dimensions (and perhaps more) of what `accepting` is given;
        `alone` what is said in the only one.
        """
        self.steps = steps
        self.read = read
        self.accepting: Callable[[Any], int] = self._together
        """Returns who accepts all that a request says."""
        if alone is not None:
            of = steps[0][2].of
            self.accepting = lambda said: of(alone(said))
            return
        self._keys = [_Keys(index) for _, _, index in steps]
        self._most = min(MAX_REMEMBERED, REMEMBERED_BYTES // (size // 7 + 200) + 1)
        self._answers: dict[tuple[Hashable, ...], int] = {}
        """By what matters of the values."""
        self._unsaid: dict[tuple[bool, ...], int] = {}
        """Who accepts that some dimensions say nothing, whatever the others do."""

    def _together(self, said: object) -> int:
        values = self.read(said)
        key = tuple(map(getitem, self._keys, values))
        answer = self._answers.get(key)
        return self._answer(key, values) if answer is None else answer

    def _answer(self, key: tuple[Hashable, ...], values: tuple[Value, ...]) -> int:
        known = tuple([each != "" for each in key])
        answer = self._unsaid.get(known)
        if answer is None:
            answer = -1
            for is_known, (_, _, index) in zip(known, self.steps, strict=True):
                if not is_known:
                    answer &= index.otherwise
            _put(self._unsaid, known, answer, self._most)
        for is_known, (_, _, index), value in zip(known, self.steps, values, strict=False):
            if is_known:
                answer &= index.of(value)
        _put(self._answers, key, answer, self._most)
        return answer


def of_auctions(steps: Sequence[Step], size: int, fields: Mapping[Dimension, str]) -> RuleGroup:
    """Return a group of what auctions say: in a field of theirs, and among their facts."""
    in_fields = [step for step in steps if step[1] in fields]
    in_facts = [step for step in steps if step[1] not in fields]
    names = [fields[dimension] for _, dimension, _ in in_fields]
    get_facts = _of_facts([dimension for _, dimension, _ in in_facts])
    if not names:
        return RuleGroup(
            in_facts, size, lambda auction: get_facts(auction.facts), _only_fact(steps)
        )
    first = attrgetter(*names)
    if len(steps) == 1:
        return RuleGroup(steps, size, lambda auction: (first(auction),), first)
    get_fields = first if len(names) > 1 else lambda auction: (first(auction),)
    if not in_facts:
        return RuleGroup(in_fields, size, get_fields)
    return RuleGroup(
        [*in_fields, *in_facts],
        size,
        lambda auction: get_fields(auction) + get_facts(auction.facts),
    )


def of_spaces(steps: Sequence[Step], size: int) -> RuleGroup:
    """Return a group of what the facts of opportunities say."""
    get_facts = _of_facts([dimension for _, dimension, _ in steps])
    return RuleGroup(
        steps, size, lambda opportunity: get_facts(opportunity.facts), _only_fact(steps)
    )


def _only_fact(steps: Sequence[Step]) -> Callable[[Any], Value] | None:
    if len(steps) > 1:
        return None
    ((_, dimension, _),) = steps
    return lambda said: said.facts.get(dimension, "")


def _of_facts(
    dimensions: Sequence[Dimension],
) -> Callable[[Mapping[Dimension, Value]], tuple[Value, ...]]:
    if not dimensions:
        return lambda _: ()
    get_all = itemgetter(*dimensions, dimensions[0])  # one more: always a tuple

    def read(facts: Mapping[Dimension, Value]) -> tuple[Value, ...]:
        try:
            return get_all(facts)  # type: ignore[no-any-return]  # an item getter is untyped
        except KeyError:  # what is not among them is unknown
            return tuple([facts.get(each, "") for each in dimensions])

    return read


class _Keys(dict[Value, Hashable]):
    """What matters of each value of a dimension: of names at once, of others when they come again."""

    def __init__(self, index: Index) -> None:
        super().__init__({name: index.key(name) for name in index.names})
        self[""] = self[()] = ""
        self._index = index
        self._most = len(self) + MAX_KEYS

    def __missing__(self, value: Value) -> Hashable:
        key = self._index.key(value)
        if isinstance(value, str) or len(value) <= MAX_PARTS:
            _put(self, value, key, self._most)
        return key


def _put(table: dict[Key, Answer], key: Key, value: Answer, most: int) -> None:
    """Remember something, in place of the oldest if there is no room."""
    if len(table) >= most:
        table.pop(next(iter(table)))
    table[key] = value
