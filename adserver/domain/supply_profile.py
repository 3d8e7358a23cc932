"""When a line item's chances come: eligible opportunities by hour of the week, learned and slowly forgotten."""

from array import array
from collections.abc import Sequence

from adserver.domain.week import HOUR_S, HOURS_PER_WEEK

DAY_HOURS = 24
KEEP = 0.6
"""What an hour of the week says now weighs 40 %, what it said the weeks before 60 % together."""
DAY_PRIOR_S = 7_200
"""The same hour of other days weighs as much as two hours of evidence."""
EVEN_PRIOR_S = 900
"""That all hours are alike weighs as much as a quarter of an hour."""
MOST = 1e30
"""What no counter reaches: a larger number is damage."""

EVEN: Sequence[float] = (1.0,) * HOURS_PER_WEEK


class SupplyProfile:
    """Chances and observed seconds of each hour of the week (UTC, 0 is Monday 00:00)."""

    __slots__ = ("_chances", "_seconds")

    def __init__(self, packed: bytes = b"") -> None:
        """Begin without evidence, or with what `packed` returned. Raises `ValueError` if it cannot have."""
        self._chances = array("f", bytes(4 * HOURS_PER_WEEK))
        self._seconds = array("f", bytes(4 * HOURS_PER_WEEK))
        if packed:
            both = array("f")
            both.frombytes(packed)
            if len(both) != 2 * HOURS_PER_WEEK or not all(0 <= each < MOST for each in both):
                raise ValueError("not a profile of supply")
            self._chances, self._seconds = both[:HOURS_PER_WEEK], both[HOURS_PER_WEEK:]

    def packed(self) -> bytes:
        """Return all of it, 1,344 bytes in this machine's byte order."""
        return (self._chances + self._seconds).tobytes()

    def observe(self, hour: int, chances: float, seconds: float) -> None:
        """Take in how many chances came in so many seconds of this hour of the week, in flight and in its dayparts."""
        keep = KEEP ** (seconds / HOUR_S)
        self._chances[hour] = self._chances[hour] * keep + chances
        self._seconds[hour] = self._seconds[hour] * keep + seconds

    def rates(self) -> Sequence[float]:
        """Return chances a second by hour of the week; all alike without evidence.

        What is little known leans on the same hour of other days, and that on the mean of all.
        """
        observed = sum(self._seconds)
        if not observed or not (total := sum(self._chances)):
            return EVEN
        mean = total / observed
        rates = []
        daily = [
            (sum(self._chances[hour::DAY_HOURS]) + mean * EVEN_PRIOR_S)
            / (sum(self._seconds[hour::DAY_HOURS]) + EVEN_PRIOR_S)
            for hour in range(DAY_HOURS)
        ]
        for hour in range(HOURS_PER_WEEK):
            prior = daily[hour % DAY_HOURS]
            rates.append(
                (self._chances[hour] + prior * DAY_PRIOR_S) / (self._seconds[hour] + DAY_PRIOR_S)
            )
        return rates
