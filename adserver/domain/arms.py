"""What line items rotate, counted: impressions and clicks per arm, the older the less they count."""

from collections.abc import Iterable

import msgspec

from adserver.domain.bandit import Arm

HALF_LIFE_S = 7 * 86_400
"""After so long a contact counts half: what people click on changes."""
LEAST = 0.05
"""An arm of which less is left is forgotten: 30 days after a single impression."""
ArmKey = tuple[int, int]
"""The number of a line item, and that of a creative or product of it."""


class Tally(msgspec.Struct, array_like=True):
    """Counts of one arm as of a moment."""

    impressions: float = 0.0
    clicks: float = 0.0
    at_s: int = 0

    def fade(self, now_s: int) -> None:
        """Bring the counts to this moment; a clock that was set back changes nothing."""
        if now_s > self.at_s:
            left = 0.5 ** ((now_s - self.at_s) / HALF_LIFE_S)
            self.impressions *= left
            self.clicks *= left
            self.at_s = now_s


class ArmCounts:
    """All tallies; changed by `count` and `prune` only, so that a replay gives the same."""

    def __init__(self, tallies: Iterable[tuple[int, int, Tally]] = ()) -> None:
        self._tallies: dict[ArmKey, Tally] = {
            (line_item, arm): tally for line_item, arm, tally in tallies
        }
        self._arms: dict[int, set[int]] = {}
        for line_item, arm in self._tallies:
            self._arms.setdefault(line_item, set()).add(arm)
        self.changed: set[int] = set()
        """Line items with news since somebody last cleared this."""

    def count(self, line_item: int, arms: Iterable[int], kind: str, at_s: int) -> None:
        """Count an impression or a click; other kinds are none of ours."""
        if kind not in {"impression", "click"}:
            return
        for arm in arms:
            tally = self._tallies.get((line_item, arm))
            if tally is None:
                tally = self._tallies[line_item, arm] = Tally(at_s=at_s)
                self._arms.setdefault(line_item, set()).add(arm)
            tally.fade(at_s)
            if kind == "impression":
                tally.impressions += 1.0
            else:
                tally.clicks += 1.0
        self.changed.add(line_item)

    def prune(self, now_s: float) -> None:
        """Forget arms of which next to nothing is left."""
        for (line_item, arm), tally in list(self._tallies.items()):
            age_s = max(0.0, now_s - tally.at_s)
            if max(tally.impressions, tally.clicks) * 0.5 ** (age_s / HALF_LIFE_S) < LEAST:
                del self._tallies[line_item, arm]
                self._arms[line_item].discard(arm)
                if not self._arms[line_item]:
                    del self._arms[line_item]

    def line_items(self) -> list[int]:
        """Return the numbers of those that anything was counted for."""
        return list(self._arms)

    def of(self, line_item: int, now_s: float) -> dict[int, Arm]:
        """Return what counts at this moment, by arm."""
        found = {}
        for arm in self._arms.get(line_item, ()):
            tally = self._tallies[line_item, arm]
            left = 0.5 ** (max(0.0, now_s - tally.at_s) / HALF_LIFE_S)
            found[arm] = Arm(tally.impressions * left, tally.clicks * left)
        return found

    def tallies(self) -> list[tuple[int, int, Tally]]:
        """Return everything, for a checkpoint."""
        return [(line_item, arm, tally) for (line_item, arm), tally in self._tallies.items()]
