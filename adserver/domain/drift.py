"""Whether prices at an exchange still are where they were learned, by how many bids win: values and arithmetic.

Each bid had a chance. As long as wins are as many as the chances say, give or take three standard deviations, nothing
moves. Fewer wins mean that prices rose, more that they fell; then the price level moves a step, and only bids made at the
new level count on. A level that would leave its bounds says that what was learned is wrong.
"""

from math import sqrt

import msgspec

SURE = 3.0
"""Standard deviations: so rarely is chance taken for drift."""
FEWEST = 50
"""Bids that are looked at before anything moves."""
MOST = 2_000
"""So many without any doubt, and they are forgotten: what is new shows faster."""
STEP = 1.25
"""A level moves by this factor at most, and by the square root of the ratio of wins foretold to wins."""
BOUNDS = (0.5, 2.0)


class Drift(msgspec.Struct):
    """One exchange's price level, as a multiple of what was learned."""

    level: float = 1.0
    """0: what was learned is refuted."""
    since_s: float = 0.0
    """Bids made earlier were made at another level."""
    bids: int = 0
    expected: float = 0.0
    variance: float = 0.0
    won: int = 0

    def came(self, at_s: float, now_s: float, chance: float, *, won: bool) -> bool:
        """Take in what became of a bid made at a time; tell whether the level moved."""
        if at_s < self.since_s or not self.level:
            return False
        self.bids += 1
        self.expected += chance
        self.variance += chance * (1.0 - chance)
        self.won += won
        if self.bids < FEWEST:
            return False
        if abs(self.won - self.expected) <= SURE * sqrt(self.variance):
            if self.bids >= MOST:
                self._begin(self.since_s)
            return False
        ratio = sqrt((self.expected + 1.0) / (self.won + 1.0))
        level = self.level * min(max(ratio, 1.0 / STEP), STEP)
        self.level = level if BOUNDS[0] <= level <= BOUNDS[1] else 0.0
        self._begin(now_s)
        return True

    def _begin(self, since_s: float) -> None:
        self.since_s = since_s
        self.bids = self.won = 0
        self.expected = self.variance = 0.0
