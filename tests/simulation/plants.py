"""Faults planted into the code, one at a time: a judge that finds none of them would be worth nothing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from unittest.mock import patch

from adapters.ledger.journal import Journal
from adserver.background.contacts import PendingContacts
from adserver.background.purse import LeasedPurse
from adserver.domain.entries import AnyEntry, Closed, Expired, Granted, Leased
from adserver.domain.ledger import OPEN, Ledger
from adserver.processes.owner.grants import Grants

Plant = Callable[[], AbstractContextManager[object]]


def _forgets_to_close() -> AbstractContextManager[object]:
    """The owner does not close the leases of those who hang up: what they held is never free again."""
    return patch.object(Grants, "close", lambda *_: None)


def _resolves_twice() -> AbstractContextManager[object]:
    """A bid that is resolved gives its worker twice what was not charged."""
    release = LeasedPurse._release

    def twice(purse: LeasedPurse, hold: object, charged: int) -> None:
        release(purse, hold, charged)  # type: ignore[arg-type]
        release(purse, hold, charged)  # type: ignore[arg-type]

    return patch.object(LeasedPurse, "_release", twice)


def _acknowledges_before_writing() -> AbstractContextManager[object]:
    """A commit returns before the frame is on the disk: what is written later is lost if the owner dies first."""

    async def at_once(journal: Journal) -> None:
        journal._lazily = getattr(journal, "_lazily", 0) + 1  # type: ignore[attr-defined]
        if journal._lazily % 3 == 0:  # type: ignore[attr-defined]
            await commit(journal)

    commit = Journal.commit
    return patch.object(Journal, "commit", at_once)


def _counts_repetitions() -> AbstractContextManager[object]:
    """The owner does not know a bid again that was charged."""
    settle = Ledger._settle

    @contextmanager
    def planted() -> Iterator[None]:
        def forgetful(ledger: Ledger, entry: object) -> None:
            settle(ledger, entry)  # type: ignore[arg-type]
            ledger.charged.clear()

        with patch.object(Ledger, "_settle", forgetful):
            yield

    return planted()


def _ignores_the_deadline() -> AbstractContextManager[object]:
    """A worker bids on without its owner, for ever."""
    return patch.object(LeasedPurse, "suspend", lambda _: None)


def _expires_too_early() -> AbstractContextManager[object]:
    """The owner frees what the dead held as soon as they are gone."""

    def early(grants: Grants, now_s: float) -> None:
        for lease, closed_s in list(grants._ledger.leases.items()):
            if closed_s != OPEN and now_s > closed_s + 1:
                grants._enter(Expired(lease))

    return patch.object(Grants, "expire", early)


def _grants_too_much() -> AbstractContextManager[object]:
    """The owner sees a nano more of room than there is, now and then more."""
    headroom = Ledger.headroom

    def generous(ledger: Ledger, name: str, limit: int) -> int:
        return headroom(ledger, name, limit) + limit // 50

    return patch.object(Ledger, "headroom", generous)


def _forgets_its_own_bids() -> AbstractContextManager[object]:
    """Caps do not count what is in flight."""
    return patch.object(PendingContacts, "expect", lambda *_: None)


def _gives_a_lease_again() -> AbstractContextManager[object]:
    """The next lease number is the lowest that is free."""

    def reused(grants: Grants, now_s: float) -> int:
        known = grants._ledger.leases
        number = next(each for each in count(1) if each not in known)
        grants._enter(Leased(number, int(now_s)))
        return number

    return patch.object(Grants, "lease", reused)


def _drops_a_frame() -> AbstractContextManager[object]:
    """Whoever starts anew leaves out the last frame."""
    replay = Journal.replay

    def short(journal: Journal) -> Iterator[AnyEntry]:
        entries = list(replay(journal))
        return iter(
            entries[:-1] if entries and isinstance(entries[-1], Closed | Granted) else entries
        )

    return patch.object(Journal, "replay", short)


def _lets_go_by_itself() -> AbstractContextManager[object]:
    """A worker lets go of what bids hold when their time is over, without a word to the owner."""
    releases = LeasedPurse.releases

    def at_once(purse: LeasedPurse, now_s: float) -> None:
        release = releases(purse, now_s)
        if release is not None:
            purse.released(release.until_s)

    return patch.object(LeasedPurse, "releases", at_once)


def _pays_what_was_let_go() -> AbstractContextManager[object]:
    """The owner forgets what leases let go of."""
    return patch.object(Ledger, "_release", lambda *_: None)


PLANTS: Mapping[str, tuple[Plant, frozenset[str]]] = {
    "owner forgets to close leases": (_forgets_to_close, frozenset({"I7"})),
    "purse gives back twice": (_resolves_twice, frozenset({"I6", "I2"})),
    "commit acknowledges before the write": (_acknowledges_before_writing, frozenset({"I4"})),
    "repetitions are charged again": (_counts_repetitions, frozenset({"I3"})),
    "worker ignores its deadline": (_ignores_the_deadline, frozenset({"I9"})),
    "leases expire too early": (_expires_too_early, frozenset({"I2"})),
    "more is granted than is left": (_grants_too_much, frozenset({"I1"})),
    "caps do not count bids in flight": (_forgets_its_own_bids, frozenset({"I8"})),
    "a lease number is given again": (_gives_a_lease_again, frozenset({"I10"})),
    "a worker lets go by itself": (_lets_go_by_itself, frozenset({"I6", "I14"})),
    "leases pay what they let go of": (_pays_what_was_let_go, frozenset({"I6", "I14"})),
    "the last frame is not read again": (_drops_a_frame, frozenset({"I4"})),
}
"""What is planted, and which invariants may catch it first."""
