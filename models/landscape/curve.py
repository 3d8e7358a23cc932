"""The best price for a value, from the chance to win at each of some prices: exact, in a few steps without arrays.

What is left of a value v by winning at a price p with chance F(p) is (v - p) F(p): for each price a straight line in v, of
slope F(p). The best price for a value lies on the upper hull of these lines, and moves up it as the value grows. A
floor leaves the prices from it on: so each price knows which comes next on the hull of itself and all higher ones, and
from which value on that one is better.
"""

from bisect import bisect_left
from collections.abc import Sequence
from math import inf

from adserver.domain.money import Nanos
from adserver.domain.offer import Offer


class Curve:
    """How likely each price wins under one key."""

    __slots__ = ("_chances", "_hull", "_next", "_prices", "_until", "_whole", "bids", "key", "told")

    def __init__(
        self,
        prices: Sequence[Nanos],
        chances: Sequence[float],
        key: str,
        bids: int,
        *,
        told: bool = True,
    ) -> None:
        """Know prices, rising, and their chances, rising too; the others say where that was learned, and how."""
        self.told = told
        self.key = key
        self.bids = bids
        self._prices = list(prices)
        self._chances = list(chances)
        self._next, self._until = _hulls(self._prices, self._chances)
        at = 0
        self._hull, self._whole = [at], [self._until[at]]
        while self._until[at] < inf:
            at = self._next[at]
            self._hull.append(at)
            self._whole.append(self._until[at])

    def best(self, value: Nanos, floor: Nanos) -> Offer | None:
        """Return the offer from the floor to the value that leaves most to be expected; `None` if none is known to win.

        A price between two known ones wins as often as the lower.
        """
        prices, chances = self._prices, self._chances
        begin = bisect_left(prices, floor)
        if begin < len(prices):
            at = self._hull[bisect_left(self._whole, value)]  # the best of all prices
            if at < begin:
                until, following = self._until, self._next
                at = begin
                while value > until[at]:
                    at = following[at]
            price = prices[at]
            chance = chances[at]
            if price == floor:
                return Offer(price, chance, self.key, self.bids, self.told) if chance > 0 else None
        else:
            price, chance = value, 0.0
        if begin:  # the floor itself wins as the known price below it does
            least = chances[begin - 1]
            if (value - floor) * least >= (value - price) * chance and least > 0:
                return Offer(floor, least, self.key, self.bids, self.told)
        return (
            Offer(price, chance, self.key, self.bids, self.told)
            if price <= value and chance > 0
            else None
        )

    def chance(self, price: Nanos) -> float:
        """Return how likely a price wins."""
        at = bisect_left(self._prices, price + 1)
        return self._chances[at - 1] if at else 0.0


def _hulls(prices: list[Nanos], chances: list[float]) -> tuple[list[int], list[float]]:
    """Return for each price which comes next on the hull from it on, and up to which value it is the better of both."""
    following = [0] * len(prices)
    until = [inf] * len(prices)
    for place in range(len(prices) - 2, -1, -1):
        other = place + 1
        better_from = _meet(prices, chances, place, other)
        while better_from >= until[other] < inf:
            other = following[other]
            better_from = _meet(prices, chances, place, other)
        following[place], until[place] = other, better_from
    return following, until


def _meet(prices: list[Nanos], chances: list[float], low: int, high: int) -> float:
    """Return the value at which two prices leave the same; beyond it the higher is better."""
    gain = chances[high] - chances[low]
    if gain <= 0:
        return inf
    return (prices[high] * chances[high] - prices[low] * chances[low]) / gain
