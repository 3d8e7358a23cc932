"""Leases and what is granted to them: the only place where budget becomes spendable."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping

import structlog

from adserver.background.leases import MARGIN_S
from adserver.background.protocol import Hello
from adserver.background.spending import RELEASE_AFTER_S
from adserver.domain.entries import (
    AnyEntry,
    Closed,
    Expired,
    Granted,
    Leased,
    Opened,
    Returned,
    Wanted,
)
from adserver.domain.ledger import OPEN, Ledger
from adserver.domain.money import Nanos
from adserver.processes.owner.lines import Lines, Payer
from adserver.processes.owner.plan_time import PlanTime

USUAL_UNITS = 250
"""A first grant pays for about so many bids."""
PLAN_AHEAD_S = 5.0
"""Grants run so far ahead of the plan: money in use, not spent early."""
TERM_S = 30.0
"""A worker that has not heard of its owner for so long stops bidding."""
BILLED_SHARE = 0.1
"""So much of what is outstanding is expected to be billed, while a line item's own share is unknown."""

_log = structlog.get_logger()

Enter = Callable[[AnyEntry], None]
"""Applies an entry to the ledger and queues it for the journal."""


class Grants:
    """Decides who may spend how much; every decision is an entry."""

    def __init__(
        self,
        ledger: Ledger,
        enter: Enter,
        lines: Lines,
        billing_life_s: int,
        monotonic: Callable[[], float] = time.monotonic,
        host: str = "",
    ) -> None:
        """`host` is ours, if several share the ledger: only its leases are closed when it starts."""
        self._ledger = ledger
        self._enter = enter
        self._billing_life_s = billing_life_s
        self._host = host
        self._monotonic = monotonic
        self._closed_at: dict[int, float] = {}
        """By lease: when we saw that it was closed, by our own steady clock."""
        self.lines = lines
        self.allowance: Callable[[Payer, float], Nanos | None] = self._planned
        """What the plans of a payer leave to be granted at a moment; `None` where nothing is planned."""
        self.plan_time = PlanTime(monotonic)
        self.rest_s: dict[int, float] = {}
        """By key: when less than a bid was handed out last, as all that there was."""

    def lease(self, now_s: float) -> int:
        """Give out a lease number that never was."""
        number = self._ledger.last_lease + 1
        self._enter(Leased(number, int(now_s), self._host))
        return number

    def resume(self, hello: Hello, now_s: float) -> tuple[int, tuple[tuple[bytes, Nanos], ...]]:
        """Take a worker back after a break; return its lease and its bids resolved meanwhile.

        Where the ledger holds more than the worker believes to have, an answer was lost on the way:
        the difference goes back to the budget.
        """
        lease = hello.lease
        if lease not in self._ledger.leases:
            return self.lease(now_s), ()
        self._enter(Leased(lease, int(now_s), self._host))
        believed = dict(hello.believed)
        resolved = []
        for bid in hello.holds:
            if bid in self._ledger.charged:
                total, pots = self._ledger.paid_by_lease(bid)
                for pot in pots:
                    believed[pot] = believed.get(pot, 0) - total
                resolved.append((bid, total))
            elif self._ledger.has_seen(bid, "loss"):
                resolved.append((bid, 0))
        for pot, held in list(self._ledger.held.get(lease, {}).items()):
            difference = held - believed.get(pot, 0)
            if difference > 0:
                self._enter(Returned(lease, pot, min(difference, held)))
            elif difference < 0:
                _log.error("lease_overstated", lease=lease, pot=pot, by_nanos=-difference)
        return lease, tuple(resolved)

    def want(self, pot: int) -> None:
        """Tell other hosts that we have nothing left of a pot, if there are any."""
        if self._host:
            self._enter(Wanted(pot))

    def give_back(self, lease: int, pot: int, amount: Nanos) -> None:
        """Take money back, never more than the lease has."""
        amount = min(amount, self._ledger.holds(lease, pot))
        if amount > 0:
            self._enter(Returned(lease, pot, amount))

    def close(self, lease: int, now_s: float) -> None:
        """The worker is gone, perhaps for good."""
        if self._ledger.leases.get(lease) == OPEN:
            self._enter(Closed(lease, int(now_s)))

    def close_all(self, now_s: float) -> None:
        """At a start nobody is connected yet."""
        for lease, closed_s in list(self._ledger.leases.items()):
            if closed_s == OPEN and self._ledger.hosts.get(lease, "") == self._host:
                self.close(lease, now_s)

    def gone(self) -> dict[int, int]:
        """Return by lease when the workers went who are gone."""
        return {lease: at_s for lease, at_s in self._ledger.leases.items() if at_s != OPEN}

    def clock_set(self, by_s: float, gone: Mapping[int, int]) -> None:
        """Follow a clock that was set by so many seconds: what workers hold who were gone then is held as long, or longer."""
        for lease, closed_s in gone.items():
            if by_s > 0 and self._ledger.leases.get(lease) == closed_s:
                self._enter(Closed(lease, closed_s + round(by_s)))

    def expire(self, now_s: float) -> None:
        """Free what workers long gone still held: none of their bids can be billed in time now."""
        wait_s = TERM_S + self._billing_life_s + 2 * RELEASE_AFTER_S
        steady_s = self._monotonic()
        for lease, closed_s in list(self._ledger.leases.items()):
            if closed_s == OPEN:
                self._closed_at.pop(lease, None)
                continue
            waited_s = now_s - closed_s
            if self._host:  # another machine's clock may have said when it was closed
                waited_s = min(waited_s, steady_s - self._closed_at.setdefault(lease, steady_s))
            if waited_s > wait_s:
                self._closed_at.pop(lease, None)
                self._enter(Expired(lease))

    def grant(
        self, lease: int, key: int, want: Nanos, now_s: float, least: Nanos = 0
    ) -> tuple[int, Nanos, int] | None:
        """Grant about what is wanted: pot, nanos, end of its window; `None` while there is nothing, or less than `least`.

        Never more than any account of the chain has left, and no more than one bid beyond the plan.
        A scarce budget is halved among all workers that bid, so that none holds it all: what each gets shrinks with
        what is left.
        """
        payer = self.lines.payer(key, now_s)
        if payer is None or now_s >= payer.window.end_s - MARGIN_S:
            return None
        left = self.left(payer)
        if left is not None and (left <= 0 or left < least):
            return None
        paced = self.allowance(payer, now_s)
        if paced is None:
            paced = left
        if left is None or paced is None:
            amount = max(want, payer.unit * USUAL_UNITS)
        elif paced <= 0:
            return None
        else:
            bidders = sum(closed_s == OPEN for closed_s in self._ledger.leases.values())
            fair = min(left, paced) // (2 * max(1, bidders))
            wanted = max(want, payer.unit * USUAL_UNITS)
            amount = min(left, max(payer.unit, least, min(wanted, fair)))
        if amount < payer.unit:
            self.rest_s[key] = now_s
        pot = self._open(payer)
        self._enter(Granted(lease, pot, amount))
        return pot, amount, payer.window.end_s

    def left(self, payer: Payer) -> Nanos | None:
        """Return what the budgets leave; `None` without any."""
        lefts = [self._ledger.headroom(bound.account, bound.amount) for bound in payer.bounds]
        return min(lefts, default=None)

    def _planned(self, payer: Payer, now_s: float) -> Nanos | None:
        """Return what the plan leaves while nothing is known of what bids cost."""
        paced = None
        for bound in payer.bounds:
            plan_s = self.plan_time.of(bound.start_s, now_s)
            spent = self._ledger.spent(bound.account) + self._ledger.account(bound.account).late
            planned = payer.plan(bound, plan_s + PLAN_AHEAD_S)
            ahead = int((planned - spent) / BILLED_SHARE) - self._ledger.outstanding(bound.account)
            paced = ahead if paced is None else min(paced, ahead)
        return paced

    def spare(self, key: int, pot: int, amount: Nanos, at_s: float) -> bool:
        """Tell whether the budgets that a pot counts in leave so much beside all that is outstanding."""
        payer = self.lines.payer_at(key, at_s)
        return (
            payer is not None
            and payer.accounts == self._ledger.pots[pot].accounts
            and all(
                self._ledger.headroom(bound.account, bound.amount) >= amount
                for bound in payer.bounds
            )
        )

    def scarce(self, keys: Iterable[int], now_s: float) -> Iterator[tuple[int, int]]:
        """Yield pairs (pot, lease): the keys' budgets leave less than a bid, and this lease has something of them."""
        for key in keys:
            payer = self.lines.payer(key, now_s)
            if payer is None or not payer.pot:
                continue
            left = self.left(payer)
            if left is not None and left < payer.unit:
                for lease, pots in self._ledger.held.items():
                    if pots.get(payer.pot):
                        yield payer.pot, lease

    def _open(self, payer: Payer) -> int:
        if payer.pot == 0:
            known = self._ledger.pot_at(payer.key, payer.window.start_s)
            if known is not None and self._ledger.pots[known].accounts == payer.accounts:
                payer.pot = known
            else:
                payer.pot = self._ledger.last_pot + 1
                window = payer.window
                self._enter(
                    Opened(payer.pot, payer.key, payer.accounts, window.start_s, window.end_s)
                )
        return payer.pot
