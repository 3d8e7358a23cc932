"""Which candidates are in flight and in their dayparts, kept as one set that changes as time passes."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from adserver.domain.bits import bits
from adserver.domain.campaign import Flight

QUARTER_S = 900
"""Every offset from UTC in use is a multiple of a quarter of an hour, so hours change only then."""


class Calendar:
    """Flights are half-open; hours of the week are in the advertiser's time zone."""

    def __init__(
        self,
        entries: Iterable[tuple[int, Flight, tuple[int, ...], str]],
        size: int,
    ) -> None:
        """`entries` are (index, flight, hours of the week or none, IANA zone) of every candidate."""
        changes: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        hourly: dict[tuple[str, tuple[int, ...]], list[int]] = defaultdict(list)
        for index, flight, hours, zone in entries:
            changes[flight.start_s][0].append(index)
            changes[flight.end_s][1].append(index)
            if hours:
                hourly[zone, hours].append(index)
        self._changes = [
            (at_s, bits(begin, size), bits(end, size))
            for at_s, (begin, end) in sorted(changes.items())
        ]
        self._dayparts = [
            (ZoneInfo(zone), frozenset(hours), bits(members, size))
            for (zone, hours), members in hourly.items()
        ]
        self._next = 0
        self._in_flight = 0
        self._active = 0
        self._since_s = 0.0
        self._until_s = -1.0

    def active(self, now_s: float) -> int:
        """Return who may bid at this moment; cheap while nothing changes, right when time jumps back."""
        if self._since_s <= now_s < self._until_s:
            return self._active
        if now_s < self._since_s:
            self._next = 0
            self._in_flight = 0
        while self._next < len(self._changes) and self._changes[self._next][0] <= now_s:
            _, begin, end = self._changes[self._next]
            self._in_flight = (self._in_flight | begin) & ~end
            self._next += 1
        quarter = int(now_s // QUARTER_S) * QUARTER_S
        off = 0
        for zone, hours, members in self._dayparts:
            local = datetime.fromtimestamp(quarter, zone)
            if local.weekday() * 24 + local.hour not in hours:
                off |= members
        self._active = self._in_flight & ~off
        following = self._changes[self._next][0] if self._next < len(self._changes) else 1 << 62
        self._until_s = min(following, quarter + QUARTER_S if self._dayparts else 1 << 62)
        self._since_s = now_s
        return self._active
