"""How much each line item is held back, once a second."""

from adserver.domain.ledger import Ledger
from adserver.domain.pacing_plan import multiplier
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.lines import Payer

NEGLIGIBLE = 0.01
"""Smaller changes are not worth a message."""


class Paces:
    """Multipliers by line item number; 1 is not stored."""

    def __init__(self, ledger: Ledger, grants: Grants) -> None:
        self._ledger = ledger
        self._grants = grants
        self._values: dict[int, float] = {}
        self._told: dict[int, float] = {}

    def value(self, number: int) -> float:
        """Return the share of its chances that a line item takes."""
        return self._values.get(number, 1.0)

    def current(self) -> dict[int, float]:
        """Return all that differ from 1."""
        return dict(self._values)

    def step(self, now_s: float) -> dict[int, float]:
        """Take one step of the controller; return what changed enough to tell."""
        # Whoever neither spends nor is held back would stay at 1, so 10,000 idle ones cost nothing.
        keys = self._grants.spending | self._values.keys()
        self._grants.spending.clear()
        changed = {}
        for key in keys:
            payer = self._grants.lines.payer(key, now_s)
            value = 1.0 if payer is None or payer.pacing == "asap" else self._next(payer, now_s)
            if value == 1.0:
                self._values.pop(key, None)
            else:
                self._values[key] = value
            told = self._told.get(key, 1.0)
            if abs(value - told) >= NEGLIGIBLE or (value == 1.0 and told != 1.0):
                changed[key] = self._told[key] = value
        return changed

    def _next(self, payer: Payer, now_s: float) -> float:
        """Obey the tightest of the budgets."""
        before = self.value(payer.key)
        steps = []
        for bound in payer.bounds:
            spent = bound.amount - self._ledger.headroom(bound.account, bound.amount)
            plan = payer.plan(bound, self._grants.plan_time.of(bound.start_s, now_s))
            steps.append(multiplier(before, plan, spent, bound.amount))
        return min(steps, default=1.0)
