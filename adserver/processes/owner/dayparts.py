"""Which hours dayparts leave, by the clock of the advertiser's zone."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from adserver.domain.week import HOUR_S, HOURS_PER_WEEK, hour_of_week


def is_active(hours_of_week: tuple[int, ...], zone: ZoneInfo, at_s: float) -> bool:
    """Tell whether dayparts (none: always) leave the local hour around a moment."""
    if not hours_of_week:
        return True
    local = datetime.fromtimestamp(at_s, zone)
    return local.weekday() * 24 + local.hour in hours_of_week


@lru_cache(maxsize=256)
def weekly(hours_of_week: tuple[int, ...], zone: ZoneInfo, day_s: int) -> Sequence[float]:
    """Return what dayparts leave of each hour of the week (UTC), as clocks go from the day that begins then."""
    found = [0.0] * HOURS_PER_WEEK
    for at_s in range(day_s // HOUR_S * HOUR_S, day_s // HOUR_S * HOUR_S + 7 * 86_400, HOUR_S):
        quarters = range(at_s, at_s + HOUR_S, HOUR_S // 4)
        found[hour_of_week(at_s)] = sum(is_active(hours_of_week, zone, q) for q in quarters) / 4
    return tuple(found)
