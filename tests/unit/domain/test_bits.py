"""Sets of candidates as integers."""

from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.bits import STRETCH, WINDOW, ascending, bits

sizes = st.sampled_from(
    [1, 7, 8, 9, 64, WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW, 10_000, STRETCH, STRETCH + 1]
)


@given(st.data(), sizes)
def test_ascending_yields_the_sorted_set_of_any_size(data: st.DataObject, size: int) -> None:
    members = data.draw(st.lists(st.integers(0, size - 1), max_size=40))
    alive = bits(members, size)
    assert list(ascending(alive)) == sorted(set(members))
    assert alive.bit_count() == len(set(members))


@given(st.integers(0, 1 << 3_000))
def test_any_number_is_the_set_of_its_bits(alive: int) -> None:
    assert list(ascending(alive)) == [i for i in range(alive.bit_length()) if alive >> i & 1]
    assert bits(ascending(alive), alive.bit_length()) == alive


def test_nobody_and_everybody() -> None:
    assert bits([], 0) == 0
    assert list(ascending(0)) == []
    for size in (1, 8, WINDOW, WINDOW + 1):
        assert bits(range(size), size) == (1 << size) - 1
