"""In which order things become durable, and what happens when one of them cannot."""

import asyncio
from functools import partial

import structlog.testing

from adserver.domain.entries import AnyEntry, Leased
from adserver.domain.person import Touch
from adserver.processes.owner import commits
from adserver.processes.owner.commits import Commits
from adserver.processes.owner.jobs import TURN_S
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


async def test_while_nothing_can_be_written_bid_events_are_dropped_and_notices_kept() -> None:
    parts = Parts()
    parts.commits.droppable(b"bid 1\nbid 2\n")
    parts.events.broken = True
    parts.add("kept")
    await parts.commits._flush()
    parts.commits.droppable(b"bid 3\n")
    assert parts.commits.events_dropped == 3
    parts.events.broken = False
    await parts.commits._flush()
    assert parts.events.lines == b"kept\n"
    parts.commits.droppable(b"bid 4\n")
    await parts.commits._flush()
    assert parts.events.lines == b"kept\nbid 4\n"


async def test_a_bid_stands_before_its_notice_in_the_log() -> None:
    parts = Parts()
    parts.commits.line(b"win")
    parts.commits.droppable(b"bid\n")
    await parts.commits._flush()
    assert parts.events.lines == b"bid\nwin\n"


async def test_what_goes_on_failing_is_said_once_a_minute() -> None:
    parts, now = Parts(), 1_000.0
    parts.commits._monotonic = lambda: now
    parts.events.broken = parts.contacts.broken = True
    with structlog.testing.capture_logs() as told:
        parts.add("one")
        for _ in range(130):  # a little more than a minute, twice a second
            await parts.commits._flush()
            now += 0.5
        parts.events.broken = False
        await parts.commits._flush()
        parts.events.broken = True  # it comes and goes
        parts.add("two")
        await parts.commits._flush()
    said = [line["event"] for line in told]
    assert said.count("ledger_unavailable") == 2
    assert said.count("contacts_unavailable") == 2
    assert said.count("ledger_available_again") == 1
    assert "events are broken" in told[1]["error"]
    assert "free space" in told[1]["mend"]


async def test_what_takes_too_long_for_a_turn_goes_on_in_the_next() -> None:
    parts, now, done = Parts(), 0.0, []
    parts.commits._monotonic = lambda: now

    def job(number: int) -> None:
        nonlocal now
        now += TURN_S
        done.append(number)
        parts.add(str(number))

    for number in range(3):
        parts.commits.do(partial(job, number))
    await parts.commits._flush()
    assert (done, parts.pushed) == ([0, 1], ["0", "1"]), "written before the others' turn"
    parts.commits.do(partial(job, 3))
    await parts.commits._flush()
    assert done == [0, 1, 2, 3]
    for number in range(4, 9):
        parts.commits.do(partial(job, number))
    parts.commits.stop()
    await parts.commits.run()
    assert done == list(range(9))
    assert parts.events.lines == b"".join(b"%d\n" % number for number in range(9))


async def test_what_was_left_of_a_turn_is_refused_with_the_next_that_fails() -> None:
    parts, now = Parts(), 0.0
    refused: list[str] = []
    parts.commits._monotonic = lambda: now

    def job() -> None:
        nonlocal now
        now += 2 * TURN_S
        parts.add("one")

    for _ in range(3):
        parts.commits.do(job, refused.append)
    parts.events.broken = True
    await parts.commits._flush()
    assert refused == ["events are broken"] * 2
    parts.events.broken = False
    await parts.commits._flush()
    assert parts.store.durable == [ENTRY]


async def test_last_commit_is_made_on_the_way_out() -> None:
    parts = Parts()
    running = asyncio.create_task(parts.commits.run())
    await asyncio.sleep(0)
    parts.add("one")
    parts.commits.stop()
    await running
    assert parts.store.durable == [ENTRY]
