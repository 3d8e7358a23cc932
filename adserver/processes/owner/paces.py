"""How much each line item is held back, by what its workers report, and how much may be granted ahead of its plan."""

from collections.abc import Iterator
from itertools import islice
from math import log
from statistics import fmean
from typing import NamedTuple

from adserver.background.money_messages import Flow
from adserver.domain.entries import AnyEntry, Settled
from adserver.domain.ledger import OPEN, Ledger
from adserver.domain.money import Nanos
from adserver.domain.pacing_aim import Aim
from adserver.domain.pacing_meter import Meter
from adserver.domain.pacing_response import SLOPE
from adserver.domain.unbilled import NEVER, PRIOR_SHARE
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.lines import Bound, Payer
from adserver.processes.owner.supply import Learned, Supply

NEGLIGIBLE = 0.002
"""Smaller changes of a multiplier, as a share of it, are not worth a message."""
CONTROL_S = 4.5
"""Workers report every five seconds; a line item's multiplier changes about as often."""
MOST = 1_000
"""So many are controlled in a second, a tenth of it at most; where there are more, each waits longer."""
SILENT_S = 15.0
"""What a worker reported last counts so long, if it says no more."""
AHEAD_S = 10.0
"""What is granted may run so far ahead of the plan: the time until the next report, and some."""
AHEAD_BILLS = 3.0
"""... or by so many bills, if they are rarer."""
OTHERS = 32
"""What is usual is that of so many line items."""


class _Traffic(NamedTuple):
    """What one worker reported."""

    rate: float
    """Requests a second."""
    at_s: float
    """When."""
    requests: float
    """Of all workers before that."""
    samples: float


