"""Budget of an insertion order, moved among its line items within limits: to those that bring more for it.

In clicks per money where clicks are paid for, orders per money where orders are; where impressions are, whoever cannot spend
gives to whoever can. Each line item keeps and gets what a percentage of its own budget allows; what one gets another
gives, so that the sum stays. Each window is apart: lifetime budgets move among lifetime budgets, a day's among that day's.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

import msgspec

from adserver.domain.campaign import GoalKind
from adserver.domain.money import Nanos
from adserver.domain.performance import Record, odds

PPM = 1_000_000
CHANCE = 0.05
"""In an insertion order whose line items are all alike, nothing is ever moved with a probability of 95 %."""
KEEPS_UP_PPM = 970_000
"""Who has spent so much of what was planned by now is not short of supply."""
KNOWN_PPM = 100_000
"""What cannot be spent is foretold once so much of the window's plan is over."""
DEVIATIONS = 3.0
"""Of the number of impressions: it may have been bad luck up to there."""
SPARE_PPM = 20_000
"""Of its budget, left to whoever gives because it cannot spend."""
PAUSE = 2
"""Whoever gives spends on at half its pace, whoever gets at one and a half times its own, until the plan has been reached."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a line item stands in one window: its life, or a day."""

    account: str
    goal: GoalKind
    own: Nanos
    """Its own budget for the window."""
    shifted: Nanos
    """What it got of others so far; negative: what it gave."""
    spent: Nanos
    """Billed, and expected to be billed of what bids hold."""
    committed: Nanos
    """Billed, and all that bids hold: it cannot be given away."""
    elapsed_ppm: int
    """How much of the window's plan is over; of the time, where all may be spent at once."""
    step_ppm: int
    """How much more will be at the next step."""
    at_once: bool = False
    """There is no plan: all of it may be spent at any time."""
    live: bool = True
    """It may bid now. Who may not gets nothing, and gives but what it got."""
    record: Record
    """What it brought in all its life."""
    impressions: int = 0
    """About so many have been paid for by what is spent."""

    @property
    def amount(self) -> Nanos:
        """What may be spent now."""
        return self.own + self.shifted

    @property
    def keeps_up(self) -> bool:
        """Tell whether it spends what it may, as far as can be told: at the beginning it cannot."""
        planned = self.amount * self.elapsed_ppm // PPM
        return self.spent * PPM >= planned * KEEPS_UP_PPM

    @property
    def surplus(self) -> Nanos:
        """What it will not spend until the end, even if it was only unlucky so far; 0 while that is not known."""
        if self.elapsed_ppm < KNOWN_PPM or self.keeps_up:
            return 0
        luck = 1.0 + DEVIATIONS / max(1.0, self.impressions**0.5)
        foretold = int(self.spent * luck) * PPM // self.elapsed_ppm
        return max(0, self.amount - foretold - self.amount * SPARE_PPM // PPM)


class Move(NamedTuple):
    """Budget that one account gives to another."""

    giver: str
    taker: str
    amount: Nanos


def moves(standings: Sequence[Standing], percent: int, dry: Collection[str] = ()) -> Iterator[Move]:
    """Yield what to move now among the line items of one insertion order, in one window.

    `percent` is how much of its own budget each may give, and get. `dry` are accounts that did not keep up a short while
    ago: nothing is moved to them. A step moves so little that plans go on smoothly, so several steps reach the limits.
    """
    rooms = {each.account: _Room(each, percent) for each in standings}
    for giver, taker in _pairs(standings):  # what the limits, as they are now, do not allow
        more, less = rooms[giver.account], rooms[taker.account]
        yield from _move(more, less, min(max(more.excess, less.lack), more.shifted, -less.shifted))
    for each in standings:
        if each.account in dry or not (each.live and each.keeps_up):
            rooms[each.account].take = 0
    for giver, taker in _pairs(standings):  # what cannot be spent where it is
        more, less = rooms[giver.account], rooms[taker.account]
        spare = min(more.spare, less.take)
        if (
            giver.goal != "cpm" or not giver.live
        ):  # only what it got: its own is no worse than before
            spare = min(spare, more.shifted, -less.shifted)
        yield from _move(more, less, spare)
    for giver, taker in _proven(standings):
        more, less = rooms[giver.account], rooms[taker.account]
        yield from _move(more, less, min(more.smooth, more.above_least, less.take))


class _Room:
    """How much a line item can still give and take in this step."""

    def __init__(self, standing: Standing, percent: int) -> None:
        own, amount = standing.own, standing.amount
        self.account = standing.account
        self.shifted = standing.shifted
        self.least, self.most = -(-own * (100 - percent) // 100), own * (100 + percent) // 100
        self.own = own
        self.free = max(0, amount - standing.committed)
        self.surplus = standing.surplus
        self.smooth = own
        """How much more or less does not make it stop, or hurry."""
        if not standing.at_once and standing.elapsed_ppm:
            self.smooth = own * standing.step_ppm // (PAUSE * standing.elapsed_ppm)
        self.take = max(0, min(self.most - amount, self.smooth))

    @property
    def excess(self) -> Nanos:
        """What it has beyond what the limits allow."""
        return max(0, self.own + self.shifted - self.most)

    @property
    def lack(self) -> Nanos:
        """What the limits say that it must have, and it has not."""
        return max(0, self.least - self.own - self.shifted)

    @property
    def above_least(self) -> Nanos:
        """What the limits let it give."""
        return max(0, self.own + self.shifted - self.least)

    @property
    def spare(self) -> Nanos:
        """What of this it would not spend."""
        return min(self.surplus, self.above_least)


def _pairs(standings: Sequence[Standing]) -> Iterator[tuple[Standing, Standing]]:
    """Yield every giver with every taker whose goal is of the same kind, in an order that does not depend on chance."""
    ordered = sorted(standings, key=lambda each: each.account)
    for giver, taker in permutations(ordered, 2):
        if giver.goal == taker.goal:
            yield giver, taker


def _proven(standings: Sequence[Standing]) -> list[tuple[Standing, Standing]]:
    """Return givers and takers of which the second is better beyond doubt, the surest first."""
    pairs = [
        (giver, taker)
        for giver, taker in _pairs([each for each in standings if each.live])
        if giver.goal != "cpm"
    ]
    found = [(odds(taker.record, giver.record), giver, taker) for giver, taker in pairs]
    sure = [each for each in found if each[0] * CHANCE >= len(pairs)]
    return [(giver, taker) for _, giver, taker in sorted(sure, key=lambda each: -each[0])]


def _move(giver: _Room, taker: _Room, wanted: Nanos) -> Iterator[Move]:
    amount = min(wanted, giver.free)
    if amount > 0:
        giver.shifted -= amount
        giver.free -= amount
        giver.surplus = max(0, giver.surplus - amount)
        giver.smooth = max(0, giver.smooth - amount)
        taker.shifted += amount
        taker.take = max(0, taker.take - amount)
        yield Move(giver.account, taker.account, amount)
