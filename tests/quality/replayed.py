"""A logged day as a line item's flight: its plan from the days before, its money by the law of its clearing prices."""

from collections.abc import Mapping
from functools import lru_cache
from math import exp, sqrt
from random import Random

import msgspec

from adserver.domain.supply_profile import SupplyProfile
from adserver.domain.week import HOUR_S, hour_of_week
from adserver.processes.owner.supply import Supply
from tests.quality.paced import TENT, VALUE_SIGMA, Setting, Told
from tests.quality.traffic import DAY_S, STEP_S, Prices, Trace, prices

LEAST_STEPS = 150
"""Of 288: days of which less was logged are neither learned from nor judged."""
EARLIER = 2
WIN_RATE = 0.10
PACE = 0.35
"""At which the line item would win so much: it has something to hold back, and something in reserve."""
SLOT = 15
"""Minutes."""
DRAWN = 400


class Worth(msgspec.Struct, frozen=True):
    """What impressions are worth to a line item, and what follows, on average, per chance."""

    value: float
    """The median, nanos."""
    at_pace: float
    """Spend at `PACE`, nanos."""
    at_full: float
    """Spend at full pace."""


@lru_cache(maxsize=16)
def worth(campaign: str) -> Worth:
    """Return the values at which the win rate is `WIN_RATE` at `PACE`."""
    law = prices(campaign)
    low, high = 1e3, 1e9
    for _ in range(60):
        middle = sqrt(low * high)
        if _spend(law, middle * PACE)[0] < WIN_RATE:
            low = middle
        else:
            high = middle
    return Worth(low, _spend(law, low * PACE)[1], _spend(law, low)[1])


def _spend(law: Prices, median: float) -> tuple[float, float]:
    """Return the share of wins and the spend per bid at a median bid."""
    dice = Random(1)
    wins = spend = 0.0
    for _ in range(DRAWN):
        won, cost = law.won(int(median * exp(VALUE_SIGMA * dice.gauss(0, 1))))
        wins += won
        spend += won * cost
    return wins / DRAWN, spend / DRAWN


class Day(msgspec.Struct, frozen=True):
    """A day to be judged, and those before it."""

    trace: Trace
    begins_s: int
    earlier: list[int]

    def usual(self) -> dict[int, float]:
        """Return requests by five minutes as the same hour of the days before had them, by what was logged of it."""
        days = [self.trace.day(each) for each in self.earlier]
        found = {}
        for hour in range(0, DAY_S, HOUR_S):
            steps = range(hour, hour + HOUR_S, STEP_S)
            logged = [day[at] for day in days for at in steps if at in day]
            found.update(dict.fromkeys(steps, sum(logged) / len(logged) if logged else 0.0))
        return found

    def supply(self) -> Mapping[int, float]:
        """Return the day's requests; what was not logged is as usual, and is not judged."""
        return self.usual() | self.trace.day(self.begins_s)

    def profile(self) -> Supply:
        """Return what the owner has learned by then; of hours that were not logged, nothing."""
        learned = SupplyProfile()
        for begins_s in self.earlier:
            day = self.trace.day(begins_s)
            for hour in range(0, DAY_S, HOUR_S):
                steps = [day[at] for at in range(hour, hour + HOUR_S, STEP_S) if at in day]
                learned.observe(hour_of_week(begins_s + hour), sum(steps), STEP_S * len(steps))
        return Supply.of({TENT: learned})

    def hours(self) -> tuple[int, ...]:
        """Return the hours of the week in which anything was ever logged of this time of day: its dayparts."""
        usual = self.usual()
        return tuple(
            sorted(hour_of_week(self.begins_s + at) for at in range(0, DAY_S, HOUR_S) if usual[at])
        )

    def setting(self, **others: object) -> Setting:
        """Return the flight: the money of a usual day at the wanted win rate."""
        law = worth(self.trace.campaign)
        whole = {
            "start_s": self.begins_s,
            "end_s": self.begins_s + DAY_S,
            "budget": int(sum(self.usual().values()) * law.at_pace),
            "value": law.value,
            "prices": prices(self.trace.campaign),
            "supply": self.supply(),
            "hours": self.hours(),
        }
        return Setting(**{**whole, **others})  # type: ignore[arg-type]  # what a setting has

    def judged(self, told: Told) -> list[int]:
        """Return the slots where supply exists: every five minutes of them were logged and could pay their part of the
        plan at full pace.
        """
        logged, full = self.trace.day(self.begins_s), worth(self.trace.campaign).at_full
        steps = STEP_S // 60
        rich = []
        for minute in range(0, DAY_S // 60, steps):
            planned = between(told.plan, minute, minute + steps)
            rich.append(planned > 0 and logged.get(minute * 60, 0) * full >= planned)
        parts = SLOT // steps
        return [slot for slot in range(DAY_S // 60 // SLOT) if all(rich[slot * parts :][:parts])]


def judged_days(trace: Trace) -> list[Day]:
    """Return the days of a campaign that have enough days before them."""
    days = trace.days(LEAST_STEPS)
    return [Day(trace, day, days[:index]) for index, day in enumerate(days) if index >= EARLIER]


def between(cumulative: list[float], begins: int, ends: int) -> float:
    """Return what came between two minutes."""
    return cumulative[ends - 1] - (cumulative[begins - 1] if begins else 0.0)


def off(told: Told, slot: int, minutes: int = SLOT) -> float:
    """Return by how much the spend of a slot was off its plan, as a share of that."""
    planned = between(told.plan, slot * minutes, (slot + 1) * minutes)
    return between(told.spent, slot * minutes, (slot + 1) * minutes) / planned - 1.0


def rms(errors: list[float]) -> float:
    """Return the root of the mean square."""
    return sqrt(sum(each * each for each in errors) / len(errors)) if errors else 0.0