class Paces:
    """Multipliers by line item number; what is 1 is not told."""

    def __init__(
        self,
        ledger: Ledger,
        grants: Grants,
        supply: Supply | None = None,
        ahead_s: float = AHEAD_S,
    ) -> None:
        """What is granted may run `ahead_s` ahead of the plan."""
        self._ahead_s = ahead_s
        self._ledger = ledger
        self._grants = grants
        self.supply = supply or Supply()
        self._meters: dict[int, Meter] = {}
        self._flowed: dict[int, None] = {}
        """Line items that were reported on since they were last controlled, the longest waiting first."""
        self._aims: dict[int, tuple[Payer, tuple[Aim, ...]]] = {}
        """By line item: of today's budgets, in their order."""
        self._told: dict[int, float] = {}
        self._traffic: dict[int, _Traffic] = {}
        """By lease, as reported last."""
        self._held: dict[tuple[int, int], Nanos] = {}
        """By lease and line item: what is in bids, as reported last."""
        self._sums: dict[str, tuple[int, float, float]] = {}
        """By account: of all its line items how many they are, what their bids will still cost, and spend a second."""
        self._counted: dict[int, tuple[tuple[str, ...], float, float]] = {}
        """By line item: in which accounts, how much pending and a second."""
        self._requests = self._samples = 0.0
        self._heard_s = 0.0
        self._usual_share = PRIOR_SHARE
        """Of claimed money that is billed, as of the last second: a newcomer is taken to be like others."""

    def value(self, number: int) -> float:
        """Return the multiplier on a line item's value."""
        meter = self._meters.get(number)
        return 1.0 if meter is None else meter.pace

    def current(self) -> dict[int, float]:
        """Return all that differ from 1."""
        return {number: each.pace for number, each in self._meters.items() if each.pace != 1.0}

    def share(self, number: int) -> float:
        """Return the share of a line item's claimed money that is expected to be billed."""
        meter = self._meters.get(number)
        return self._usual_share if meter is None else meter.unbilled.share(meter.pace)

    def expected(self, number: int) -> float:
        """Return what a line item's bids under way will still cost, nanos."""
        meter = self._meters.get(number)
        return 0.0 if meter is None else meter.pending

    # --- what is reported ---

    def flowed(self, lease: int, flow: Flow, now_s: float) -> None:
        """Take in what a worker counted in the last seconds."""
        if not flow.is_more:
            before = self._requests, self._samples
            self._traffic[lease] = _Traffic(flow.requests / flow.elapsed_s, now_s, *before)
            self._requests += flow.requests
            self._samples += flow.samples
            self.supply.observed(flow.elapsed_s / len(self._traffic))
        traffic = self._traffic.get(lease)
        if traffic is None:  # more of what another owner was told
            return
        begins_s = now_s - flow.elapsed_s
        for line in flow.lines:
            number = line.number
            self.supply.count(number, line.chances)
            if not (line.bids or number in self._meters or number in self.supply.learned):
                continue  # most line items of a large catalog: they cost next to nothing
            payer = self._grants.lines.payer(number, now_s)
            if payer is None:
                continue
            held = self._ledger.holds(lease, payer.pot) - line.free
            self._held[lease, number] = max(0, held)
            meter = self._meter(payer, traffic.requests, traffic.samples)
            if line.bids or meter.is_busy:
                meter.flowed(begins_s, now_s, line)
                self._flowed[number] = None
            else:
                meter.skip(self._requests, self._samples)

    def entered(self, entry: AnyEntry, now_s: float) -> None:
        """Learn from a bill what claims cost, and how long bills take."""
        if isinstance(entry, Settled):
            self._heard_s = now_s
            meter = self._meters.get(entry.line_item)
            if meter is not None:
                delay_s = max(0, entry.at_s - (entry.bid_s or entry.at_s))
                meter.unbilled.billed(now_s, delay_s, entry.total)

    def learned(self) -> Iterator[tuple[int, float, float, float]]:
        """Yield what is worth keeping: number, multiplier, slope, billed share."""
        for number, meter in self._meters.items():
            yield number, meter.pace, meter.response.slope, meter.unbilled.share(meter.pace)

    # --- every second ---

    def step(self, now_s: float) -> dict[int, float]:
        """Control whoever was reported on; return what changed enough to tell."""
        silent = [
            lease
            for lease, traffic in self._traffic.items()
            if abs(now_s - traffic.at_s) > SILENT_S
        ]
        for lease in silent:
            del self._traffic[lease]
            self._held = {key: held for key, held in self._held.items() if key[0] != lease}
        traffic = sum(each.rate for each in self._traffic.values())
        some = [each.unbilled.share(each.pace) for each in islice(self._meters.values(), OTHERS)]
        self._usual_share = fmean(some) if some else PRIOR_SHARE
        changed = {}
        left = MOST
        for number in list(self._flowed):
            meter = self._meters[number]
            if 0 <= now_s - meter.controlled_s < CONTROL_S:
                continue
            if not left:
                break
            del self._flowed[number]
            left -= 1
            payer = self._grants.lines.payer(number, now_s)
            if payer is None:
                self._forget(number)
                continue
            self._control(payer, meter, traffic, now_s)
            told = self._told.get(number, 1.0)
            if abs(log(meter.pace / told)) >= NEGLIGIBLE or meter.pace == 1.0 != told:
                changed[number] = self._told[number] = meter.pace
        return changed

    def _control(self, payer: Payer, meter: Meter, traffic: float, now_s: float) -> None:
        """Obey the tightest of the budgets."""
        meter.learn(self._requests, self._samples)
        meter.look(self._heard_s, traffic)
        self._count(payer, meter)
        if payer.pacing == "asap" or not payer.bounds:
            meter.response.move(1.0)
            return
        wanted, too_fast, is_over = [], False, False
        for bound, aim in zip(payer.bounds, self._aims_of(payer), strict=True):
            plan_s = self._grants.plan_time.of(bound.start_s, now_s)
            limit, spent = self._limit(bound), self._spent(bound)
            bill = meter.unbilled.bill or meter.price
            rate = aim.rate(limit, bound.spent_before, spent, bill, plan_s)
            too_fast |= spent > aim.reference(limit, bound.spent_before, plan_s)
            is_over |= aim.is_over(plan_s)
            _, _, together = self._sums[bound.account]
            wanted.append(rate * meter.rate / together if together > 0 else rate)
        meter.aim(min(wanted), traffic, now_s, too_fast=too_fast, is_over=is_over)

    # --- for grants ---

    def allowance(self, payer: Payer, now_s: float) -> Nanos | None:
        """Return what the plans leave to be granted now, nanos at full price; `None` where nothing is planned.

        That is what may be spent until a little after the next report, less what was and what bids will cost;
        divided by the share of bids' money that is ever billed, less what workers have free already.
        """
        if payer.pacing == "asap" or not payer.bounds:
            return None
        meter = self._meter(payer, self._requests, self._samples)
        share = max(NEVER, meter.unbilled.share(meter.pace))
        bill = meter.unbilled.bill or meter.price * share
        free = self._free(payer)
        allowed = []
        for bound, aim in zip(payer.bounds, self._aims_of(payer), strict=True):
            plan_s = self._grants.plan_time.of(bound.start_s, now_s)
            limit = self._limit(bound)
            until = aim.reference(limit, bound.spent_before, plan_s + self._ahead_s)
            now = aim.reference(limit, bound.spent_before, plan_s)
            ahead = now + max(until - now, AHEAD_BILLS * bill)
            allowed.append((ahead - self._spent(bound)) / share)
        return int(min(allowed)) - free

    def _free(self, payer: Payer) -> Nanos:
        """Return what workers have for bids they have not made, by what is outstanding and what they say is in bids."""
        leases = self._ledger.leases
        return sum(
            max(0, pots[payer.pot] - self._held.get((lease, payer.key), 0))
            for lease, pots in self._ledger.held.items()
            if payer.pot in pots and leases.get(lease) == OPEN
        )

    # --- inside ---

    def _meter(self, payer: Payer, requests: float, samples: float) -> Meter:
        """Return a line item's; a new one begins after so many requests and samples of all workers."""
        meter = self._meters.get(payer.key)
        if meter is None:
            known = self.supply.learned.get(payer.key) or Learned(b"", 1.0, 0.0, 0.0)
            meter = Meter(payer.key, payer.unit, known.share or self._usual_share)
            meter.response.move(known.pace)
            meter.response.slope = known.slope or SLOPE
            meter.skip(requests, samples)
            self._meters[payer.key] = meter
        return meter

    def _aims_of(self, payer: Payer) -> tuple[Aim, ...]:
        found = self._aims.get(payer.key)
        if found is None or found[0] is not payer:
            found = payer, tuple(Aim(bound.plan) for bound in payer.bounds)
            self._aims[payer.key] = found
        return found[1]

    def _limit(self, bound: Bound) -> Nanos:
        return bound.amount + self._ledger.shifted.get(bound.account, 0)

    def _spent(self, bound: Bound) -> float:
        """Return what is spent of a budget, and what bids under way will cost."""
        account = self._ledger.account(bound.account)
        _, pending, _ = self._sums.get(bound.account, (0, 0.0, 0.0))
        return account.settled + account.late + pending

    def _count(self, payer: Payer, meter: Meter) -> None:
        """Keep the sums over line items that share a budget."""
        self._uncount(payer.key)
        accounts = tuple(bound.account for bound in payer.bounds)
        for account in accounts:
            number, pending, rate = self._sums.get(account, (0, 0.0, 0.0))
            self._sums[account] = (number + 1, pending + meter.pending, rate + meter.rate)
        self._counted[payer.key] = (accounts, meter.pending, meter.rate)

    def _uncount(self, key: int) -> None:
        accounts, pending, rate = self._counted.pop(key, ((), 0.0, 0.0))
        for account in accounts:
            number, all_pending, all_rate = self._sums.pop(account)
            if number > 1:  # or nothing is left of it but what was rounded
                self._sums[account] = (number - 1, all_pending - pending, all_rate - rate)

    def _forget(self, number: int) -> None:
        self._uncount(number)
        del self._meters[number]
        self._told.pop(number, None)
        self._aims.pop(number, None)
