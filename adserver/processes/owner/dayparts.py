"""Which hours dayparts leave, by the clock of the advertiser's zone."""

from collections.abc import Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

from adserver.domain.budget import is_active
from adserver.domain.pacing_plan import HALF_S
from adserver.domain.week import HOUR_S, HOURS_PER_WEEK, hour_of_week


@lru_cache(maxsize=256)
def open_halves(hours_of_week: tuple[int, ...], zone: ZoneInfo, day_s: int) -> Sequence[float]:
    """Return what dayparts leave of each half hour of the week (UTC), as clocks go from the day that begins then."""
    found = [0.0] * 2 * HOURS_PER_WEEK
    first_s = day_s // HOUR_S * HOUR_S
    for at_s in range(first_s, first_s + HOURS_PER_WEEK * HOUR_S, HALF_S):
        quarters = (at_s, at_s + HALF_S // 2)  # whole quarters of an hour, whatever the zone
        half = 2 * hour_of_week(at_s) + (at_s % HOUR_S) // HALF_S
        found[half] = sum(is_active(hours_of_week, zone, each) for each in quarters) / 2
    return tuple(found)
