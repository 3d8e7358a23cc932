"""Which candidates take turns, and thinning them in a few operations on big ints."""

from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.domain.campaign import Rotation
from tests.unit.decision.made import banner, cpm, line_item, snapshot

NAMES = ("a", "b", "c")
ROTATIONS: tuple[Rotation, ...] = ("", "even", "learned", "weighted")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(ROTATIONS), st.integers(1, 3)), min_size=1, max_size=12),
    st.integers(0, (1 << 36) - 1),
)
def test_thinning_keeps_the_first_that_is_alive_of_each(
    shapes: list[tuple[Rotation, int]], alive: int
) -> None:
    items = [
        line_item(f"i{number}", creatives=NAMES[:size], rotation=rotation, goal=cpm(1 + number % 4))
        for number, (rotation, size) in enumerate(shapes)
    ]
    compiled = snapshot(*items, creatives=tuple(banner(name) for name in NAMES))
    alive &= compiled.everyone
    expected = 0
    for item, run in zip(compiled.line_items, compiled.line_item_members, strict=True):
        living = alive & run.bits
        takes_turns = item.rotation and run.length > 1
        expected |= living & -living if takes_turns else living
    assert compiled.rotation.thinned(alive) == expected


def test_a_line_item_with_one_creative_takes_no_turns() -> None:
    compiled = snapshot(line_item(rotation="learned"))
    assert compiled.rotation.members == 0
    assert compiled.rotation.turns == {}
