"""Budget moved among the line items of an insertion order, every quarter of an hour, as entries of the ledger."""

import time
from collections.abc import Callable
from typing import NamedTuple

import structlog

from adserver.domain.budget import Chain
from adserver.domain.entries import Shifted
from adserver.domain.ledger import IMPRESSION, LIFETIME, NO_FEES, Ledger
from adserver.domain.money import Nanos
from adserver.domain.performance import Record
from adserver.domain.shifting import PPM, Standing, moves
from adserver.processes.owner.grants import Enter, Grants
from adserver.processes.owner.lines import Bound, Payer

STEP_S = 900.0
DRY_S = 4 * 3_600.0
"""Whoever did not keep up with its plan gets nothing for so long."""
PAID_BY = {"cpm": "", "cpc": "click", "cpa": "order", "roas": ""}
"""By goal: the kind of notice that its performance is counted in. The books count orders, not their worth: what a roas goal
brings cannot be told from them.
"""

_log = structlog.get_logger()


class _Group(NamedTuple):
    """Budgets that may be moved among one another."""

    order: str
    window: str
    """`life`, or a day."""


class Shifts:
    """Steps through all insertion orders that let budget be moved.

    Called within a turn of the ledger. Several owners that share one each step on their own: whoever finds that another
    has moved something since leaves that group to the other.
    """

    def __init__(
        self,
        ledger: Ledger,
        enter: Enter,
        grants: Grants,
        billed_share: Callable[[int], float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`billed_share` tells by line item how much of what bids hold will be billed, in [0, 1]."""
        self._ledger = ledger
        self._enter = enter
        self._grants = grants
        self._billed_share = billed_share
        self._monotonic = monotonic
        self._next = monotonic() + STEP_S
        self._known: dict[_Group, dict[str, Nanos]] = {}
        """What was shifted after our last step."""
        self._dry: dict[str, float] = {}
        """By account: until when it gets nothing, by the monotonic clock."""

    def due(self) -> bool:
        """Tell whether it is time for a step."""
        return self._monotonic() >= self._next

    def step(self, now_s: float) -> int:
        """Move what should be moved, if it is time; return how many entries that took."""
        if not self.due():
            return 0
        now = self._monotonic()
        self._next = now + STEP_S
        self._dry = {account: until for account, until in self._dry.items() if until > now}
        groups = self._groups(now_s)
        before, self._known = self._known, {}
        count = 0
        for group, (percent, standings) in groups.items():
            ours = before.get(group)
            if ours is None or all(ours.get(each.account, 0) == each.shifted for each in standings):
                count += self._move(group, percent, standings, now_s)
            self._known[group] = {
                each.account: self._ledger.shifted.get(each.account, 0) for each in standings
            }
        return count

    def _move(self, group: _Group, percent: int, standings: list[Standing], now_s: float) -> int:
        for each in standings:
            if not each.keeps_up:
                self._dry[each.account] = self._monotonic() + DRY_S
        found = list(moves(standings, percent, self._dry))
        for giver, taker, amount in found:
            self._enter(Shifted(giver, taker, amount, int(now_s)))
        if found:
            total = sum(each.amount for each in found)
            _log.info(
                "budget_shifted", insertion_order=group.order, moves=len(found), by_nanos=total
            )
        return len(found)

    def _groups(self, now_s: float) -> dict[_Group, tuple[int, list[Standing]]]:
        """Return all that may be moved, and what limits that have become narrower no longer allow."""
        lines = self._grants.lines
        groups: dict[_Group, tuple[int, list[Standing]]] = {}
        for key, chain in lines.chains.items():
            own = chain.levels[0].name
            if not chain.shift_percent and not self._ledger.shifted.get(f"{own}{LIFETIME}"):
                continue
            payer = lines.payer(key, now_s)
            if payer is None:
                continue
            for bound in payer.bounds:
                owner, _, window = bound.account.rpartition("/")
                standing = self._standing(key, chain, payer, bound, now_s) if owner == own else None
                if standing is not None:
                    group = _Group(chain.order, window)
                    groups.setdefault(group, (chain.shift_percent, []))[1].append(standing)
        return groups

    def _standing(
        self, key: int, chain: Chain, payer: Payer, bound: Bound, now_s: float
    ) -> Standing | None:
        """Return how a line item stands in one window; nothing before it begins, or after, unless it got something."""
        item, account = chain.line_item, self._ledger.account(bound.account)
        shifted = self._ledger.shifted.get(bound.account, 0)
        live = chain.live and item.flight.start_s <= now_s < item.flight.end_s
        if not live and not shifted:
            return None
        at_s = self._grants.plan_time.of(bound.start_s, now_s)
        elapsed = _elapsed(payer, bound, at_s)
        money = sum(self._ledger.entries.get(key, NO_FEES))
        events = self._ledger.counts.get((key, PAID_BY[item.goal.kind]), 0)
        shown = self._ledger.counts.get((key, IMPRESSION), 0)
        expected = int(account.outstanding * self._billed_share(key))
        spent = account.settled + account.late + expected
        return Standing(
            account=bound.account,
            goal=item.goal.kind,
            own=bound.amount,
            shifted=shifted,
            spent=spent,
            committed=account.settled + account.late + account.outstanding,
            elapsed_ppm=int(elapsed * PPM),
            step_ppm=int((_elapsed(payer, bound, at_s + STEP_S) - elapsed) * PPM),
            at_once=payer.pacing == "asap",
            live=live,
            record=Record(events, money),
            impressions=shown * spent // money if money > 0 else 0,
        )


def _elapsed(payer: Payer, bound: Bound, at_s: float) -> float:
    """Return how much of a window's plan is over by a moment; of its time, where all may be spent at once."""
    if payer.pacing != "asap":
        return bound.plan.share(at_s)
    part = (at_s - bound.start_s) / max(1, bound.end_s - bound.start_s)
    return min(1.0, max(0.0, part))
