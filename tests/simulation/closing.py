"""The end of a day: all books side by side."""

from collections import Counter
from collections.abc import Sequence

from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry
from adserver.domain.ledger import Ledger
from tests.simulation.books import Books
from tests.simulation.judge import Judge
from tests.simulation.log import fresh


def differences(books: Books, live: Ledger, durable: Sequence[AnyEntry], now_s: float) -> list[str]:
    """Compare the live ledger with replays and with the books."""
    wrong = []
    now_s = max(now_s, live.forgotten_s)  # who began while the clock was ahead has forgotten more
    again = Ledger(durable)
    again.prune(now_s)
    live.prune(now_s)
    packed = Ledger(fresh([checkpoint(again)]))
    for name, one in (("live", live), ("replayed", again), ("packed", packed)):
        for account, totals in one.accounts.items():
            found = (totals.settled, totals.outstanding, totals.late)
            ours = (
                books.settled[account], books.outstanding[account], books.late[account],
            )  # fmt: skip
            if found != ours:
                wrong.append(f"{name}: {account} is {found}, not {ours}")
        held = {(of, pot): n for of, pots in one.held.items() for pot, n in pots.items()}
        if held != books.held:
            wrong.append(f"{name}: other amounts are held")
        if one.leases.keys() != books.leases.keys():
            wrong.append(f"{name}: other leases are known")
        if one.charged != live.charged or one.seen != live.seen:
            wrong.append(f"{name}: other bids are charged or seen")
    return wrong


def owed(judge: Judge) -> None:
    """What exchanges believe they are owed is in the books, or was never told."""
    owed: Counter[str] = Counter()
    for bid, sale in judge.sales.items():
        entry = judge.books.charged.get(bid)
        booked = None if entry is None else entry.media
        owed["nanos owed"] += sale.claim or 0
        if sale.above:
            if booked is not None or (sale.priced and bid not in judge.books.quarantined):
                judge.complain("I11", f"{bid.hex()}: a price above our bid was charged or lost")
            owed["nanos quarantined"] += sale.claim or 0
        elif booked is None and sale.claim is not None:
            if sale.priced:
                judge.complain("I11", f"{bid.hex()} is owed {sale.claim}, as we were told")
            owed["nanos never told"] += sale.claim
        elif booked is not None and booked != sale.claim:
            judge.complain("I11", f"{bid.hex()} cost {booked}, and is owed {sale.claim}")
    judge.facts.update({name: amount - judge.facts[name] for name, amount in owed.items()})
