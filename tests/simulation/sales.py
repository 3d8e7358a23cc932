"""What is judged, and what the judge remembers of each bid."""

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from adserver.domain.campaign import Cap, Catalog, LineItem
from adserver.domain.ticket import Ticket
from tests.simulation.worker import Worker

INVARIANTS: Mapping[str, str] = {
    "I1": "After each grant, settled and outstanding together are within the budget of every account it counts in.",
    "I2": "A bid billed within its life, not reported lost before, and not let go of, is never late liability.",
    "I3": "A bid is charged at most once, by its billable event only, at the exchange's price, and never above what it reserved.",
    "I4": "Whatever was acknowledged or handed out is read again after any crash, in order; nothing else is but what was under way.",
    "I5": "Replaying the log, or a checkpoint of it, gives the live ledger and the judge's books, to the nano.",
    "I6": "No worker believes to have more of a pot, free and held together, than the ledger holds for it.",
    "I7": "After the longest life without traffic, what is outstanding is what live workers have; after they drain, nothing.",
    "I8": "Nobody is bid for who, by what this worker must know, has seen as much as any cap allows.",
    "I9": "Nobody bids with a lease that was closed longer ago than a worker may go on without its owner.",
    "I10": "A lease number names one worker for ever.",
    "I11": "What an exchange believes it is owed is settled, late, quarantined, or what it never managed to tell.",
    "I12": "Only active line items in flight bid, never below the floor nor above what they may, at a pace in [0.05, 1].",
    "I13": "Each acknowledged notice is in the event log at least once, and in the ledger.",
    "I14": "No process dies by itself, logs an error that names a bug, or waits for nothing.",
    "I15": "What bids that hold nothing any more cost beyond their budgets is within what is printed as exposed.",
}


class Sale(msgspec.Struct, eq=False):
    """A bid, as the exchange and the judge know it."""

    ticket: Ticket
    worker: Worker
    person: bytes | None
    bid_at: float
    """By the loop's time, as all times here."""
    claim: int | None = None
    """What the exchange believes it is owed, nanos."""
    above: bool = False
    """It says a price above our bid."""
    priced: bool = False
    """A billing notice with a price was acknowledged."""
    told_lost: bool = False
    """A loss notice was sent."""
    first_told: float | None = None
    """When a worker first got the billing notice with its price."""
    lost_at: float | None = None
    """When the first loss notice may have come."""
    shown_at: float = 0.0
    """When a worker was first told of the impression: that may have counted though the answer was lost."""
    shown_set_by_s: float = 0.0
    seen_at: float | None = None
    """When the impression was acknowledged."""
    seen_set_by_s: float = 0.0


class Caps:
    """Whose caps a line item's impressions count towards, read from the campaigns once more."""

    def __init__(self, catalog: Catalog) -> None:
        self.of: dict[int, list[tuple[tuple[Cap, ...], frozenset[int]]]] = defaultdict(list)
        self.items: dict[int, LineItem] = {}
        for shop in catalog.advertisers:
            own: list[tuple[tuple[Cap, ...], list[LineItem]]] = []
            for campaign in shop.campaigns:
                orders = campaign.insertion_orders
                own += [(each.caps, [each]) for order in orders for each in order.line_items]
                own += [(order.caps, list(order.line_items)) for order in orders]
                own.append((campaign.caps, [each for o in orders for each in o.line_items]))
            everything = own[-1][1] if len(shop.campaigns) == 1 else []
            own.append((shop.caps, everything))
            for caps, items in own:
                numbers = frozenset(each.number for each in items)
                for each in items:
                    self.items[each.number] = each
                    if caps:
                        self.of[each.number].append((caps, numbers))
