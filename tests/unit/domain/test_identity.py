"""Stable numbers: they stand in tokens, profiles and journals, so they must never change."""

from adserver.domain.identity import number, segment_number


def test_numbers_are_what_they_always_were() -> None:
    """Written down when first made; another value here would orphan every stored contact."""
    assert number("line_item", "camera") == 9157255775663030572
    assert segment_number("camera-intent") == 3953717341


def test_numbers_are_positive_and_fit_where_they_are_stored() -> None:
    for name in ("", "a", "é", "x" * 1_000):
        assert 0 <= number("creative", name) < 1 << 63
        assert 0 <= segment_number(name) < 1 << 32
    assert segment_number("\ud800") != segment_number("?")


def test_kinds_are_apart() -> None:
    assert number("line_item", "a") != number("creative", "a")
    assert len({number("line_item", f"l{i}") for i in range(5_000)}) == 5_000
