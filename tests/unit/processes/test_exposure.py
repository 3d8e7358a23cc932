"""What may still be billed of bids that hold nothing: as workers told, and for whoever comes after, never less."""

from random import Random

from adserver.domain.entries import AnyEntry, Closed, Expired, Leased, Released
from adserver.domain.ledger import Ledger
from adserver.processes.owner.exposure import ROOM, TOO_MUCH, Exposure


class Owner:
    """A ledger with two leases, and what was entered."""

    def __init__(self) -> None:
        self.entries: list[AnyEntry] = [Leased(1, 5), Leased(2, 5)]
        self.ledger = Ledger(self.entries)
        self.exposure = Exposure(self.ledger, self.enter)

    def enter(self, entry: AnyEntry) -> None:
        """As the owner: apply, then keep."""
        self.ledger.apply(entry)
        self.entries.append(entry)

    def told(self) -> list[AnyEntry]:
        """Return what was entered since the leases."""
        return self.entries[2:]

    def successor(self) -> Exposure:
        """Return what another owner knows, whom no worker told anything."""
        return Exposure(Ledger(self.entries), self.enter)


def test_letting_go_is_an_entry_with_what_changed() -> None:
    owner = Owner()
    owner.exposure.release(1, 90, {})
    owner.exposure.release(1, 91, {8: 20, 7: 10})
    owner.exposure.release(1, 92, {8: 2 * 20, 7: 0})
    assert owner.told() == [
        Released(1, 90),
        Released(1, 91, {7: ROOM * 10, 8: ROOM * 20}),
        Released(1, 92, {7: 0}),
    ]


def test_no_news_is_no_entry() -> None:
    owner = Owner()
    owner.exposure.release(1, 0, {})
    owner.exposure.release(1, 90, {8: 20})
    del owner.entries[2:]
    for exposed in (20, 21, 5):
        owner.exposure.release(1, 90, {8: exposed})
        owner.exposure.release(1, 0, {8: exposed})
        assert owner.exposure.of(8) == exposed
    assert owner.told() == []
    owner.exposure.release(1, 0, {8: 4})
    assert owner.told() == [Released(1, 0, {8: 8})]


def test_a_lease_that_is_over_lets_go_of_nothing() -> None:
    owner = Owner()
    owner.enter(Expired(1))
    owner.exposure.release(1, 90, {8: 20})
    assert owner.told() == [Expired(1)]
    assert owner.exposure.of(8) == 0


def test_it_counts_until_the_lease_has_expired_whoever_was_told() -> None:
    owner = Owner()
    owner.exposure.release(1, 90, {8: 20})
    owner.exposure.release(2, 90, {8: 3, 9: 1})
    owner.enter(Closed(1, 100))
    assert [owner.exposure.of(key) for key in (7, 8, 9)] == [0, 23, 1]
    assert [owner.successor().of(key) for key in (7, 8, 9)] == [0, 46, 2]
    owner.enter(Expired(1))
    assert (owner.exposure.of(8), owner.successor().of(8)) == (3, 6)
    owner.exposure.prune()
    assert owner.exposure._of_lease.keys() == {2}


def test_a_successor_never_prints_less_and_seldom_much_more() -> None:
    dice = Random(7)
    owner, exposed = Owner(), dict[int, int]()
    for second in range(300):
        for key in (7, 8):
            exposed[key] = max(0, exposed.get(key, 0) + dice.randint(-40, 45))
        owner.exposure.release(1, second, {key: n for key, n in exposed.items() if n})
        for key, amount in exposed.items():
            assert owner.exposure.of(key) == amount
            assert amount <= owner.successor().of(key) <= TOO_MUCH * amount
    changes = [entry for entry in owner.told() if isinstance(entry, Released) and entry.exposed]
    assert len(changes) < 100
