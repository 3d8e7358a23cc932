"""All that a ledger knows as one entry, and back."""

from typing import TYPE_CHECKING

from adserver.domain.arms import ArmCounts
from adserver.domain.entries import Checkpoint
from adserver.domain.marks import Marks
from adserver.domain.seals import Seals

if TYPE_CHECKING:  # the ledger restores itself when it meets a checkpoint
    from adserver.domain.ledger import Ledger


def checkpoint(ledger: "Ledger") -> Checkpoint:
    """Return the whole state as one entry."""
    return Checkpoint(
        accounts=ledger.accounts,
        pots=ledger.pots,
        held=[(a, b, n) for a, pots in ledger.held.items() for b, n in pots.items()],
        leases=ledger.leases,
        last_lease=ledger.last_lease,
        last_pot=ledger.last_pot,
        seen=ledger.seen,
        charged=ledger.charged,
        orders=sorted(ledger.orders),
        counts=[(number, kind, n) for (number, kind), n in ledger.counts.items()],
        entries=ledger.entries,
        quarantined=ledger.quarantined,
        invalid=list(ledger.marks.invalid.items()),
        restored=list(ledger.marks.restored.items()),
        marks=ledger.marks.of_notice,
        forgotten_s=ledger.forgotten_s,
        installs=sorted(ledger.installs),
        arms=ledger.arms.tallies(),
        seals=ledger.seals.billed,
        adjusted=sorted(ledger.adjusted),
        shifted=ledger.shifted,
    )


def restore(ledger: "Ledger", point: Checkpoint) -> None:
    """Put a ledger into the state of a checkpoint, whatever it was before."""
    ledger.accounts, ledger.pots = dict(point.accounts), dict(point.pots)
    ledger.pots_of = {}
    for number in sorted(ledger.pots):
        ledger.pots_of.setdefault(ledger.pots[number].key, []).append(number)
    ledger.held = {}
    for lease, pot, amount in point.held:
        ledger.held.setdefault(lease, {})[pot] = amount
    ledger.leases = dict(point.leases)
    ledger.last_lease, ledger.last_pot = point.last_lease, point.last_pot
    ledger.seen, ledger.charged = dict(point.seen), dict(point.charged)
    ledger.seals = Seals(point.seals)
    ledger.orders, ledger.installs = set(point.orders), set(point.installs)
    ledger.counts = {(number, kind): n for number, kind, n in point.counts}
    ledger.entries, ledger.quarantined = dict(point.entries), point.quarantined
    ledger.adjusted, ledger.shifted = set(point.adjusted), dict(point.shifted)
    ledger.forgotten_s = point.forgotten_s
    ledger.arms = ArmCounts(point.arms)
    ledger.marks = Marks(dict(point.invalid), dict(point.restored), dict(point.marks))
