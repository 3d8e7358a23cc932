"""What a ledger knows: plain totals, without the rules by which entries change them."""

from adserver.domain.arms import ArmCounts
from adserver.domain.books import Books
from adserver.domain.delays import Delays
from adserver.domain.entries import Account, Pot
from adserver.domain.marks import Marks
from adserver.domain.money import Nanos
from adserver.domain.seals import Seals


class Totals:
    """Everything that a checkpoint keeps."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.accounts: dict[str, Account] = {}
        self.pots: dict[int, Pot] = {}
        self.pots_of: dict[int, list[int]] = {}
        """By key, the newest last."""
        self.held: dict[int, dict[int, Nanos]] = {}
        """By lease and pot: what is outstanding."""
        self.leases: dict[int, int] = {}
        """By lease: when its worker went, seconds since the epoch; `OPEN` while it lives."""
        self.hosts: dict[int, str] = {}
        """By lease: the server whose worker it is, where there are several."""
        self.last_lease = 0
        self.last_pot = 0
        self.charged: dict[bytes, tuple[Nanos, tuple[int, ...], int]] = {}
        """By bid: what it cost, the pots that paid (none: late), and until when to remember."""
        self.beside: set[bytes] = set()
        """Charged bids that were paid beside all leases: from what budgets had left."""
        self.released: dict[int, int] = {}
        """By lease: bids that held money until then, or shorter, are not paid by it."""
        self.exposed: dict[int, dict[int, Nanos]] = {}
        """By lease and key: at most so much of its bids that hold nothing any more may still be billed."""
        self.seals = Seals()
        self.counts: dict[tuple[int, str], int] = {}
        """By line item number and kind of notice (or `order`, `install`); what was invalid from the beginning is in `marks`."""
        self.marks = Marks()
        self.delays = Delays()
        """How long exchanges take to bill."""
        self.arms = ArmCounts()
        """What rotations learn from."""
        self.entries: dict[int, tuple[Nanos, Nanos, Nanos, Nanos]] = {}
        """By line item number: media, data, tech, margin."""
        self.books = Books()
        """The same money by exchange and day; and what was quarantined."""
        self.quarantined = 0
        self.forgotten_s = 0.0
        """Notices whose tokens ended before this moment are not remembered any more."""
        self.seen: dict[bytes, int] = {}
        """By notice: until when to remember that it was counted."""
        self.orders: set[tuple[str, bytes]] = set()
        self.adjusted: set[bytes] = set()
        """Corrections of money that were booked."""
        self.shifted: dict[str, Nanos] = {}
        """By account: by how much its limit was raised or lowered for another of the same insertion order."""
        self.installs: set[bytes] = set()  # Apple's transactions: counted for good

    def paid_by_lease(self, bid: bytes) -> tuple[Nanos, tuple[int, ...]]:
        """Return what a charged bid took from its lease, and from which pots; nothing, if something else paid."""
        total, pots, _ = self.charged[bid]
        return (0, ()) if not pots or bid in self.beside else (total, pots)
