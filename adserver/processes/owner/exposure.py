"""What workers let go of while it may still be billed: the bound on what budgets may be exceeded by."""

from collections.abc import Callable, Mapping

from adserver.domain.entries import Released
from adserver.domain.ledger import Ledger
from adserver.domain.money import Nanos

ROOM = 2
"""So many times what is exposed is written down, so that little has to be written when it grows."""
TOO_MUCH = 8
"""What is written down is corrected when it is so many times too much."""


class Exposure:
    """To the nano as the worker of a lease told last; by what the ledger keeps where another owner was told.

    Of a worker that is gone it counts until its lease has expired.
    """

    def __init__(self, ledger: Ledger, enter: Callable[[Released], None]) -> None:
        """`enter` applies an entry to the ledger and queues it."""
        self._ledger = ledger
        self._enter = enter
        self._of_lease: dict[int, Mapping[int, Nanos]] = {}

    def release(self, lease: int, until_s: int, exposed: Mapping[int, Nanos]) -> None:
        """Have a lease pay no bids any more that hold money until then; `exposed` is the worker's, by line item number,
        when it has let go of them.
        """
        if lease not in self._ledger.leases:
            return
        self._of_lease[lease] = exposed
        kept = self._ledger.exposed.get(lease, {})
        changed = {}
        for key in kept.keys() | exposed.keys():
            amount, bound = exposed.get(key, 0), kept.get(key, 0)
            if amount > bound or bound > TOO_MUCH * amount:
                changed[key] = ROOM * amount
        if changed or until_s > self._ledger.released.get(lease, 0):
            self._enter(Released(lease, until_s, dict(sorted(changed.items()))))

    def of(self, key: int) -> Nanos:
        """Return the sum for a line item, nanos at full price."""
        return sum(
            self._of_lease.get(lease, self._ledger.exposed.get(lease, {})).get(key, 0)
            for lease in self._ledger.leases
        )

    def prune(self) -> None:
        """Forget whose leases have expired."""
        known = self._ledger.leases
        self._of_lease = {lease: each for lease, each in self._of_lease.items() if lease in known}
