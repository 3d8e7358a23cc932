"""Turns: what others wrote is learned, what waits is decided, and all of it is made durable together.

In a turn contacts are written first, then events, then money; only then is anything acknowledged. Money is decided about
in turns alone, so that hosts that share a ledger decide one after the other, and each knows all before.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from adserver.domain.entries import AnyEntry
from adserver.domain.person import Interest, PersonKey, Touch
from adserver.errors import Unavailable
from adserver.metrics import EVENTS_DROPPED, WRITES_FAILING
from adserver.ports import EventStore, LedgerStore
from adserver.ports.people import Contacts
from adserver.processes.owner.jobs import Job, Jobs

RETRY_S = 0.5
REPEAT_S = 60.0
"""What goes on failing is said so often."""
MAX_EVENT_BYTES = 64 << 20
MAX_TOUCHES = 200_000
MEND = "free space on that disk or mend it, or bring the database back; it is tried twice a second, and nothing need be restarted"

_log = structlog.get_logger()

Acknowledge = Callable[[str], None]
"""Called with nothing, or with why it failed."""


class Commits:
    """Collects while one turn is under way, and makes the next of all that has come.

    Events and contacts go first, so that whoever is killed in between has written them twice rather
    than never: readers and the contact store count a bid's event once. While commits fail, bid events
    are dropped: the first space that there is again belongs to what must not be lost.
    """

    def __init__(
        self,
        store: LedgerStore,
        events: EventStore,
        contacts: Contacts,
        learn: Callable[[str, Sequence[AnyEntry]], None] = lambda _host, _entries: None,
        recover: Callable[[], Awaitable[None]] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`learn` takes in what another host wrote. `recover` begins anew from a shared log, after a turn of which
        nobody knows whether it was written; it raises `Unavailable`.
        """
        self.alive_s = monotonic()
        """When the last turn began in which something was written, by the steady clock."""
        self.failing = ""
        """Why the last commit failed; while it is set, new facts are refused at once."""
        self.events_dropped = 0
        self._store = store
        self._events = events
        self._contacts = contacts
        self._entries: list[AnyEntry] = []
        self._lines: list[bytes] = []
        self._droppable: list[bytes] = []
        self._droppable_bytes = 0
        self._told = {"ledger": -REPEAT_S, "contacts": -REPEAT_S}
        """When each trouble was last said, monotonic seconds: one that comes and goes is not said each time."""
        self._outage_told = False
        self._touches: list[tuple[PersonKey, Touch]] = []
        self._interests: list[tuple[PersonKey, Interest]] = []
        self._acknowledge: list[Acknowledge] = []
        self._then: list[Callable[[], None]] = []
        self._jobs = Jobs()
        self._learn = learn
        self._recover = recover
        self._monotonic = monotonic
        self._uncertain = False
        """What we know of a shared log need not be what it says."""
        self._wake = asyncio.Event()
        self._stopping = False

    def do(self, job: Callable[[], None], refuse: Acknowledge | None = None) -> None:
        """Run this in one of the next turns; while there is none to be had `refuse` is called with the reason, if given."""
        self._jobs.add(Job(job, refuse))
        self._wake.set()

    def do_first(self, job: Callable[[], None]) -> None:
        """Run this in the next turn before all that waits."""
        self._jobs.add_first(Job(job, None))
        self._wake.set()

    def enter(self, entry: AnyEntry) -> None:
        """Queue an entry; where the log is shared, only within a turn."""
        self._entries.append(entry)
        self._wake.set()

    def touch(self, person: PersonKey, touch: Touch) -> None:
        """Queue a contact."""
        self._touches.append((person, touch))
        self._wake.set()

    def interest(self, person: PersonKey, interest: Interest) -> None:
        """Queue a sign of what somebody is interested in."""
        self._interests.append((person, interest))
        self._wake.set()

    def line(self, line: bytes) -> None:
        """Queue an event that must not be lost."""
        self._lines.append(line + b"\n")
        self._wake.set()

    def droppable(self, lines: bytes) -> None:
        """Queue whole lines, or drop and count them if too much waits or nothing can be written."""
        if self.failing or self._droppable_bytes + len(lines) > MAX_EVENT_BYTES:
            self._drop((lines,))
            return
        self._droppable.append(lines)
        self._droppable_bytes += len(lines)
        self._wake.set()

    def then(self, push: Callable[[], None]) -> None:
        """Call this once all queued so far is durable, however many attempts that takes."""
        self._then.append(push)
        self._wake.set()

    def acknowledge(self, answer: Acknowledge) -> None:
        """Call this after the next attempt, whatever its outcome; nobody waits for a full disk."""
        self._acknowledge.append(answer)
        self._wake.set()

    def touches(self, person: PersonKey) -> Sequence[Touch]:
        """Return a person's contacts, those still queued included. Raises `Unavailable`."""
        queued = [touch for key, touch in self._touches if key == person]
        return (*self._contacts.touches(person), *queued)

    async def run(self) -> None:
        """Commit whenever there is something, until stopped; then what is left."""
        while not self._stopping:
            await self._wake.wait()
            self._wake.clear()
            await self._flush()
            if self.failing:
                await asyncio.sleep(RETRY_S)
                self._wake.set()
        await self._flush()
        while self._jobs and not self.failing:
            await self._flush()

    def stop(self) -> None:
        """End `run` after a last commit."""
        self._stopping = True
        self._wake.set()

    async def _flush(self) -> None:
        """Take a turn."""
        began_s = self._monotonic()
        acknowledge: list[Acknowledge] = []
        try:
            await self._begin()
            self._jobs.run(self._monotonic)
            if self._jobs:
                self._wake.set()
            acknowledge, self._acknowledge = self._acknowledge, []
            then, self._then = self._then, []
            if await self._written(then):
                self.alive_s = began_s
        except Unavailable as error:
            self._failed(str(error))
        else:
            if self._outage_told:
                _log.warning("ledger_available_again", events_dropped=self.events_dropped)
                self._outage_told = False
            self.failing = ""
            for push in then:
                push()
        WRITES_FAILING.set(bool(self.failing))
        for answer in acknowledge:
            answer(self.failing)

    async def _begin(self) -> None:
        """Know what others know."""
        if (self._uncertain or self._store.stale) and self._recover is not None:
            await self._recover()
            self._uncertain = False
        for host, entries in await self._store.begin():
            self._learn(host, entries)

    async def _written(self, then: list[Callable[[], None]]) -> bool:
        """Write; what should follow waits for the next turn if it fails, unless nobody knows then what holds."""
        try:
            return await self._write()
        except Unavailable:
            if self._store.shared:
                self._forget()
            else:
                self._then = then + self._then
            raise

    def _forget(self) -> None:
        """What was decided in this turn may not be what the shared log says."""
        self._uncertain = True
        self._entries.clear()
        self._lines.clear()  # their facts were refused and are told again
        self._then.clear()

    def _failed(self, why: str) -> None:
        """Refuse what cannot wait."""
        self.failing = why
        self._jobs.refuse(why)
        acknowledge, self._acknowledge = self._acknowledge, []
        for answer in acknowledge:
            answer(why)
        self._drop(self._droppable)
        self._droppable, self._droppable_bytes = [], 0
        if self._is_due("ledger"):
            self._outage_told = True
            _log.critical("ledger_unavailable", error=why, mend=MEND)

    async def _write(self) -> bool:
        """Write what has come, and tell whether that were entries. Raises `Unavailable`."""
        loop = asyncio.get_running_loop()
        entries, lines, touches = len(self._entries), len(self._lines), self._touches
        interests = self._interests
        self._touches, self._interests = [], []
        droppable, self._droppable, self._droppable_bytes = self._droppable, [], 0
        # Bids first: whoever reads the log has met the bid when its notice comes.
        batch = b"".join([*droppable, *self._lines])
        if batch or touches or interests:
            try:
                # In one thread call, so that a commit costs the loop two switches and no more.
                await loop.run_in_executor(None, self._write_beside, batch, touches, interests)
            except Unavailable:
                self._drop(droppable)
                raise
            del self._lines[:lines]
        # Not a moment earlier: an entry must never be durable before the event that belongs to it.
        self._store.append(self._entries[:entries])
        del self._entries[:entries]
        await self._store.commit()
        return entries > 0

    def _write_beside(
        self,
        batch: bytes,
        touches: list[tuple[PersonKey, Touch]],
        interests: list[tuple[PersonKey, Interest]],
    ) -> None:
        try:
            if touches:
                self._contacts.add_touches(touches)
            if interests:
                self._contacts.add_interests(interests)
        except Unavailable as error:
            # Money does not wait for frequency counts; they are tried again with the next commit.
            self._touches[:0] = touches[-MAX_TOUCHES:]
            self._interests[:0] = interests[-MAX_TOUCHES:]
            if self._is_due("contacts"):
                _log.error(
                    "contacts_unavailable", error=str(error), waiting=len(touches), mend=MEND
                )
        self._events.append(batch)

    def _drop(self, batches: Sequence[bytes]) -> None:
        count = sum(lines.count(b"\n") for lines in batches)
        self.events_dropped += count
        EVENTS_DROPPED.inc(count)

    def _is_due(self, trouble: str) -> bool:
        """Tell whether to say it again: at once, then once a minute."""
        now = self._monotonic()
        if now - self._told[trouble] < REPEAT_S:
            return False
        self._told[trouble] = now
        return True
