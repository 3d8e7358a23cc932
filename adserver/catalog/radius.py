"""Circles on the Earth, turned around: from a point to the candidates that want it, by a grid and then exactly.

Each circle lies in the cells of the grid that is about as coarse as it is wide, so a point is looked up once per grid
and asked of the few circles in its cell, by the haversine formula.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from adserver.catalog.groups import MAX_REMEMBERED, REMEMBERED_BYTES
from adserver.domain.bits import Packed, bits, packed, unpacked
from adserver.domain.circles import LEAST_KM_PER_DEGREE, Circle, Point, parse_circle
from adserver.domain.targeting import ListRule

GRIDS_DEGREES = (0.1, 1.0, 10.0)
"""Widths of cells."""
POLE_DEGREES = 89.0
"""Beyond this a circle may reach around the pole: it lies in the cells of all longitudes."""

Cell = tuple[int, int, int]
"""Grid, row, column."""


class _Placed(NamedTuple):
    number: int
    circle: Circle
    wanting: Packed
    refusing: Packed


class RadiusIndex:
    """All candidates' circles."""

    def __init__(self, rules: Iterable[tuple[int, ListRule]], size: int) -> None:
        """`rules` are the candidates that have any, by index; their values as `Circle` is written."""
        wanted: dict[str, list[int]] = defaultdict(list)
        refused: dict[str, list[int]] = defaultdict(list)
        choosy: list[int] = []
        for index, rule in rules:
            if rule.include:
                choosy.append(index)
            for text in rule.include:
                wanted[text].append(index)
            for text in rule.exclude:
                refused[text].append(index)
        self.otherwise = bits(range(size), size) & ~bits(choosy, size)
        """Who accepts what lies in no circle, and what is not known."""
        self.accepts_all = not wanted and not refused
        self._cells: dict[Cell, list[_Placed]] = defaultdict(list)
        # A chain's line item has thousands of circles: the sets of equal members are one and the same.
        sets: dict[tuple[int, ...], Packed] = {}
        self._most = min(MAX_REMEMBERED, REMEMBERED_BYTES // (size // 7 + 200) + 1)
        self._answers: dict[tuple[int, ...], int] = {}
        """By the circles that a point is in."""
        for number, text in enumerate(wanted.keys() | refused.keys()):
            circle = parse_circle(text)
            members = [
                sets.setdefault(tuple(each.get(text, ())), packed(each.get(text, ()), size))
                for each in (wanted, refused)
            ]
            for cell in _cells(circle):
                self._cells[cell].append(_Placed(number, circle, *members))

    def of(self, point: Point | None) -> int:
        """Return who accepts this point, or that none is known."""
        if point is None:
            return self.otherwise
        inside: list[_Placed] = []
        for grid, width in enumerate(GRIDS_DEGREES):
            column = math.floor(point[1] / width) % round(360 / width)
            placed = self._cells.get((grid, math.floor(point[0] / width), column))
            if placed is not None:
                inside += [each for each in placed if each.circle.holds(point)]
        if not inside:
            return self.otherwise
        key = tuple([each.number for each in inside])
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answer(inside)
            if len(self._answers) >= self._most:
                self._answers.pop(next(iter(self._answers)))  # the oldest
            self._answers[key] = answer
        return answer

    def _answer(self, inside: Sequence[_Placed]) -> int:
        alive, refusing = self.otherwise, 0
        for each in inside:
            alive |= unpacked(each.wanting)
            refusing |= unpacked(each.refusing)
        return alive & ~refusing


def _cells(circle: Circle) -> Iterator[Cell]:
    """Yield every cell that a circle touches, and perhaps some that it does not."""
    north_south = circle.km / LEAST_KM_PER_DEGREE
    grid = next(
        (g for g, w in enumerate(GRIDS_DEGREES) if north_south <= w), len(GRIDS_DEGREES) - 1
    )
    width = GRIDS_DEGREES[grid]
    south, north = circle.latitude - north_south, circle.latitude + north_south
    whole_circle = round(360 / width)
    if max(-south, north) >= POLE_DEGREES:
        first, last = 0, whole_circle - 1
    else:
        # Meridians are nearest to each other at the edge towards the pole.
        reach = north_south / math.cos(math.radians(max(-south, north)))
        first = math.floor((circle.longitude - reach) / width)
        last = math.floor((circle.longitude + reach) / width)
        last = min(last, first + whole_circle - 1)
    for row in range(math.floor(south / width), math.floor(north / width) + 1):
        for column in range(first, last + 1):
            yield grid, row, column % whole_circle
