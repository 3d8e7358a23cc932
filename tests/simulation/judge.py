"""What must hold, whatever happens; judged by who was told what, never by the code that is judged."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from adserver.background.contacts import PENDING_S
from adserver.domain.bid import Bid
from adserver.domain.campaign import Catalog, LineItem
from adserver.domain.entries import LateLiability, Settled
from adserver.domain.ticket import Ticket
from adserver.processes.owner.grants import TERM_S
from tests.simulation.books import Books, Promise
from tests.simulation.campaigns import HOUR_S
from tests.simulation.host import Host
from tests.simulation.sales import Caps, Sale
from tests.simulation.worker import Home, Worker

CAP_MARGIN_S = LATE_S = 5.0  # the owner's grace for what is under way when a life ends


class Judge:
    """Hears of everything and complains of what must not be."""

    def __init__(self, catalog: Catalog) -> None:
        self.complaints: list[tuple[str, str]] = []
        self.sales: dict[bytes, Sale] = {}
        self.by_person: defaultdict[bytes, list[Sale]] = defaultdict(list)
        self.books = Books(catalog, self.complain)
        self.books.late_entry = self._late
        self.books.settled_entry = self._settled
        self.facts: Counter[str] = Counter()
        self.now: Callable[[], float] = lambda: 0.0
        self.hosts: Sequence[Host] = ()
        self._lease_of: dict[int, Worker] = {}
        self._caps: dict[int, Caps] = {}

    def complain(self, number: str, what: str) -> None:
        """Something must not be."""
        minutes, seconds = divmod(self.now(), 60)
        days, minutes = divmod(int(minutes), 1_440)
        when = f"day {days}, {minutes // 60:02}:{minutes % 60:02}:{seconds:06.3f}"
        self.complaints.append((number, f"{when}: {what}"))

    # --- bids ---

    def bid(self, worker: Worker, bid: Bid, ticket: Ticket, person: bytes | None) -> Sale:
        """A worker bid."""
        now = self.now()
        sale = Sale(ticket, worker, person, now)
        billable = "win" if ticket.exchange == "south" else "billing"
        if ticket.bid in self.sales:
            self.complain("I3", f"two bids are named {ticket.bid.hex()}")
        self.books.promises[ticket.bid] = Promise(
            ticket.line_item, ticket.lease, ticket.reserved, billable
        )
        self._check_lease(worker, ticket, now)
        caps = self._caps_of(worker.snapshot.catalog)
        self._check_terms(worker, bid, caps.items[ticket.line_item])
        if person is not None:
            self._check_caps(sale, caps, now)
            self.by_person[person].append(sale)
        self.sales[ticket.bid] = sale
        return sale

    def _check_lease(self, worker: Worker, ticket: Ticket, now: float) -> None:
        closed = self.books.leases.get(ticket.lease, -1e9)
        if closed is not None and now > closed + TERM_S:
            self.complain(
                "I9",
                f"{worker.process.name} bid {now - closed:.1f} s after lease {ticket.lease} was closed",
            )
        first = self._lease_of.setdefault(ticket.lease, worker)
        if first is not worker:
            self.complain("I10", f"lease {ticket.lease} is of two workers")

    def _check_terms(self, worker: Worker, bid: Bid, item: LineItem) -> None:
        now_s = worker.host.clock.now()
        flight = item.flight
        if item.status != "active" or not flight.start_s <= now_s < flight.end_s:
            self.complain("I12", f"{item.id} bid at {now_s:.0f}: {item.status}, {flight}")
        most = item.goal.max_cpm
        if not bid.opportunity.floor <= bid.price <= most or bid.reserved < bid.price:
            self.complain(
                "I12", f"{item.id} bid {bid.price}, reserved {bid.reserved}, at most {most}"
            )
        pace = worker.purse.paces[bid.candidate.line_item_index]
        if not 0.05 <= pace <= 1.0:
            self.complain("I12", f"{item.id} has a pace of {pace}")

    def _check_caps(self, sale: Sale, caps: Caps, now: float) -> None:
        """Count what this worker must know of: acknowledged impressions, and its own young bids."""
        set_by_s = sale.worker.host.clock.set_by_s
        known = []
        for other in self.by_person[sale.person or b""]:
            if other.seen_at is not None:
                since_s = min(
                    other.seen_at + other.seen_set_by_s, other.shown_at + other.shown_set_by_s
                )
                known.append((other.ticket.line_item, now + set_by_s - since_s))
            elif (
                other.worker is sale.worker
                and now - other.bid_at < PENDING_S - 1
                and not other.told_lost
                and other.ticket.bid not in self.books.charged
            ):
                known.append((other.ticket.line_item, now - other.bid_at))
        for limits, items in caps.of[sale.ticket.line_item]:
            for cap in limits:
                within_s = cap.hours * HOUR_S - CAP_MARGIN_S
                count = sum(item in items and age_s < within_s for item, age_s in known)
                if count >= cap.impressions:
                    self.complain("I8", f"{count} of {cap} known, and bid {sale.ticket.bid.hex()}")

    def _caps_of(self, catalog: Catalog) -> Caps:
        found = self._caps.get(id(catalog))
        if found is None:
            found = self._caps[id(catalog)] = Caps(catalog)
        return found

    # --- notices ---

    def acknowledged(self, sale: Sale, kind: str, host: Home, *, priced: bool) -> None:
        """An exchange or a person's device got 200."""
        bid = sale.ticket.bid
        if (bid, kind) not in self.books.seen:
            self.complain("I4", f"{kind} of {bid.hex()} was acknowledged and is not in the ledger")
        if not any((kind, bid.hex()) in each.events.notices for each in self.hosts):
            self.complain("I13", f"{kind} of {bid.hex()} was acknowledged and is no event")
        if kind == "impression" and sale.seen_at is None:
            sale.seen_at = self.now()
            sale.seen_set_by_s = host.clock.set_by_s
            self._count_overshoot(sale)
        if priced:
            sale.priced = True
            if bid not in self.books.charged and bid not in self.books.quarantined:
                self.complain("I11", f"the price of {bid.hex()} was acknowledged and never booked")

    def _count_overshoot(self, sale: Sale) -> None:
        """Remember by how much impressions went over caps: bids that were in flight when others came true."""
        if sale.person is None:
            return
        caps = self._caps_of(sale.worker.snapshot.catalog)
        now = self.now()
        for limits, items in caps.of[sale.ticket.line_item]:
            for cap in limits:
                count = sum(
                    other.seen_at is not None
                    and other.ticket.line_item in items
                    and now - other.seen_at < cap.hours * HOUR_S
                    for other in self.by_person[sale.person]
                )
                if count > cap.impressions:
                    self.facts["impressions over a cap, in flight"] += 1
                    most = max(self.facts["most over a cap"], count - cap.impressions)
                    self.facts["most over a cap"] = most

    def _settled(self, entry: Settled) -> None:
        self._check_price(entry)
        self.facts["bids settled"] += 1
        self.facts["nanos settled"] += entry.total

    def _check_price(self, entry: Settled) -> None:
        sale = self.sales.get(entry.bid)
        if sale is not None and entry.media != sale.claim:
            self.complain(
                "I3", f"{entry.bid.hex()} cost {entry.media}, the exchange said {sale.claim}"
            )

    def _late(self, entry: LateLiability) -> None:
        self._check_price(entry)
        self.facts["bids late"] += 1
        self.facts["nanos late"] += entry.total
        sale = self.sales.get(entry.bid)
        if sale is None:
            return
        ticket = sale.ticket
        life_s = ticket.bill_until_s - ticket.at_s
        lost = sale.lost_at is not None
        if self.now() - sale.bid_at > life_s + LATE_S or lost:
            return
        if ticket.held_until_s <= self.books.released[ticket.lease]:
            self._exceeded(entry, sale)
        else:
            self.complain(
                "I2",
                f"{entry.bid.hex()} of lease {ticket.lease} was billed {self.now() - sale.bid_at:.1f} s "
                f"after the bid, which lives {life_s} s, and is late liability",
            )

    def _exceeded(self, entry: LateLiability, sale: Sale) -> None:
        """A bid that held nothing any more was billed, and no budget had so much: it was printed that this may be."""
        self.facts["nanos late of bids that held nothing"] += entry.total
        printed = sum(n for (_, key), n in self.books.exposed.items() if key == entry.line_item)
        if printed < entry.total:
            self.complain(
                "I15",
                f"{entry.bid.hex()} cost {entry.total}, and {printed} was printed at most; it was bid "
                f"{self.now() - sale.bid_at:.1f} s ago, and held money for {sale.ticket.held_s} s",
            )

    # --- now and then ---

    def beliefs(self, workers: Sequence[Worker]) -> None:
        """Nobody believes to have more than the ledger knows of."""
        for worker in workers:
            lease = worker.client.lease
            for pot, amount in self._belief(worker).items():
                held = self.books.held.get((lease, pot), 0)
                if amount > held and lease in self.books.leases:
                    self.complain(
                        "I6", f"{worker.process.name} believes in {amount} of pot {pot}, not {held}"
                    )

    def _belief(self, worker: Worker) -> Counter[int]:
        """Return what a worker has by pot, less what was charged and it does not know yet."""
        hello = worker.purse.hello(worker.slot, 0, worker.client.lease)
        believed: Counter[int] = Counter(dict(hello.believed))
        for bid in hello.holds:
            entry = self.books.charged.get(bid)
            total = self.books.total(bid)
            for pot in entry.pots if entry is not None and total else ():
                believed[pot] -= total
        return believed

    def logged(self, event: Mapping[str, object]) -> None:
        """A process logged an error that names a bug."""
        self.complain("I14", str(dict(event)))

    def longest_wait_s(self, hosts: Sequence[Host]) -> float:
        """Return by how much longer leases of the dead may be kept, because clocks were set: as long as before, or longer."""
        closed = min(
            (at for at in self.books.leases.values() if at is not None), default=self.now()
        )
        return sum((host.clock.moved_s(closed) for host in hosts), 0.0)

    def quiet(self, workers: Sequence[Worker], hosts: Sequence[Host]) -> None:
        """After a long silence: nothing is stranded."""
        expected: Counter[tuple[int, int]] = Counter()
        for worker in workers:
            for pot, amount in self._belief(worker).items():
                expected[worker.client.lease, pot] += amount
        expected = +expected
        for place in expected.keys() | self.books.held.keys():
            lease, pot = place
            closed = self.books.leases.get(lease)
            if closed is not None and any(host.clock.moved_s(closed) for host in hosts):
                continue
            if expected[place] != self.books.held.get(place, 0):
                self.complain(
                    "I7",
                    f"lease {lease} has {expected[place]} of pot {pot}, the ledger holds "
                    f"{self.books.held.get(place, 0)}",
                )

    def drained(self) -> None:
        """Everybody is gone, and all lives are over."""
        left = {name: amount for name, amount in self.books.outstanding.items() if amount}
        if left or self.books.held:
            self.complain("I7", f"outstanding when all were gone: {left}")
