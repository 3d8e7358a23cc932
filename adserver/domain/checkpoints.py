"""All that a ledger knows as one entry, and back."""

from adserver.domain.arms import ArmCounts
from adserver.domain.books import Books
from adserver.domain.delays import Delays
from adserver.domain.entries import Checkpoint
from adserver.domain.marks import Marks
from adserver.domain.seals import Seals
from adserver.domain.totals import Totals


def checkpoint(totals: Totals) -> Checkpoint:
    """Return the whole state as one entry."""
    return Checkpoint(
        accounts=totals.accounts,
        pots=totals.pots,
        held=[(a, b, n) for a, pots in totals.held.items() for b, n in pots.items()],
        leases=totals.leases,
        last_lease=totals.last_lease,
        last_pot=totals.last_pot,
        seen=totals.seen,
        charged=totals.charged,
        orders=sorted(totals.orders),
        counts=[(number, kind, n) for (number, kind), n in totals.counts.items()],
        entries=totals.entries,
        quarantined=totals.quarantined,
        invalid=list(totals.marks.invalid.items()),
        restored=list(totals.marks.restored.items()),
        marks=totals.marks.of_notice,
        forgotten_s=totals.forgotten_s,
        installs=sorted(totals.installs),
        arms=totals.arms.tallies(),
        seals=totals.seals.billed,
        adjusted=sorted(totals.adjusted),
        shifted=totals.shifted,
        books=totals.books.state(),
        hosts=totals.hosts,
        delays=totals.delays.counts,
        beside=sorted(totals.beside),
        released=totals.released,
        exposed=totals.exposed,
    )


def restore(totals: Totals, point: Checkpoint) -> None:
    """Put totals into the state of a checkpoint, whatever they were before."""
    totals.accounts, totals.pots = dict(point.accounts), dict(point.pots)
    totals.pots_of = {}
    for number in sorted(totals.pots):
        totals.pots_of.setdefault(totals.pots[number].key, []).append(number)
    totals.held = {}
    for lease, pot, amount in point.held:
        totals.held.setdefault(lease, {})[pot] = amount
    totals.leases = dict(point.leases)
    totals.last_lease, totals.last_pot = point.last_lease, point.last_pot
    totals.seen, totals.charged = dict(point.seen), dict(point.charged)
    totals.seals = Seals(point.seals)
    totals.orders, totals.installs = set(point.orders), set(point.installs)
    totals.counts = {(number, kind): n for number, kind, n in point.counts}
    totals.entries, totals.quarantined = dict(point.entries), point.quarantined
    totals.adjusted, totals.shifted = set(point.adjusted), dict(point.shifted)
    totals.books = Books.restored(point.books, totals.accounts)
    totals.hosts, totals.delays = dict(point.hosts), Delays(point.delays)
    totals.beside, totals.released = set(point.beside), dict(point.released)
    totals.exposed = {lease: dict(amounts) for lease, amounts in point.exposed.items()}
    totals.forgotten_s = point.forgotten_s
    totals.arms = ArmCounts(point.arms)
    totals.marks = Marks(dict(point.invalid), dict(point.restored), dict(point.marks))
