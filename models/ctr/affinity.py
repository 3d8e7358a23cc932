"""A linear stage beneath the trees: a weight for every word, and for every pair of who offers and who looks, where.

Pairs such as a line item and a segment are many, and most matter little: trees would need a branch for each. Here each weight is
held to zero by a Student's t prior whose width its block of weights shares, found by expectation and maximisation (Tipping 2001,
West 1987), so that a few large weights stand while noise does not. Trees then see the sum as a column, and correct it.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.ctr.boosting import thinned
from models.ctr.dataset import Dataset, Floats
from models.ctr.minimum import minimise
from models.ctr.pairs import Block, Coded, Coding, Design, blocks_of, coded_rows, design_of, taken
from models.ctr.weights import COUNTED, CROSSED, EDGES, Affinity

MIN_SEGMENT_ROWS, MAX_SEGMENTS = 200, 512
_OUT_OF = 3
_UNCLICKED_PER_CLICK = 20.0
_FREEDOM = 2.0
"""Of Student's t: few, so that single weights may be large."""
_ROUNDS, _STEPS, _CLOSE = 4, 30, 0.5
_FIRST_L2, _LEAST_L2, _MOST_L2 = 10.0, 0.1, 1e5
_GRAIN = float(1 << 20)


def learn(data: Dataset, until: int, codes: Coding, seed: int) -> tuple[Affinity, Floats]:
    """Return the weights that the rows before `until` teach, and the column for all rows.

    A row before `until` gets what a third of the rows, to which it does not belong, was not needed for: its own click has not
    taught what it sees.
    """
    segments = data.audiences.frequent(until, MAX_SEGMENTS, MIN_SEGMENT_ROWS)
    coded = coded_rows(data, codes, segments)
    known = data.clicked_at[:until] <= data.at[until]
    share = min(1.0, _UNCLICKED_PER_CLICK * max(1, int(known.sum())) / until)
    taught = thinned(known, share, seed)
    blocks, groups = blocks_of(coded, taught)
    design = design_of(coded, blocks)
    part = np.random.default_rng(seed).integers(0, _OUT_OF, len(taught))
    small = taken(design, taught)
    clicked = known[taught]
    weights, pull = _fit(small, clicked, groups)
    column = _sum(design, weights) + np.log(share)
    for number in range(_OUT_OF):
        others = part != number
        left, _ = _fit(taken(design, taught[others]), clicked[others], groups, pull)
        mine = _mine(until, taught, part, number, seed)
        column[mine] = _sum(taken(design, mine), left) + np.log(share)
    column = np.floor(column * _GRAIN + 0.5) / _GRAIN
    return _named(weights, float(np.log(share)), blocks, codes, segments, coded.sizes), column


def apply(affinity: Affinity, data: Dataset) -> Floats:
    """Return the column of all rows, as serving finds it."""
    codes = _codes_of(affinity)
    segments = tuple(word for word in codes.get("segment", {}) if word)
    coded = coded_rows(data, codes, segments)
    names = {column: _ordered(column, codes, segments) for column in coded.sizes}
    total = np.full(len(data.at), affinity.base)
    for column, table in affinity.weights.items():
        found = np.array([0.0, *(table.get(word, 0.0) for word in names[column])])
        total += _gathered(found, column, coded)
    for column, words in affinity.crosses.items():
        for other in CROSSED:
            if other not in coded.sizes:
                continue
            grid = np.zeros((len(names[column]) + 1, len(names[other]) + 1))
            for place, word in enumerate(names[column], start=1):
                table = words.get(word, {}).get(other, {})
                grid[place, 1:] = [table.get(each, 0.0) for each in names[other]]
            total += _paired(grid, column, other, coded)
    grained: Floats = np.floor(total * _GRAIN + 0.5) / _GRAIN
    return grained


def _codes_of(affinity: Affinity) -> Coding:
    """Return a code for every word that has any weight."""
    codes: Coding = {}
    places = (word.rpartition("/")[0] for word in affinity.weights.get("country_hour", {}))
    _add(codes, "country", places)
    for column, table in affinity.weights.items():
        _add(codes, column, table)
    for column, words in affinity.crosses.items():
        _add(codes, column, words)
        for tables in words.values():
            for other, weights in tables.items():
                _add(codes, other, weights)
    return codes


def _add(codes: Coding, column: str, words: Iterable[str]) -> None:
    known = codes.setdefault(column, {})
    for word in words:
        known.setdefault(word, len(known) + 1)


