"""M6: how evenly money is spent, on logged five-minute traffic and through what may happen to an hour.

The plan of every day is fixed before it begins. The market wins one bid in ten at first, says nothing of lost bids, and
bills late. Bids hold their money as shipped: as long as measured delays say.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import fmean

import msgspec

from adserver.domain.pacing_aim import EARLY_SHARE
from tests.quality.paced import Paced, Setting, Told
from tests.quality.replayed import Day, between, judged_days, off, rms, worth
from tests.quality.traffic import STEP_S, prices, traces
from tests.torture.figures import Figure, Scale

BAR = 0.04
CAMPAIGNS = ("1458", "2259", "2261", "3476")
"""Those with days enough of which most was logged."""
SHORT = ("hour", "spike")
HOURS = 6
"""Flights of one hour, each with chances of its own."""
PROCESSES = 2
START_S = 1_790_035_200
"""A midnight (UTC)."""
HOUR_S = 3_600
REQUESTS = 2_000.0
"""In five minutes, where traffic is made up."""
MINUTES = 5
"""Of a slot in an hour's flight."""
ABSORBED = 3
WARM_MINUTES = 30
SPENT = 0.99


class Result(msgspec.Struct, frozen=True):
    """One day, judged."""

    campaign: str
    day: int
    """Which of the judged ones."""
    errors: list[float]
    slots: int
    spent: float
    """Share of the budget."""
    supply: float
    """As a share of the usual."""
    win_rate: float
    held: float
    left: float
    late: float


def run(scale: Scale) -> list[Figure]:
    """Return all figures of pacing; in short only some stories, since a day takes a minute."""
    if not scale.full:
        return [figure for name in SHORT for figure in STORIES[name](scale.seed)]
    days = [
        (campaign, index, scale.seed)
        for campaign in CAMPAIGNS
        for index, _ in enumerate(judged_days(traces()[campaign]))
    ]
    # A fork would share the locks of what runs beside.
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        results = list(pool.map(_judge, *zip(*days, strict=True)))
        stories = [pool.submit(_play, name, scale.seed) for name in STORIES]
        played = [figure for story in stories for figure in story.result()]
    return [*_of_days(results), *played]


def _judge(campaign: str, index: int, seed: int) -> Result:
    day: Day = judged_days(traces()[campaign])[index]
    setting = day.setting(seed=seed)
    told = Paced(setting, day.profile()).run()
    judged = day.judged(told)
    return Result(
        campaign,
        index,
        [off(told, slot) for slot in judged],
        len(told.plan) // 15,
        told.spent[-1] / setting.budget,
        sum(setting.supply.values()) / sum(day.usual().values()),
        told.wins / told.bids,
        told.held_share,
        told.left_share,
        told.late / setting.budget,
    )


def _of_days(results: list[Result]) -> list[Figure]:
    figures = [
        Figure(
            "M6",
            f"campaign {each.campaign}, day {each.day + 1}: RMS of (spent - plan) / plan per 15 min, {len(each.errors)} of "
            f"{each.slots} slots with supply; spent; supply of the usual; win rate; held by bids at most, at the end; late",
            f"{rms(each.errors):.2%}; {each.spent:.2%}; {each.supply:.0%}; {each.win_rate:.1%}; {each.held:.1%}, "
            f"{each.left:.2%}; {each.late:.3%}",
            f"<= {BAR:.0%}",
            met=rms(each.errors) <= BAR,
        )
        for each in results
    ]
    everything = [error for each in results for error in each.errors]
    enough = [each for each in results if each.supply >= 1.0]
    least = min((each.spent for each in enough), default=0.0)
    most = max(each.spent + 0.0 for each in results)
    figures.append(
        Figure("M6", f"RMS over all {len(everything)} slots with supply of {len(results)} days",
               f"{rms(everything):.2%}", f"<= {BAR:.0%}", met=rms(everything) <= BAR)
    )  # fmt: skip
    figures.append(
        Figure("M6", f"spent of the budget, days with the usual supply or more ({len(enough)})",
               f"{least:.2%} to {most:.2%}" if enough else f"none; {most:.2%} elsewhere",
               f"{SPENT:.0%} to 100%", met=most <= 1.0 and (not enough or least >= SPENT))
    )  # fmt: skip
    return figures


# --- stories of an hour or two ---


def _flight(seconds: int, supply: Mapping[int, float], seed: int, **others: object) -> Setting:
    law = worth("1458")
    whole = {
        "start_s": START_S,
        "end_s": START_S + seconds,
        "budget": int(REQUESTS * seconds / STEP_S * law.at_pace),
        "value": law.value,
        "prices": prices("1458"),
        "supply": supply,
        "seed": seed,
    }
    return Setting(**{**whole, **others})  # type: ignore[arg-type]  # what a setting has


def _even(seconds: int, factor: Callable[[int], float] = lambda _: 1.0) -> dict[int, float]:
    return {at: REQUESTS * factor(at) for at in range(0, seconds, STEP_S)}


def _spent(told: Told, setting: Setting) -> float:
    return told.spent[-1] / setting.budget


def _figure(what: str, measured: str, wanted: str, *, met: bool) -> Figure:
    return Figure("M6", what, measured, wanted, met=met)


