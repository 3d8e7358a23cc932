"""Hours and days in seconds, and hours of the week: one definition for what is logged, learned and served."""

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
HOURS_PER_WEEK = 168
_THURSDAY = 72
"""The epoch began on a Thursday; our weeks begin on Monday."""


def hour_of_week(now_s: float) -> int:
    """Return 0 to 167: whole hours since Monday 00:00 UTC."""
    return (int(now_s) // HOUR_S + _THURSDAY) % HOURS_PER_WEEK
