"""The rule language: audience expressions as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.targeting import (
    MAX_EXPRESSION_DEPTH,
    MAX_EXPRESSION_LENGTH,
    All,
    Any,
    Expression,
    Not,
    Segment,
    holds,
    parse_audience,
    segment_names,
    spell,
)

A, B, C = Segment("a"), Segment("b"), Segment("c")


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a", A),
        ("  a  ", A),
        ("a and b or c", Any((All((A, B)), C))),
        ("a or b and c", Any((A, All((B, C))))),
        ("not a and b", All((Not(A), B))),
        ("not (a or b)", Not(Any((A, B)))),
        ("not not a", Not(Not(A))),
        ("(((a)))", A),
        ("a and b and c", All((A, B, C))),
        ("provider:12-3 or nota", Any((Segment("provider:12-3"), Segment("nota")))),
        ("(a)and(b)", All((A, B))),
    ],
)
def test_not_binds_tightest_then_and_then_or(text: str, expression: Expression) -> None:
    assert parse_audience(text) == expression


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at character 1: found the end, expected a segment"),
        ("a and", "found the end, expected a segment"),
        ("a b", "at character 3: found 'b', expected `and`, `or` or the end"),
        ("(a", "found the end, expected `)`"),
        ("a)", "at character 2: found ')'"),
        ("and a", "found 'and', expected a segment"),
        ("a or or b", "found 'or', expected a segment"),
        ("not", "found the end"),
        ("()", "found ')'"),
        ("(" * (MAX_EXPRESSION_DEPTH + 2) + "a", "nested deeper than"),
        ("not " * (MAX_EXPRESSION_DEPTH + 2) + "a", "nested deeper than"),
        ("a" * (MAX_EXPRESSION_LENGTH + 1), "longer than"),
    ],
)
def test_faults_tell_where_and_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"expected|nested|longer") as caught:
        parse_audience(text)
    assert message in str(caught.value)


names = st.sampled_from(["a", "b", "c"])
expressions = st.recursive(
    names.map(Segment),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Any(tuple(parts))),
    ),
    max_leaves=8,
)


def written(expression: Expression) -> str:
    """Write an expression with every bracket."""
    match expression:
        case Segment(name):
            return name
        case Not(inner):
            return f"not ({written(inner)})"
        case All(parts):
            return " and ".join(f"({written(part)})" for part in parts)
        case Any(parts):
            return " or ".join(f"({written(part)})" for part in parts)


@given(expressions, st.sets(names))
def test_what_is_written_is_what_is_read(expression: Expression, segments: set[str]) -> None:
    parsed = parse_audience(written(expression))
    assert parsed == expression
    meaning = written(expression)
    for name in ("a", "b", "c"):
        meaning = meaning.replace(f"({name})", f"({name in segments})")
    if not isinstance(expression, Segment):
        assert holds(parsed, segments) == eval(meaning)  # noqa: S307 - True, False, and, or, not
    assert set(segment_names(parsed)) <= {"a", "b", "c"}


@given(st.text(max_size=60))
def test_noise_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        expression = parse_audience(text)
    except ValueError:
        return
    assert list(segment_names(expression))


@given(expressions, st.sets(names))
def test_what_is_spelt_is_what_is_read(expression: Expression, segments: set[str]) -> None:
    assert holds(parse_audience(spell(expression)), segments) == holds(expression, segments)
