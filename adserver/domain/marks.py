"""What was counted as invalid: by line item, kind, rule and day; and what of it was taken back."""

from collections import Counter
from typing import NamedTuple

from adserver.domain.validity import Correction
from adserver.domain.week import DAY_S

SPEND = "spend"
"""The kind beside those of notices: what bids cost whose impression is invalid, nanos."""
KEEP_S = 40 * DAY_S
"""So long what a rule marked can be corrected in the books."""
FOLDED = -1
"""Stands for the days that are too long ago for that."""


class Counted(NamedTuple):
    """What is counted together."""

    line_item: int
    kind: str
    rule: str
    day_s: int


class Mark(NamedTuple):
    """Why one notice of one bid is invalid."""

    line_item: int
    rule: str
    day_s: int
    restored: bool = False


Counts = dict[Counted, int]


class Marks:
    """All totals of invalid traffic; changed by the ledger only."""

    def __init__(
        self,
        invalid: Counts | None = None,
        restored: Counts | None = None,
        of_notice: dict[bytes, Mark] | None = None,
    ) -> None:
        self.invalid = invalid or {}
        self.restored = restored or {}
        """What was invalid and counts again."""
        self.of_notice = of_notice or {}
        """By bid and kind, as long as a repetition may come."""

    def stands(self, notice: bytes) -> str:
        """Return the rule by which a notice is invalid now, or nothing."""
        mark = self.of_notice.get(notice)
        return "" if mark is None or mark.restored else mark.rule

    def count(self, mark: Mark, kind: str, amount: int) -> None:
        """Add to what is counted with a mark."""
        where = self.restored if mark.restored else self.invalid
        key = Counted(mark.line_item, kind, mark.rule, mark.day_s)
        _add(where, key, amount)

    def correct(self, correction: Correction) -> None:
        """Move what the correction names from one side to the other."""
        came, goes = self.invalid, self.restored
        if not correction.valid:
            came, goes = goes, came
        for key in [key for key in came if correction.names(key.rule, key.day_s)]:
            _add(goes, key, came.pop(key))
        for notice, mark in self.of_notice.items():
            if correction.names(mark.rule, mark.day_s):
                self.of_notice[notice] = mark._replace(restored=correction.valid)

    def prune(self, now_s: float, seen: dict[bytes, int]) -> None:
        """Forget notices that are not remembered any more, and the days of what is long ago."""
        self.of_notice = {
            notice: mark if mark.day_s == _kept(mark.day_s, now_s) else mark._replace(day_s=FOLDED)
            for notice, mark in self.of_notice.items()
            if notice in seen
        }
        for counts in (self.invalid, self.restored):
            for key in [key for key in counts if key.day_s != _kept(key.day_s, now_s)]:
                _add(counts, key._replace(day_s=FOLDED), counts.pop(key))


def by_line_item(counts: Counts) -> Counter[tuple[int, str]]:
    """Return totals by line item number and kind."""
    found: Counter[tuple[int, str]] = Counter()
    for key, amount in counts.items():
        found[key.line_item, key.kind] += amount
    return found


def by_day(counts: Counts) -> Counter[tuple[str, int, str]]:
    """Return totals by rule, day and kind."""
    found: Counter[tuple[str, int, str]] = Counter()
    for key, amount in counts.items():
        found[key.rule, key.day_s, key.kind] += amount
    return found


def _add(counts: Counts, key: Counted, amount: int) -> None:
    left = counts.get(key, 0) + amount
    if left:
        counts[key] = left
    else:
        counts.pop(key, None)


def _kept(day_s: int, now_s: float) -> int:
    return day_s if day_s >= now_s - KEEP_S else FOLDED
