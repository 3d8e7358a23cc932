"""What was before today, as plans need it: supply by hour of the week, and what is spent of budgets for life."""

from collections.abc import Sequence

from adserver.domain.ledger import LIFETIME, Ledger
from adserver.domain.money import Nanos
from adserver.processes.owner.supply import Supply


class Past:
    """By the ledger and what is learned of supply."""

    def __init__(self, ledger: Ledger, supply: Supply) -> None:
        self._ledger = ledger
        self._supply = supply

    def rates(self, number: int) -> Sequence[float]:
        """Return a line item's supply by hour of the week (UTC)."""
        return self._supply.rates(number)

    def spent_before(self, account: str, day: str) -> Nanos:
        """Return what was spent before a day, nanos, of what an account counts for life."""
        today = self._ledger.account(f"{account.removesuffix(LIFETIME)}/{day}")
        whole = self._ledger.account(account)
        return max(0, whole.settled + whole.late - today.settled - today.late)
