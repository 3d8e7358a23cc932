"""A worker without its sockets to the outside: its decision, purse, caps, line to the owner and intake are the real thing."""

import random
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import msgspec

from adapters.exchanges.plain_prices import read_plain_price
from adserver.background.contacts import PendingContacts
from adserver.background.flow import FlowCounter
from adserver.background.owner_client import OwnerClient
from adserver.background.purse import LeasedPurse
from adserver.background.served_clicks import ServedClicks
from adserver.catalog.snapshot import Snapshot
from adserver.decision.pipeline import look_ahead
from adserver.decision.world import World
from adserver.domain.bid import Bid
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Rates
from adserver.domain.opportunity import Auction
from adserver.domain.ticket import Ticket
from adserver.endpoints.admission import Admission
from adserver.endpoints.answering import Answerer
from adserver.endpoints.bid import BidEndpoint
from adserver.endpoints.desk import Desk
from adserver.endpoints.gathered import Gathered
from adserver.endpoints.gathering import Gatherer
from adserver.endpoints.intake import Intake
from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.tokens import TokenVault
from adserver.errors import InvalidToken
from adserver.openrtb.outbound import BidWriter
from adserver.privacy.permission import ALLOWED
from tests.fakes.click_model import FakeClickModel, FakeOrderModel
from tests.fakes.profiles import FakeProfiles
from tests.simulation.campaigns import CEILINGS, TERMS
from tests.simulation.clock import HostClock
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.place import Address

TMAX_MS = 100
CLICK_DAYS = 1


class Home(Protocol):
    """What a worker needs of its server."""

    name: str
    owner: Any
    loop: VirtualLoop
    dice: random.Random
    clock: HostClock
    profiles: FakeProfiles
    tickets: dict[str, Ticket]
    socket: Address
    desks: Mapping[str, Desk]


class Vault:
    """Seals nothing: whom tokens are kept from is tested elsewhere."""

    def __init__(self, tickets: dict[str, Ticket]) -> None:
        self._tickets = tickets

    def seal(self, ticket: Ticket) -> str:
        """Return the bid's name."""
        token = ticket.bid.hex()
        self._tickets[token] = ticket
        return token

    def open(self, token: str) -> Ticket:
        """Return the ticket of that bid."""
        try:
            return self._tickets[token]
        except KeyError:
            raise InvalidToken("forged") from None


class Ask(msgspec.Struct):
    """A bid request, and what came back."""

    auction: Auction
    sent_s: float
    bids: list[Bid] = []
    tickets: list[Ticket] = []
    served: bool = False


class Worker:
    """One life of a worker process, without its sockets to the outside."""

    def __init__(self, host: Home, slot: int, snapshot: Snapshot) -> None:
        self.process = Process(f"{host.name}/worker-{slot}")
        self.host = host
        self.slot = slot
        self.snapshot = snapshot
        self.purse = LeasedPurse(
            snapshot.line_item_members, [each.number for each in snapshot.line_items], CEILINGS
        )
        self.contacts = PendingContacts(
            snapshot.frequency.line_items | snapshot.household_frequency.line_items
        )
        self.draining = False
        loop = host.loop
        numbers = [each.number for each in snapshot.line_items]
        flow = FlowCounter(numbers, self.purse.left, loop.time)
        self.client = OwnerClient(
            host.socket, slot, host.clock, self.purse, self.contacts, flow=flow, monotonic=loop.time
        )
        self._asks: dict[bytes, Ask] = {}
        vault = cast("TokenVault", Vault(host.tickets))
        answerer = Answerer(
            rates=Rates("USD", {}),
            writer=cast("BidWriter", self),
            vault=vault,
            purse=self.purse,
            contacts=self.contacts,
            events=self.client,
            leaseholder=self.client,
            clicks=ServedClicks(FakeClickModel()),
            click_days=CLICK_DAYS,
        )
        answerer._random = random.Random(host.dice.random())
        self._bid = BidEndpoint(
            world=World(
                snapshot=snapshot, clicks=FakeClickModel(), orders=FakeOrderModel(), explore_ppm=0
            ),
            desks=host.desks,
            gatherer=cast("Gatherer", self),
            answerer=answerer,
            purse=self.purse,
            stopped=NobodyStopped(),
            clock=host.clock,
            admission=Admission(loop.time, lambda _: None),
            monotonic=loop.time,
            flow=flow,
        )
        self.intake = Intake(
            vault=vault, owner=self.client, clock=host.clock, terms=TERMS, price_readers={},
            plain=read_plain_price,
        )  # fmt: skip
        host.loop.spawn(self.process, self.client.start())

    def answer(self, ask: Ask, then: Callable[["Worker", Ask], None]) -> None:
        """Answer a bid request as the HTTP side would; runs in the process."""
        body = ask.auction.id.encode()
        self._asks[body] = ask
        path = ("openrtb2", ask.auction.exchange)
        reply = self._bid(Request("POST", "", {}, body, ask.sent_s), path)
        assert isinstance(reply, Reply)
        ask.served = True
        if reply.confirm is not None and reply.confirm(True) is not None:  # noqa: FBT003
            ask.bids, ask.tickets = [], []
        del self._asks[body]
        then(self, ask)

    # --- in place of what reads and writes requests ---

    remote = None

    def gather(self, body: bytes, encoding: str, terms: ExchangeTerms) -> Gathered:
        """As a `Gatherer` that has met the person."""
        auction = self._asks[body].auction
        gathered = Gathered(auction, ALLOWED, look_ahead(self.snapshot, auction), TMAX_MS)
        if auction.person is not None:
            found = self.host.profiles.find([auction.person], self.host.clock.now())
            gathered.profile = found.profile
            gathered.touches = self.contacts.merged(
                auction.person, found.profile.touches, found.profile.aliases
            )
            gathered.counted_since_s = self.contacts.counted_since_s
        return gathered

    def write(self, auction: Auction, bid: Bid, terms: ExchangeTerms, **more: Any) -> str:
        """As a `BidWriter`: remember what is bid."""
        ask = self._asks[auction.id.encode()]
        ask.bids.append(bid)
        ask.tickets.append(self.host.tickets[more["token"]])
        return "{}"


class NobodyStopped:
    """A `Restraint` that is none."""

    everything = False
    exchanges: frozenset[str] = frozenset()
    candidates = 0
