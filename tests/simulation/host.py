"""One server: its clock, its disk, its owner and its workers; all but the HTTP side is the real thing."""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PosixPath
from typing import Any, cast

import msgspec

from adapters.exchanges.plain_prices import read_plain_price
from adapters.ledger.journal import Journal
from adserver.background.contacts import PendingContacts
from adserver.background.flow import FlowCounter
from adserver.background.owner_client import OwnerClient
from adserver.background.owner_parts import OwnerParts
from adserver.background.purse import LeasedPurse
from adserver.catalog.snapshot import Snapshot
from adserver.decision.pipeline import look_ahead
from adserver.decision.world import World
from adserver.domain.bid import Bid
from adserver.domain.entries import AnyEntry, Checkpoint
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
from adserver.errors import InvalidToken, Unavailable
from adserver.openrtb.outbound import BidWriter
from adserver.ports import LedgerStore
from adserver.privacy.permission import ALLOWED
from adserver.processes.owner.service import OwnerService
from tests.fakes.click_model import FakeClickModel, FakeOrderModel
from tests.fakes.profiles import FakeProfiles
from tests.simulation.books import Books
from tests.simulation.campaigns import CEILINGS, LONGEST_S, TERMS, Source
from tests.simulation.disk import Disk, Events, Torn
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.shared import SharedLog

TMAX_MS = 100
CLICK_DAYS = 1
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AnyEntry).decode


