"""Compiled audience expressions against reading them as written."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from adserver.catalog.audience import AudienceIndex
from adserver.domain.identity import segment_number
from adserver.domain.targeting import All, Any, Expression, Not, Segment, holds, parse_audience
from tests.unit.decision.strategies import SEGMENTS

names = st.sampled_from(SEGMENTS)
leaves = names.map(Segment)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: Any(tuple(parts))),
    ),
    max_leaves=14,
)
people = st.lists(st.sampled_from([*SEGMENTS, "unheard"]), unique=True)


def numbers(segments: list[str]) -> list[int]:
    return [segment_number(name) for name in segments]


def indexed(*texts: str | None) -> AudienceIndex:
    return AudienceIndex(
        [(i, parse_audience(text)) for i, text in enumerate(texts) if text is not None], len(texts)
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(st.none() | expressions, min_size=1, max_size=6), people)
@example([Any((Segment("a"), Not(Segment("a")))), None], [])
@example([All((Segment("a"), Not(Segment("a"))))], ["a"])
@example([Not(Any((Segment("a"), Not(Segment("b")))))], ["b"])
def test_compiled_expressions_hold_as_written(
    made: list[Expression | None], segments: list[str]
) -> None:
    index = AudienceIndex(
        [(i, expression) for i, expression in enumerate(made) if expression is not None], len(made)
    )
    wanted = sum(
        1 << i
        for i, expression in enumerate(made)
        if expression is None or holds(expression, segments)
    )
    everyone = (1 << len(made)) - 1
    assert index.accepting(numbers(segments), everyone) == wanted
    assert index.accepting(numbers(segments * 2), everyone) == wanted, "repetitions change nothing"
    assert index.accepting(numbers(segments), 0b1) == wanted & 0b1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(names, st.booleans()), min_size=1, max_size=3), min_size=5, max_size=7
    ),
    people,
)
def test_expressions_too_large_for_clauses_hold_as_written(
    parts: list[list[tuple[str, bool]]], segments: list[str]
) -> None:
    """A disjunction of long conjunctions multiplies out beyond what is kept as clauses."""
    expression = Any(
        tuple(
            All(tuple(Segment(name) if wanted else Not(Segment(name)) for name, wanted in part))
            for part in parts
        )
    )
    index = AudienceIndex([(0, expression)], 1)
    assert bool(index.accepting(numbers(segments), 1)) == holds(expression, segments)


def test_what_always_holds_accepts_everybody_and_what_never_holds_nobody() -> None:
    index = indexed("a or not a", "a and not a", None)
    for segments in ([], ["a"], ["b"]):
        assert index.accepting(numbers(segments), 0b111) == 0b101


def test_a_mixed_clause_is_evaluated_as_written() -> None:
    """`a or not b` is neither a slot nor a veto."""
    index = indexed("a or not b", "a or not b")
    assert index.accepting(numbers(["b"]), 0b11) == 0
    assert index.accepting(numbers(["a", "b"]), 0b11) == 0b11
    assert index.accepting([], 0b11) == 0b11


def test_names_are_known_only_if_an_expression_mentions_them() -> None:
    index = indexed("a and not b", None)
    assert index.numbers(["a", "unheard", "b"]) == numbers(["a", "b"])
    assert index.known(numbers(["unheard", "b"])) == ["b"]


def test_without_expressions_everybody_is_accepted() -> None:
    assert AudienceIndex([], 3).accepting(numbers(["a"]), 0b111) == 0b111


def test_a_wish_for_nobody_beside_others_is_never_granted() -> None:
    """Segments that are too small are taken out of expressions, and so may leave nothing to hit."""
    never = All((Any(()), Segment("a"), Segment("b")))
    index = AudienceIndex([(0, never), (1, Segment("a")), (2, Not(Segment("a")))], 4)
    assert index.accepting(numbers(["a", "b"]), 0b1111) == 0b1010
    assert index.accepting(numbers(["a", "b"]), -1) == 0b1010
    assert index.accepting([], -1) == 0b1100