def _hour(seed: int) -> list[Figure]:
    errors: list[float] = []
    shares = []
    for number in range(HOURS):  # what is left at the end of one is chance for the most part
        setting = _flight(HOUR_S, _even(HOUR_S), HOURS * seed + number)
        told = Paced(setting).run()
        errors += [off(told, slot, MINUTES) for slot in range(HOUR_S // 60 // MINUTES)]
        shares.append((_spent(told, setting), told.left_share))
    slots = len(errors) // HOURS
    error = rms([each for place, each in enumerate(errors) if place % slots < slots - 2])
    even = (
        2 * BAR + EARLY_SHARE / 2
    )  # it runs ahead of the plan, more and more, to be over before its end
    spent = fmean(spent for spent, _ in shares)
    return [
        _figure(f"{HOURS} flights of one hour: RMS per 5 min until their last ten; with them", f"{error:.2%}; {rms(errors):.1%}",
                f"<= {even:.0%}", met=error <= even),
        _figure(f"{HOURS} flights of one hour: spent in the mean, at least; left in bids",
                f"{spent:.2%}, {min(shares)[0]:.2%}; {fmean(left for _, left in shares):.2%}",
                f"{SPENT:.0%} to 100%", met=SPENT <= spent <= 1.0),
    ]  # fmt: skip


def _doubling(seed: int) -> list[Figure]:
    at = 2 * HOUR_S
    seconds = 4 * HOUR_S
    told = Paced(_flight(seconds, _even(seconds, lambda s: 2.0 if s >= at else 1.0), seed)).run()
    first = at // 60 // 15
    errors = [off(told, slot) for slot in range(first, first + 2 * ABSORBED)]
    after = next((i for i in range(len(errors)) if rms(errors[i:]) <= BAR), len(errors))
    return [
        _figure("traffic doubles: error of the slots of 15 min from then on; absorbed after so many",
                f"{', '.join(f'{each:+.1%}' for each in errors)}; {after}", f"<= {ABSORBED}", met=after <= ABSORBED),
    ]  # fmt: skip


def _silence(seed: int) -> list[Figure]:
    begins, ends = 60 * 60, 90 * 60
    seconds = 4 * HOUR_S
    supply = _even(seconds, lambda s: 0.0 if begins <= s < ends else 1.0)
    setting = _flight(seconds, supply, seed)
    told = Paced(setting).run()
    burst = max(off(told, minute, 1) for minute in range(ends // 60, ends // 60 + 15))
    late = rms([off(told, slot) for slot in range(ends // 60 // 15 + 1, seconds // 60 // 15)])
    rest = setting.budget - between(told.spent, 0, ends // 60)
    share = rest / (setting.budget - between(told.plan, 0, ends // 60)) - 1.0
    return [
        _figure("half an hour without traffic: most in a minute after it; the rest spread evenly would be; RMS from the"
                " second slot on", f"{burst:+.0%}; {share:+.0%}; {late:.1%}", "<= +100%", met=burst <= 1.0),
        _figure("half an hour without traffic: spent", f"{_spent(told, setting):.2%}", f"{SPENT:.0%} to 100%",
                met=SPENT <= _spent(told, setting) <= 1.0),
    ]  # fmt: skip


def _spike(seed: int) -> list[Figure]:
    at = 60 * 60
    seconds = 2 * HOUR_S
    setting = _flight(seconds, _even(seconds, lambda s: 20.0 if s == at else 1.0), seed)
    told = Paced(setting).run()
    minute = at // 60
    leads = [(s - p) / setting.budget * seconds for s, p in zip(told.spent, told.plan, strict=True)]
    ahead = max(leads[minute : minute + 15]) - leads[minute - 1]
    slots = [off(told, slot) for slot in range(at // 60 // 15, at // 60 // 15 + 2)]
    return [
        _figure("twenty times the traffic for five minutes: most gained on the plan, seconds of it; errors of the slot and"
                " the next", f"{ahead:.0f} s; {', '.join(f'{each:+.1%}' for each in slots)}", "<= 60 s", met=ahead <= 60),
    ]  # fmt: skip


def _alike(seed: int) -> list[Figure]:
    """All floors are alike: a step, above which every bid wins at the floor's price."""
    seconds = 3 * HOUR_S
    floor = int(worth("1458").value * 0.6)
    budget = int(REQUESTS * seconds / STEP_S * floor * 0.10)
    setting = _flight(
        seconds,
        _even(seconds),
        seed,
        floor=floor,
        budget=budget,
        value=worth("1458").value,
        value_sigma=0.0,
    )
    told = Paced(setting).run()
    error = rms([off(told, slot) for slot in range(2, seconds // 60 // 15)])
    minutes = rms([off(told, minute, 1) for minute in range(WARM_MINUTES, seconds // 60)])
    return [
        _figure("all floors and values alike (a step), a tenth of the supply wanted: RMS per 15 min; per minute",
                f"{error:.2%}; {minutes:.1%}", f"<= {BAR:.0%}", met=error <= BAR),
    ]  # fmt: skip


STORIES: Mapping[str, Callable[[int], list[Figure]]] = {
    "hour": _hour,
    "doubling": _doubling,
    "silence": _silence,
    "spike": _spike,
    "alike": _alike,
}


def _play(name: str, seed: int) -> list[Figure]:
    return STORIES[name](seed)
