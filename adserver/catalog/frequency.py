"""Frequency caps of every level, turned around: from a contact to the caps it counts towards.

One index for the caps per person, another for those per household.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter

import msgspec

from adserver.domain.bits import bits
from adserver.domain.campaign import Cap, CountedBy
from adserver.domain.person import Touch
from adserver.domain.week import HOUR_S


class CapOwner(msgspec.Struct, frozen=True):
    """An advertiser, campaign, insertion order or line item with caps, and all its candidates."""

    name: str
    limits: tuple[tuple[int, int], ...]
    """Pairs (impressions, window in seconds)."""
    indices: Sequence[int]
    size: int

    @property
    def members(self) -> int:
        """The candidates as a set, made when a cap is reached: to keep one for each would take their square."""
        return bits(self.indices, self.size)


class FrequencyIndex:
    """Counting is by owner; whoever has reached one of its caps is out with all its candidates."""

    def __init__(
        self,
        owners: Iterable[tuple[str, tuple[Cap, ...], Sequence[int], Sequence[int]]],
        size: int,
        per: CountedBy = "person",
    ) -> None:
        """`owners` are (name, caps, candidate indices, line item numbers) of whoever has caps."""
        self._by_line_item: dict[int, tuple[CapOwner, ...]] = {}
        capped: set[int] = set()
        for name, caps, members, line_items in owners:
            limits = tuple((cap.impressions, cap.hours * HOUR_S) for cap in caps if cap.per == per)
            if not limits:
                continue
            owner = CapOwner(name, limits, tuple(members), size)
            capped.update(members)
            for line_item in line_items:
                self._by_line_item[line_item] = (*self._by_line_item.get(line_item, ()), owner)
        self.capped = bits(capped, size)
        """Candidates with any such cap: without an id to count by they cannot be shown."""
        self.line_items = frozenset(self._by_line_item)
        """Numbers of the line items whose impressions count towards any such cap."""
        self._longer_than = _by_window(self._by_line_item.values(), size)

    @property
    def longest_s(self) -> int:
        """The longest window, seconds; 0 without caps."""
        return self._longer_than[-1][0] if self._longer_than else 0

    def reaching_back(self, seconds: float) -> int:
        """Return the candidates that have a cap with a longer window than so many seconds."""
        at = bisect_right(self._longer_than, seconds, key=itemgetter(0))
        return self._longer_than[at][1] if at < len(self._longer_than) else 0

    def reached(self, touches: Iterable[Touch], now_s: float) -> list[tuple[CapOwner, int]]:
        """Return the owners that these contacts bring to a cap, with the count that did."""
        seen: dict[str, tuple[CapOwner, list[int]]] = {}
        for touch in touches:
            if touch.kind == "impression" and touch.line_item in self._by_line_item:
                for owner in self._by_line_item[touch.line_item]:
                    if owner.name in seen:
                        seen[owner.name][1].append(touch.at_s)
                    else:
                        seen[owner.name] = (owner, [touch.at_s])
        reached = []
        for owner, times in seen.values():
            for limit, window_s in owner.limits:
                since = now_s - window_s
                count = sum(at_s > since for at_s in times)
                if count >= limit:
                    reached.append((owner, count))
                    break
        return reached


def _by_window(of_line_items: Iterable[tuple[CapOwner, ...]], size: int) -> list[tuple[int, int]]:
    """Return each window that occurs, ascending, with the candidates that have one as long or longer."""
    owners = {owner.name: owner for each in of_line_items for owner in each}.values()
    at_most: dict[int, set[int]] = {}
    for owner in owners:
        longest_s = max(window_s for _, window_s in owner.limits)
        at_most.setdefault(longest_s, set()).update(owner.indices)
    found: list[tuple[int, int]] = []
    alive = 0
    for window_s in sorted(at_most, reverse=True):
        alive |= bits(at_most[window_s], size)
        found.append((window_s, alive))
    return found[::-1]