class Address(PosixPath):
    """Where the owner listens: there is no file."""

    def unlink(self, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002 - as its parent
        """Do nothing."""

    def chmod(self, mode: int, *, follow_symlinks: bool = True) -> None:
        """Do nothing."""


class HostClock:
    """A server's clock, which can be set."""

    def __init__(self, loop: VirtualLoop, start_s: int) -> None:
        self.set_by_s = 0.0
        self.set_at_s = -1e9
        """When it was set last, by the loop's time."""
        self.moves: list[tuple[float, float]] = []
        """When, and by how many seconds."""
        self._loop = loop
        self._start_s = start_s

    def true_s(self) -> float:
        """Return what a good clock says."""
        return self._start_s + self._loop.time()

    def set(self, by_s: float) -> None:
        """Set it to what a good clock says and so many seconds more."""
        self.set_at_s = self._loop.time()
        self.moves.append((self.set_at_s, abs(by_s - self.set_by_s)))
        self.set_by_s = by_s

    def moved_s(self, since: float) -> float:
        """Return by how much it was set since then, forward and back together."""
        return sum(by_s for at, by_s in self.moves if at >= since)

    def now(self) -> float:
        """Return what this clock says."""
        return self.true_s() + self.set_by_s


class Log:
    """What the judge knows of a ledger's log, and what was appended and may be in it or not."""

    def __init__(self, books: Books, complain: Callable[[str, str], None]) -> None:
        self.books = books
        self.known: list[AnyEntry] = []
        self.pending: list[AnyEntry] = []
        self.complain = complain

    def replayed(self, entries: list[AnyEntry]) -> None:
        """Compare with what somebody reads who starts."""
        known = len(self.known)
        if entries[:known] != self.known:
            self.complain("I4", f"of {known} durable entries {len(entries)} others were read again")
        more = entries[known:]
        if more != self.pending[: len(more)]:
            self.complain("I4", "what was read was never appended")
        self.book(more)
        self.known, self.pending = fresh(entries), []

    def book(self, entries: Sequence[AnyEntry]) -> None:
        """These are durable."""
        for entry in entries:
            self.books.take(entry)

    def durable(self, count: int) -> None:
        """So many of the pending entries are durable."""
        done, self.pending = self.pending[:count], self.pending[count:]
        self.known += done
        self.book(done)
        self.books.committed()

    def begun_anew(self, entry: AnyEntry) -> None:
        """The log was replaced by one entry."""
        self.known = fresh([entry])


def fresh(entries: Sequence[AnyEntry]) -> list[AnyEntry]:
    """Return the entries with a checkpoint of their own: a ledger lives on in the one that it begins with."""
    return [
        _decode(_encode(each)) if isinstance(each, Checkpoint) else each for each in entries
    ]


class Watched:
    """A `LedgerStore` whose log the judge reads, too."""

    def __init__(self, inner: LedgerStore, log: Log) -> None:
        self.inner = inner
        self.shared = inner.shared
        self.host = inner.host
        self._log = log

    @property
    def stale(self) -> bool:
        """Pass it on."""
        return self.inner.stale

    def replay(self) -> Iterator[AnyEntry]:
        """Read everything."""
        entries = list(self.inner.replay())
        self._log.replayed(entries)
        return iter(entries)

    async def begin(self) -> Sequence[tuple[str, Sequence[AnyEntry]]]:
        """Pass it on."""
        return await self.inner.begin()

    def append(self, entries: Sequence[AnyEntry]) -> None:
        """Pass it on."""
        self._log.pending.extend(entries)
        self.inner.append(entries)

    async def commit(self) -> None:
        """Pass it on; what it returns for is durable."""
        count = len(self._log.pending)
        await self.inner.commit()
        self._log.durable(count)

    def compact(self, checkpoint: Callable[[], AnyEntry]) -> None:
        """Pass it on."""
        made: list[AnyEntry] = []

        def make() -> AnyEntry:
            made.append(checkpoint())
            return made[0]

        self.inner.compact(make)
        if made:
            self._log.begun_anew(made[0])

    def close(self) -> None:
        """Pass it on."""
        self.inner.close()


class Owner:
    """One life of an owner process."""

    def __init__(self, host: "Host") -> None:
        """Start. Raises `Unavailable`, as the process would end."""
        self.process = Process(f"{host.name}/owner")
        self.stopping = asyncio.Event()
        self.store: LedgerStore
        if host.shared is None:
            self.store = Watched(Journal(host.folder / "ledger"), host.log)
        else:
            self.store = host.shared.store(host.name)
        parts = OwnerParts(
            socket=host.socket,
            store=self.store,
            events=host.events,
            contacts=host.profiles,
            people=host.profiles,
            audiences=host.profiles,
            campaigns=host.source,
            clock=host.clock,
            monotonic=host.loop.time,
            ceilings=CEILINGS,
            billing_life_s=LONGEST_S,
            supply=host.folder / "supply",
            strict=host.strict,
        )
        try:
            self.service = self.process.context.run(OwnerService, parts)
        except BaseException:
            self.store.close()
            raise
        host.log.books.follow(host.source.catalog)
        self.task = host.loop.spawn(self.process, self.service.serve(self.stopping))


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

    def __init__(self, host: "Host", slot: int, snapshot: Snapshot) -> None:
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
            model="fake",
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


class Host:
    """A server."""

    def __init__(
        self,
        name: str,
        loop: VirtualLoop,
        dice: random.Random,
        folder: Path,
        start_s: int,
        source: Source,
        log: Log,
        profiles: FakeProfiles,
        tickets: dict[str, Ticket],
        written: Callable[[bytes], None],
        shared: SharedLog | None,
        *,
        strict: bool,
    ) -> None:
        self.name = name
        self.shared = shared
        self.strict = strict
        self.loop = loop
        self.dice = dice
        self.folder = folder
        self.clock = HostClock(loop, start_s)
        self.source = source
        self.log = log
        self.profiles = profiles
        self.tickets = tickets
        self.disk = Disk(written)
        self.events = Events(self.disk, written)
        self.socket = Address(f"/{name}/owner")
        self.desks: Mapping[str, Desk] = {each: Desk(TERMS[each], 2) for each in TERMS}
        self.owner: Owner | None = None
        self.workers: list[Worker | None] = []

    def start_owner(self) -> bool:
        """Start an owner if there is none; tell whether there is one now."""
        if self.owner is None:
            with suppress(Unavailable):
                self.owner = Owner(self)
        return self.owner is not None

    def kill_owner(self) -> None:
        """The owner dies at once; what its threads were about may be done, half done, or not begun."""
        owner, self.owner = self.owner, None
        if owner is None:
            return
        for job in self.loop.kill(owner.process):
            how = self.dice.randrange(3)
            if how == 0:
                continue
            self.disk.tear_after = self.dice.randrange(200) if how == 1 else None
            with suppress(Torn):
                job.do()
            self.disk.tear_after = None
        if self.shared is None:
            owner.store.close()
        else:
            self.shared.cut(self.name)

    def start_worker(self, slot: int, snapshot: Snapshot) -> None:
        """Start a worker in the place of a dead one."""
        if self.workers[slot] is None:
            self.workers[slot] = Worker(self, slot, snapshot)

    def kill_worker(self, slot: int) -> None:
        """A worker dies at once."""
        worker, self.workers[slot] = self.workers[slot], None
        if worker is not None:
            self.loop.kill(worker.process)

    async def replace_worker(self, slot: int, snapshot: Snapshot) -> None:
        """Start a worker with a new catalog, and let the one before drain, as a reload does."""
        before = self.workers[slot]
        self.workers[slot] = Worker(self, slot, snapshot)
        if before is not None:
            await self.drain(before)

    async def drain(self, worker: Worker) -> None:
        """Let a worker say goodbye; it ends within some seconds, or is ended."""
        worker.draining = True
        task = self.loop.spawn(worker.process, worker.client.stop())
        await asyncio.wait({task}, timeout=20.0)
        self.loop.kill(worker.process)

    def live_workers(self) -> list[Worker]:
        """Return those that are there, frozen or not."""
        return [each for each in self.workers if each is not None]
