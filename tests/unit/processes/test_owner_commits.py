"""In which order things become durable, and what happens when one of them cannot."""

import asyncio

from adserver.domain.entries import AnyEntry, Leased
from adserver.domain.person import Touch
from adserver.processes.owner import commits
from adserver.processes.owner.commits import Commits
from tests.fakes.contacts import FakeContacts
from tests.fakes.event_store import FakeEventStore
from tests.fakes.ledger_store import FakeLedgerStore

PERSON, TOUCH = b"p" * 16, Touch("impression", 5, 6, 7, b"b" * 16)
ENTRY: AnyEntry = Leased(1, 1)


class Parts:
    """A group commit over fakes."""

    def __init__(self) -> None:
        self.store, self.events, self.contacts = FakeLedgerStore(), FakeEventStore(), FakeContacts()
        self.commits = Commits(self.store, self.events, self.contacts)
        self.answers: list[str] = []
        self.pushed: list[str] = []

    def add(self, name: str) -> None:
        """Queue one of everything."""
        self.commits.enter(ENTRY)
        self.commits.line(name.encode())
        self.commits.touch(PERSON, TOUCH)
        self.commits.then(lambda: self.pushed.append(name))
        self.commits.acknowledge(self.answers.append)


async def test_everything_is_written_before_anybody_is_answered() -> None:
    parts = Parts()
    parts.add("one")
    await parts.commits._flush()
    assert parts.store.durable == [ENTRY]
    assert parts.events.lines == b"one\n"
    assert parts.contacts.touches(PERSON) == (TOUCH,)
    assert (parts.answers, parts.pushed) == ([""], ["one"])


async def test_without_events_no_money_is_written_and_nothing_is_written_twice() -> None:
    parts = Parts()
    parts.events.broken = True
    parts.add("one")
    await parts.commits._flush()
    assert parts.store.durable == []
    assert parts.commits.failing
    assert (parts.answers, parts.pushed) == (["events are broken"], [])
    parts.events.broken = False
    await parts.commits._flush()
    assert (parts.store.durable, parts.events.lines) == ([ENTRY], b"one\n")
    assert (len(parts.answers), parts.pushed) == (1, ["one"])
    assert not parts.commits.failing


async def test_money_does_not_wait_for_broken_contacts_which_are_caught_up() -> None:
    parts = Parts()
    parts.contacts.broken = True
    parts.add("one")
    await parts.commits._flush()
    assert parts.answers == [""]
    parts.contacts.broken = False
    assert list(parts.commits.touches(PERSON)) == [TOUCH], "still known for credit"
    await parts.commits._flush()
    assert parts.contacts.touches(PERSON) == (TOUCH,)


async def test_bid_events_are_dropped_and_counted_before_memory_runs_out() -> None:
    parts = Parts()
    parts.commits.droppable(b"x" * (commits.MAX_EVENT_BYTES - 1) + b"\n")
    parts.commits.droppable(b"1\n2\n3\n")
    assert parts.commits.events_dropped == 3
    parts.commits.line(b"kept")
    await parts.commits._flush()
    assert parts.events.lines.endswith(b"kept\n")


async def test_last_commit_is_made_on_the_way_out() -> None:
    parts = Parts()
    running = asyncio.create_task(parts.commits.run())
    await asyncio.sleep(0)
    parts.add("one")
    parts.commits.stop()
    await running
    assert parts.store.durable == [ENTRY]
