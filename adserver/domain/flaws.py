"""Spend on invalid traffic by the day that paid for it, so that invoices can leave it out."""

from adserver.domain.book_rows import Flaw, FlawKey
from adserver.domain.marks import FOLDED, KEEP_S, Mark
from adserver.domain.money import Nanos
from adserver.domain.validity import Correction

Flaws = dict[FlawKey, Flaw]
MONTH_CHARS = len("2026-11")


class InvalidSpend:
    """What rules called invalid, and what of it was restored; `Marks` counts the same by line item alone."""

    def __init__(self, invalid: Flaws | None = None, restored: Flaws | None = None) -> None:
        self.invalid = invalid or {}
        self.restored = restored or {}

    def count(self, mark: Mark, day: str, bids: int, spend: Nanos) -> None:
        """Add bids that cost this (both negative: take them away again)."""
        where = self.restored if mark.restored else self.invalid
        _add(where, FlawKey(mark.line_item, day, mark.rule, mark.day_s), Flaw(bids, spend))

    def correct(self, correction: Correction) -> None:
        """Move what the correction names from one side to the other."""
        came, goes = self.invalid, self.restored
        if not correction.valid:
            came, goes = goes, came
        for key in [key for key in came if correction.names(key.rule, key.marked_s)]:
            _add(goes, key, came.pop(key))

    def prune(self, now_s: float, months_before: str) -> None:
        """Add up marks that no correction reaches any more, and days before this one (`2026-08-14`) by month."""
        for flaws in (self.invalid, self.restored):
            for key in list(flaws):
                kept = FlawKey(
                    key.line_item,
                    key.day[:MONTH_CHARS] if key.day < months_before else key.day,
                    key.rule,
                    key.marked_s if key.marked_s >= now_s - KEEP_S else FOLDED,
                )
                if kept != key:
                    _add(flaws, kept, flaws.pop(key))


def _add(flaws: Flaws, key: FlawKey, flaw: Flaw) -> None:
    before = flaws.get(key, Flaw())
    after = Flaw(before.bids + flaw.bids, before.spend + flaw.spend)
    if any(after):
        flaws[key] = after
    else:
        flaws.pop(key, None)