def _ordered(column: str, codes: Coding, segments: tuple[str, ...]) -> list[str]:
    """Return the words of a column by code, without the unknown one."""
    if column == "segment":
        return ["", *segments]
    if column == "hour":
        return [str(hour) for hour in range(24)]
    if column == "weekday":
        return [str(day) for day in range(7)]
    if column == "country_hour":
        places = _ordered("country", codes, segments)
        return [f"{place}/{hour}" for place in places for hour in range(24)]
    if column in COUNTED:
        return [str(bucket) for bucket in range(len(EDGES) + 2)]
    known = codes.get(column, {})
    return sorted(known, key=known.__getitem__)


def _sum(design: Design, weights: Floats) -> Floats:
    """Return the log odds of the rows; the last weight is the bias."""
    found = np.full(design.plain.shape[1], weights[-1])
    for ids in design.plain:
        found += weights[ids]
    found += np.bincount(design.rows, weights[design.ids], len(found))
    return np.asarray(found, np.float64)


def _fit(
    design: Design,
    clicked: NDArray[np.bool_],
    groups: NDArray[np.int64],
    pull: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Return the weights, the bias last, and how firmly each is held; the latter is found unless it is given."""
    size = len(groups)
    wanted = clicked.astype(np.float64)
    held = np.full(size, _FIRST_L2) if pull is None else pull
    rate = (wanted.sum() + 1) / (len(wanted) + 2)
    point = np.zeros(size + 1)
    point[-1] = np.log(rate / (1 - rate))

    def added(each: Floats) -> Floats:
        """Return what rows have, added up by weight; weight 0 is none."""
        total = np.bincount(design.ids, each[design.rows], size)
        for ids in design.plain:
            total += np.bincount(ids, each, size)
        total[0] = 0.0
        return np.asarray(total, np.float64)

    def loss(point: Floats) -> tuple[float, Floats]:
        log_odds = _sum(design, point)
        error = 1.0 / (1.0 + np.exp(-log_odds)) - wanted
        value = float(np.logaddexp(0.0, log_odds).sum() - log_odds[clicked].sum())
        slope = added(error) + held * point[:-1]
        value += float((held * point[:-1] ** 2).sum()) / 2
        return value, np.append(slope, error.sum())

    for turn in range(_ROUNDS if pull is None else 1):
        if turn:
            chance = 1.0 / (1.0 + np.exp(-_sum(design, point)))
            doubt = 1.0 / (added(chance * (1 - chance)) + held)
            square = point[:-1] ** 2 + doubt
            counts = np.maximum(1, np.bincount(groups))
            width = (np.bincount(groups, square) / counts)[groups]
            held = (_FREEDOM + 1) / (_FREEDOM * width + square)
            held = np.clip(held, _LEAST_L2, _MOST_L2)
        point = minimise(loss, point, _CLOSE, _STEPS * (2 if pull is not None else 1))
    return point, held


def _mine(
    until: int,
    taught: NDArray[np.intp],
    part: NDArray[np.int64],
    number: int,
    seed: int,
) -> NDArray[np.intp]:
    """Return the rows of a part: those that were learned from, and as many at random of those that were thinned out."""
    part_of = np.random.default_rng(seed + 1).integers(0, _OUT_OF, until)
    part_of[taught] = part
    return np.flatnonzero(part_of == number)


def _named(
    weights: Floats,
    shift: float,
    blocks: list[Block],
    codes: Coding,
    segments: tuple[str, ...],
    sizes: dict[str, int],
) -> Affinity:
    """Return the weights under the words that they are for."""
    plain: dict[str, dict[str, float]] = {}
    crosses: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    for block in blocks:
        names = _ordered(block.context, codes, segments)
        mine = _ordered(block.candidate, codes, segments) if block.candidate else []
        for key in np.flatnonzero(block.id_of).tolist():
            weight = float(weights[block.id_of[key]])
            code, other = divmod(key, sizes[block.context])
            if not mine:
                plain.setdefault(block.context, {})[names[other - 1]] = weight
            else:
                table = crosses.setdefault(block.candidate, {}).setdefault(mine[code - 1], {})
                table.setdefault(block.context, {})[names[other - 1]] = weight
    return Affinity(float(weights[-1]) + shift, plain, crosses)


def _gathered(found: Floats, column: str, coded: Coded) -> Floats:
    if column == "segment":
        summed = np.bincount(coded.rows, found[coded.members], len(coded.words["hour"]))
        return np.asarray(summed, np.float64)
    return np.asarray(found[coded.words[column]], np.float64)


def _paired(grid: Floats, column: str, other: str, coded: Coded) -> Floats:
    if other == "segment":
        found = grid[coded.words[column][coded.rows], coded.members]
        return np.asarray(np.bincount(coded.rows, found, len(coded.words["hour"])), np.float64)
    return np.asarray(grid[coded.words[column], coded.words[other]], np.float64)
