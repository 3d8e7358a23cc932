"""An encrypted price bills one bid: who else comes with it is told whose it is."""

from adserver.domain.seals import OUTLIVE_S, Seals, known_by

FIRST, SECOND = b"1" * 16, b"2" * 16


def test_a_price_is_known_by_a_short_hash_that_differs_for_each_exchange() -> None:
    known = known_by("north", b"encrypted")
    assert len(known) == 12
    assert known == known_by("north", b"encrypted")
    others = {known_by("south", b"encrypted"), known_by("north", b"Encrypted"), known_by("", b"encrypted")}  # fmt: skip
    assert len({known, *others}) == 4


def test_a_price_in_the_open_is_known_by_nothing() -> None:
    assert known_by("north", b"") == b""


def test_exchanges_with_names_longer_than_a_hash_takes_are_known_too() -> None:
    """BLAKE2b takes keys of at most 64 bytes."""
    assert len(known_by("n" * 64 + "orth", b"encrypted")) == 12


def test_only_another_bid_is_told_whose_the_price_is() -> None:
    seals = Seals()
    seals.bill(b"seal", FIRST, 1_000)
    assert seals.another(b"seal", SECOND) == FIRST
    assert seals.another(b"seal", FIRST) is None
    assert seals.another(b"fresh", SECOND) is None


def test_prices_in_the_open_are_not_remembered() -> None:
    seals = Seals()
    seals.bill(b"", FIRST, 1_000)
    assert seals.billed == {}
    assert Seals({b"": (FIRST, 1_000)}).another(b"", SECOND) is None


def test_a_price_outlives_the_bid_that_it_billed_by_a_day() -> None:
    seals = Seals()
    seals.bill(b"seal", FIRST, 1_000)
    seals.bill(b"later", SECOND, 1_001)
    seals.prune(1_000 + OUTLIVE_S)
    assert seals.billed.keys() == {b"seal", b"later"}
    seals.prune(1_001 + OUTLIVE_S)
    assert seals.billed.keys() == {b"later"}


def test_going_on_from_what_was_billed_leaves_that_alone() -> None:
    before = {b"seal": (FIRST, 1_000)}
    seals = Seals(before)
    seals.bill(b"fresh", SECOND, 1_000)
    assert before == {b"seal": (FIRST, 1_000)}
    assert seals.another(b"seal", SECOND) == FIRST
