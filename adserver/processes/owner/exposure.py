"""What could still be billed of bids that hold no money any more: the bound on what budgets may be exceeded by."""

from collections.abc import Mapping

from adserver.domain.ledger import Ledger
from adserver.domain.money import Nanos


class Exposure:
    """As workers told last; of one that is gone it counts until its lease has expired."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._of_lease: dict[int, Mapping[int, Nanos]] = {}

    def told(self, lease: int, amounts: Mapping[int, Nanos]) -> None:
        """Take in what the worker of a lease says, by line item number; all of it."""
        if lease:
            self._of_lease[lease] = amounts

    def of(self, key: int) -> Nanos:
        """Return the sum for a line item, nanos at full price."""
        return sum(
            amounts.get(key, 0)
            for lease, amounts in self._of_lease.items()
            if lease in self._ledger.leases
        )

    def prune(self) -> None:
        """Forget whose leases have expired."""
        known = self._ledger.leases
        self._of_lease = {lease: each for lease, each in self._of_lease.items() if lease in known}
