"""What the journal is made of: each entry complete in itself, so that replaying needs no catalog and no clock."""

import msgspec

from adserver.domain.arms import Tally
from adserver.domain.book_rows import BookState
from adserver.domain.marks import Counted, Mark
from adserver.domain.money import Nanos
from adserver.domain.validity import Correction


class Entry(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """One fact about money, orders or notices, in the order in which they became true."""


class Leased(Entry, frozen=True, tag=0):
    """A worker was given a lease number; no number is given twice."""

    lease: int
    at_s: int
    host: str = ""
    """The server whose worker it is; nothing where there is only one."""


class Opened(Entry, frozen=True, tag=1):
    """A pot came to be: its key (a line item's or ceiling's number), its accounts, its window."""

    pot: int
    key: int
    accounts: tuple[str, ...]
    start_s: int
    end_s: int


class Granted(Entry, frozen=True, tag=2):
    """A lease may spend this much more from a pot."""

    lease: int
    pot: int
    amount: Nanos


class Returned(Entry, frozen=True, tag=3):
    """A lease gave back what it had not promised to any bid."""

    lease: int
    pot: int
    amount: Nanos


class Closed(Entry, frozen=True, tag=4):
    """The worker is gone; its bids may still be billed."""

    lease: int
    at_s: int


class Expired(Entry, frozen=True, tag=5):
    """No bid of this lease can be billed any more: what is outstanding goes back."""

    lease: int


class Settled(Entry, frozen=True, tag=6):
    """A bid was billed and paid from its lease."""

    bid: bytes
    kind: str
    line_item: int
    exchange: str
    lease: int
    pots: tuple[int, ...]
    reserved: Nanos
    media: Nanos
    data: Nanos
    tech: Nanos
    margin: Nanos
    at_s: int
    until_s: int
    """How long a repetition must be recognised."""
    seal: bytes = b""
    """Of the encrypted price that it was billed with; nothing if that came in the open."""
    bid_s: int = 0
    """When the bid was made."""
    wire_price: int = 0
    """What the exchange billed, micros per mille in the bid's currency."""
    currency: str = ""
    """The bid's; nothing for the house currency."""
    rate_micros: int = 0
    """How many millionths of that currency one unit of the house currency was worth when we bid."""
    impressions_ppm: int = 1_000_000
    """By how many impressions it settled, in millionths: `wire_price` is for each."""

    @property
    def total(self) -> Nanos:
        """What the advertiser pays, fees included."""
        return self.media + self.data + self.tech + self.margin


class LateLiability(Settled, frozen=True, tag=7):
    """A bid was billed after its money had been released: owed all the same, counted apart."""


class Quarantined(Entry, frozen=True, tag=8):
    """A cleared price above what we bid: recorded, not charged."""

    bid: bytes
    kind: str
    line_item: int
    exchange: str
    wire_bid: int
    wire_price: int
    at_s: int
    currency: str = ""
    """As in `Settled`, like the rate."""
    rate_micros: int = 0
    until_s: int = 0
    """How long a repetition must be recognised."""


class Seen(Entry, frozen=True, tag=9):
    """A notice was counted."""

    bid: bytes
    kind: str
    line_item: int
    until_s: int
    rule: str = ""
    """The rule by which it is invalid; it is counted apart then. What comes later and is valid counts after all."""
    at_s: int = 0
    arms: tuple[int, ...] = ()
    """What was shown of a line item whose rotation learns: numbers of its creative and of products."""
    lease: int = 0
    """Whose worker holds the money of a bid that was lost; 0 for other notices."""


class Ordered(Entry, frozen=True, tag=10):
    """An order was counted, and to whom it is credited."""

    advertiser: str
    order: bytes
    """A hash: order ids are the advertiser's business."""
    at_s: int
    value: Nanos
    line_item: int
    """0: nobody's."""
    credit: str
    rule: str = ""
    """The rule by which the click that it is credited to is invalid."""


class Corrected(Entry, frozen=True, tag=12):
    """Somebody took back what a rule said, or took that back."""

    correction: Correction


class Installed(Entry, frozen=True, tag=13):
    """Apple's word on an install was counted."""

    transaction: bytes
    line_item: int
    """Whose installs it counts among; 0: nobody's, or it tells what came of one counted before."""
    at_s: int


class Adjusted(Entry, frozen=True, tag=14):
    """A correction of money, by its own entry: what was booked stays as it was booked. Amounts may be negative."""

    number: bytes
    """Whatever names the correction: the same one is never booked twice."""
    line_item: int
    exchange: str
    pots: tuple[int, ...]
    """Whose accounts it changes."""
    media: Nanos
    data: Nanos
    tech: Nanos
    margin: Nanos
    at_s: int
    why: str
    """For people to read: which report said so."""
    about_s: int = 0
    """A moment of the day (UTC) that it is about; 0: of when it was made."""
    impressions_ppm: int = 0
    """How many impressions more, in millionths."""
    wire: Nanos = 0
    """By how much what the exchange billed changes, nanos of its currency."""
    currency: str = ""
    """Nothing for the house currency."""

    @property
    def total(self) -> Nanos:
        """By how much the advertiser pays more."""
        return self.media + self.data + self.tech + self.margin


class Shifted(Entry, frozen=True, tag=15):
    """Budget of an insertion order that one line item may spend in place of another, for one window."""

    giver: str
    """An account: `line_item/tent/2026-11-22`."""
    taker: str
    amount: Nanos
    at_s: int


class Alive(Entry, frozen=True, tag=16):
    """A host that shares the ledger says that it is there; what else it writes says so, too."""

    at_s: int


class Wanted(Entry, frozen=True, tag=17):
    """A host has nothing left of a pot: those whose workers have much of it give half back."""

    pot: int


class Released(Entry, frozen=True, tag=18):
    """A worker lets go of what its bids held until a moment: from now on its lease does not pay them."""

    lease: int
    until_s: int
    """All bids that by their own tickets held money until then, or shorter; whatever clocks say."""
    exposed: dict[int, Nanos] = {}
    """By key, where it changed: not less than the full price of its bids that hold nothing any more and may still be
    billed; 0: there are none.
    """


class Account(msgspec.Struct, array_like=True):
    """Totals of one account, nanos."""

    settled: Nanos = 0
    outstanding: Nanos = 0
    late: Nanos = 0


class Pot(msgspec.Struct, array_like=True):
    """An opened pot."""

    key: int
    accounts: tuple[str, ...]
    start_s: int
    end_s: int


class Checkpoint(Entry, frozen=True, tag=11):
    """Everything so far in one entry, so that a start need not replay the years before."""

    accounts: dict[str, Account]
    pots: dict[int, Pot]
    held: list[tuple[int, int, Nanos]]
    leases: dict[int, int]
    last_lease: int
    last_pot: int
    seen: dict[bytes, int]
    charged: dict[bytes, tuple[Nanos, tuple[int, ...], int]]
    orders: list[tuple[str, bytes]]
    counts: list[tuple[int, str, int]]
    entries: dict[int, tuple[Nanos, Nanos, Nanos, Nanos]]
    quarantined: int
    invalid: list[tuple[Counted, int]] = []
    restored: list[tuple[Counted, int]] = []
    marks: dict[bytes, Mark] = {}
    forgotten_s: float = 0.0
    installs: list[bytes] = []
    arms: list[tuple[int, int, Tally]] = []
    seals: dict[bytes, tuple[bytes, int]] = {}
    adjusted: list[bytes] = []
    shifted: dict[str, Nanos] = {}
    books: BookState | None = None
    """Nothing in checkpoints from before there were books."""
    hosts: dict[int, str] = {}
    delays: dict[str, list[int]] = {}
    beside: list[bytes] = []
    released: dict[int, int] = {}
    exposed: dict[int, dict[int, Nanos]] = {}


AnyEntry = (
    Leased | Opened | Granted | Returned | Closed | Expired | Settled | LateLiability
    | Quarantined | Seen | Ordered | Checkpoint | Corrected | Installed | Adjusted | Shifted
    | Alive | Wanted | Released
)  # fmt: skip
