"""Weights held as firmly as the data asks, and those that hang together."""

import numpy as np
import pytest

from models.ctr.pairs import Block, Design
from models.ctr.shapes import WAVES, Shaped
from models.ctr.shrinking import fit, summed

ROWS, WORDS = 60_000, 100


def made(dice: np.random.Generator) -> tuple[list[Block], np.ndarray, Design]:
    """Return three columns: of words, of the hour, and of contacts whose first bucket is that nothing is known."""
    sizes = {"word": WORDS + 1, "hour": 25, "contacts": 12}
    blocks, groups = [], [0]
    for number, (column, size) in enumerate(sizes.items(), start=1):
        ids = np.zeros(size, np.int32)
        ids[1:] = np.arange(len(groups), len(groups) + size - 1)
        groups += [number] * (size - 1)
        blocks.append(Block("", column, ids))
    plain = np.stack(
        [block.id_of[dice.integers(1, len(block.id_of), ROWS)] for block in blocks]
    ).astype(np.int32)
    return blocks, np.array(groups), Design(plain, np.zeros(0, np.int64), np.zeros(0, np.int32))


def test_slopes_are_those_of_the_weights() -> None:
    """For any parameters and any slopes: the transposed map."""
    dice = np.random.default_rng(1)
    blocks, groups, _ = made(dice)
    shaped = Shaped(blocks, groups)
    point = dice.normal(size=len(shaped.groups) + 1)
    by_weight = dice.normal(size=len(groups))
    weights = shaped.weights(point)
    assert weights[0] == 0
    assert weights[-1] == point[-1]
    there = float(weights[1:-1] @ by_weight[1:])
    assert there == pytest.approx(float(point[:-1] @ shaped.slopes(by_weight)))
    moved = shaped.weights(np.append(np.eye(len(point) - 1)[WORDS], 0.0))[1:-1]
    assert shaped.curvatures(np.ones(len(groups)))[WORDS] == pytest.approx(float(moved @ moved))


def test_an_hour_has_the_rows_of_the_day() -> None:
    blocks, groups, _ = made(np.random.default_rng(1))
    shaped = Shaped(blocks, groups)
    assert len(shaped.groups) == WORDS + 2 * WAVES + 11
    point = np.zeros(len(shaped.groups) + 1)
    point[WORDS + 1] = 1.0  # the first wave: behind the words and that nothing is known
    day = shaped.weights(point)[blocks[1].id_of[1:]]
    assert day == pytest.approx(np.cos(np.arange(24) / 24 * 2 * np.pi))


@pytest.mark.parametrize("spread", [0.0, 0.15])
def test_a_group_is_as_wide_as_its_truth(spread: float) -> None:
    """Noise is held at nothing; what differs is found, closer than rows alone would tell."""
    dice = np.random.default_rng(7)
    blocks, groups, design = made(dice)
    truth = np.zeros(len(groups) + 1)
    truth[1 : WORDS + 1] = dice.normal(0, spread, WORDS)
    truth[blocks[1].id_of[1:]] = 0.4 * np.sin(np.arange(24) / 24 * 2 * np.pi)
    truth[-1] = -2.5
    clicked = dice.random(ROWS) < 1 / (1 + np.exp(-summed(design, truth)))
    shaped = Shaped(blocks, groups)
    found = fit(design, clicked, shaped)
    weights = shaped.weights(found.point)
    off = float(np.sqrt(((weights - truth)[1 : WORDS + 1] ** 2).mean()))
    alone = float(np.sqrt(WORDS / clicked.sum()))  # what the clicks of a word alone would be off by
    assert off < (alone if spread else alone / 3)
    hours = weights[blocks[1].id_of[1:]]
    assert abs(hours - truth[blocks[1].id_of[1:]]).max() < 0.12


def test_what_was_begun_with_goes_on_and_one_round_holds_as_firmly() -> None:
    dice = np.random.default_rng(9)
    blocks, groups, design = made(dice)
    truth = np.append(dice.normal(0, 0.3, len(groups)), -2.0)
    clicked = dice.random(ROWS) < 1 / (1 + np.exp(-summed(design, truth)))
    shaped = Shaped(blocks, groups)
    whole = fit(design, clicked, shaped)
    again = fit(design, clicked, shaped, whole, rounds=1)
    assert np.array_equal(again.held, whole.held)
    assert abs(shaped.weights(again.point) - shaped.weights(whole.point)).max() < 0.05
