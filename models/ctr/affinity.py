"""The linear stage, upon which the trees stand: a weight for every word, and for every pair of who offers and who looks, where.

Pairs such as a line item and a segment are many, and most matter little: trees would need a branch for each. Here each weight is
held to zero as firmly as the data asks (`shrinking`). Trees begin at the sum, and learn what it leaves over.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.ctr.dataset import Dataset, Floats
from models.ctr.pairs import Block, Coded, Coding, blocks_of, coded_rows, design_of, taken
from models.ctr.shapes import Shaped
from models.ctr.shrinking import Fitted, fit, summed
from models.ctr.thinning import thinned
from models.ctr.weights import COUNTED, CROSSED, EDGES, GRAIN, HOURS, Affinity

MIN_SEGMENT_ROWS, MAX_SEGMENTS = 200, 512
_OUT_OF = 3
_SOME, _ROUNDS_OF_ALL = 400_000, 3
_LEAST_WAVE = 0.03
"""Of log odds: where the day makes less of a difference nobody can tell its time."""
_NEGLIGIBLE = 1e-3
"""A weight so small is none: most are, and serving need not look at them."""
_UNCLICKED_PER_CLICK = 20.0


def learn(data: Dataset, until: int, codes: Coding, seed: int) -> tuple[Affinity, Floats]:
    """Return the weights that the rows before `until` teach, and the column for all rows.

    A row before `until` gets what a third of the rows, to which it does not belong, was not needed for: its own click has not
    taught what it sees.
    """
    segments = data.audiences.frequent(until, MAX_SEGMENTS, MIN_SEGMENT_ROWS)
    known = data.clicked_at[:until] <= data.at[until]
    share = min(1.0, _UNCLICKED_PER_CLICK * max(1, int(known.sum())) / until)
    taught = thinned(known, share, seed)
    dice = np.random.default_rng(seed)
    part = dice.integers(0, _OUT_OF, len(taught))
    some = np.flatnonzero(dice.random(len(taught)) < _SOME / len(taught))
    turns = _turns(coded_rows(data, codes, segments, {}), codes, taught[some], known)
    coded = coded_rows(data, codes, segments, turns)
    blocks, groups = blocks_of(coded, taught, crossed=True)
    shaped, design = Shaped(blocks, groups), design_of(coded, blocks)
    # How wide weights are, a part of the rows tells as well.
    found = fit(taken(design, taught[some]), known[taught[some]], shaped)
    found = fit(taken(design, taught), known[taught], shaped, found, _ROUNDS_OF_ALL)
    weights = _told(shaped, found)
    column = summed(design, weights)
    for number in range(_OUT_OF):
        others = taught[part != number]
        left = fit(taken(design, others), known[others], shaped, found, rounds=1)
        mine = _mine(until, taught, part, number, seed)
        column[mine] = summed(taken(design, mine), _told(shaped, left))
    named = _named(weights, float(np.log(share)), turns, blocks, codes, segments, coded.sizes)
    return named, _grained(column + np.log(share))


def _turns(
    coded: Coded, codes: Coding, rows: NDArray[np.intp], known: NDArray[np.bool_]
) -> dict[str, int]:
    """Return by country how many hours to add to ours for those since most is clicked there: what we have of its time of day."""
    if "country_hour" not in coded.sizes:
        return {}
    blocks, groups = blocks_of(coded, rows, crossed=False)
    shaped, design = Shaped(blocks, groups), design_of(coded, blocks)
    weights = shaped.weights(fit(taken(design, rows), known[rows], shaped).point)
    of = {block.context: weights[block.id_of] * (block.id_of > 0) for block in blocks}
    days = of["hour"][1:] + of["country_hour"][1:].reshape(-1, HOURS)
    waves = days @ np.exp(2j * np.pi * np.arange(HOURS) / HOURS) * 2 / HOURS
    peaks = np.rint(np.angle(waves) / (2 * np.pi) * HOURS).astype(int)
    turns = np.where(abs(waves) >= _LEAST_WAVE, -peaks, 0) % HOURS
    names = sorted(codes["country"], key=codes["country"].__getitem__)
    return dict(zip(names, turns.tolist(), strict=True))


def _told(shaped: Shaped, found: Fitted) -> Floats:
    """Return weights, the bias last, without those that are next to nothing."""
    weights = shaped.weights(found.point)
    weights[:-1][abs(weights[:-1]) < _NEGLIGIBLE] = 0.0
    return weights


def apply(affinity: Affinity, data: Dataset) -> Floats:
    """Return the column of all rows, as serving finds it."""
    total = np.full(len(data.at), affinity.base)
    for part in parts(affinity, data).values():
        total += part
    return _grained(total)


def parts(affinity: Affinity, data: Dataset) -> dict[str, Floats]:
    """Return what each column, and each pair of columns, adds to the base of every row."""
    codes = _codes_of(affinity)
    segments = tuple(word for word in codes.get("segment", {}) if word)
    coded = coded_rows(data, codes, segments, affinity.turns)
    names = {column: _ordered(column, codes, segments) for column in coded.sizes}
    found = {}
    for column, table in affinity.weights.items():
        weights = np.array([0.0, *(table.get(word, 0.0) for word in names[column])])
        found[column] = _gathered(weights, column, coded)
    for column, words in affinity.crosses.items():
        for other in CROSSED:
            if other not in coded.sizes:
                continue
            grid = np.zeros((len(names[column]) + 1, len(names[other]) + 1))
            for place, word in enumerate(names[column], start=1):
                table = words.get(word, {}).get(other, {})
                grid[place, 1:] = [table.get(each, 0.0) for each in names[other]]
            found[f"{column} and {other}"] = _paired(grid, column, other, coded)
    return found


def _grained(log_odds: Floats) -> Floats:
    return np.asarray(np.floor(log_odds * GRAIN + 0.5) / GRAIN, np.float64)


def _codes_of(affinity: Affinity) -> Coding:
    """Return a code for every word that has any weight."""
    codes: Coding = {}
    places = (word.rpartition("/")[0] for word in affinity.weights.get("country_hour", {}))
    _add(codes, "country", (*places, *affinity.turns))
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
    if column in {"hour", "local_hour"}:
        return [str(hour) for hour in range(HOURS)]
    if column == "weekday":
        return [str(day) for day in range(7)]
    if column == "country_hour":
        places = _ordered("country", codes, segments)
        return [f"{place}/{hour}" for place in places for hour in range(HOURS)]
    if column in COUNTED:
        return [str(bucket) for bucket in range(len(EDGES) + 2)]
    known = codes.get(column, {})
    return sorted(known, key=known.__getitem__)


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
    turns: dict[str, int],
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
            if not weight:
                continue
            code, other = divmod(key, sizes[block.context])
            if not mine:
                plain.setdefault(block.context, {})[names[other - 1]] = weight
            else:
                table = crosses.setdefault(block.candidate, {}).setdefault(mine[code - 1], {})
                table.setdefault(block.context, {})[names[other - 1]] = weight
    return Affinity(float(weights[-1]) + shift, turns, plain, crosses)


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
