"""Dice without chance."""

from collections import Counter

from adserver.domain.dice import PPM, happens, mixed


def test_the_same_seed_and_label_fall_the_same() -> None:
    assert mixed(7, 1) == mixed(7, 1)
    assert len({mixed(seed, label) for seed in range(200) for label in range(5)}) == 1_000


def test_any_seed_gives_64_bits() -> None:
    for seed in (0, -1, 1 << 64, 1 << 200, -(1 << 70)):
        assert 0 <= mixed(seed, 0) < 1 << 64


def test_every_bit_is_as_often_set_as_not() -> None:
    falls = [mixed(seed, 0) for seed in range(4_000)]
    for bit in range(64):
        assert 1_800 < sum(fall >> bit & 1 for fall in falls) < 2_200


def test_labels_of_one_seed_are_independent() -> None:
    both = Counter(
        (happens(seed, 0, PPM // 2), happens(seed, 1, PPM // 2)) for seed in range(4_000)
    )
    assert all(850 < count < 1_150 for count in both.values())
    assert len(both) == 4


def test_what_happens_happens_as_often_as_it_should() -> None:
    assert 300 < sum(happens(seed, 3, 20_000) for seed in range(20_000)) < 500
    assert not any(happens(seed, 3, 0) for seed in range(1_000))
    assert all(happens(seed, 3, PPM) for seed in range(1_000))
