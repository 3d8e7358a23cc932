"""The totals of ledgers, to compare."""

from collections.abc import Mapping

from adserver.domain.entries import Account
from adserver.domain.money import Nanos


def totals(accounts: Mapping[str, Account]) -> dict[str, tuple[Nanos, Nanos, Nanos]]:
    """Return (settled, outstanding, late) by account, those that are not all nothing."""
    found = {name: (a.settled, a.outstanding, a.late) for name, a in accounts.items()}
    return {name: amounts for name, amounts in found.items() if any(amounts)}
