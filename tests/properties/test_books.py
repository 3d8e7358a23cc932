"""Whatever happens in whatever order: every total of the accounts is the sum of the books."""

import random
from itertools import count

import msgspec
import pytest

from adserver.background.money_messages import Amendment
from adserver.domain.balance import faults
from adserver.domain.campaign import Budget
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry
from adserver.domain.ledger import LIFETIME, Ledger
from adserver.processes.owner.amendments import amend
from tests.properties.test_money import ACTS, OFTEN, WORKERS, Market, catalog

DAY_S = 86_400


@pytest.fixture(params=(0, 1, 2, 4))
def market(request: pytest.FixtureRequest) -> Market:
    """Return a market after some weeks, with notices late and too dear, corrections and broken lines."""
    dice = random.Random(request.param)
    numbers = count()
    market = Market(catalog([Budget(9_000), Budget(None, 3_000)], Budget(25_000), Budget()), 4_000)
    for step in range(600):
        market.step(dice.choices(ACTS, OFTEN)[0], dice.randrange(WORKERS), dice.randrange(10**6))
        if step % 50 == 49:
            market.now_s += dice.randrange(3 * DAY_S)
            amendment = Amendment(
                next(numbers).to_bytes(16), dice.choice(market.numbers), "north",
                int(market.now_s) - dice.randrange(50 * DAY_S), dice.randrange(-500, 500), dice.randrange(9),
                dice.randrange(-500, 500), "EUR", "a report",
            )  # fmt: skip
            amend(market.ledger, market.enter, market.lines, amendment, market.now_s)
        assert list(faults(market.ledger)) == []
    return market


def test_books_agree_with_accounts_in_every_form(market: Market) -> None:
    books = market.ledger.books
    assert len(list(books)) > 10
    assert books.claims
    assert sum(line.row.late for line in books)
    assert sum(line.row.adjusted for line in books)
    wire = msgspec.msgpack.encode(market.journal)
    again = Ledger(msgspec.msgpack.decode(wire, type=list[AnyEntry]))
    assert list(faults(again)) == []
    assert again.books.state() == books.state()
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(checkpoint(again)), type=AnyEntry)
    assert list(faults(Ledger([kept]))) == []
    assert Ledger([kept]).books.state() == books.state()


def test_pruning_adds_up_by_month_and_changes_no_sum(market: Market) -> None:
    ledger = Ledger(market.journal)
    before = len(ledger.books.rows)
    ledger.prune(market.now_s + 101 * DAY_S)
    assert list(faults(ledger)) == []
    assert len(ledger.books.rows) < before
    assert {len(line.key.day) for line in ledger.books} == {len("2026-11")}
    life = ledger.account(f"advertiser/shop{LIFETIME}")
    assert sum(line.row.total for line in ledger.books) == life.settled + life.late


@pytest.mark.parametrize("what", ["settled", "outstanding", "late"])
def test_a_nano_that_is_moved_in_any_account_is_seen(market: Market, what: str) -> None:
    for name, account in market.ledger.accounts.items():
        is_ceiling = name.startswith(("exchange/", "all/"))
        if is_ceiling and what != "outstanding":
            continue  # hours are in no books
        setattr(account, what, getattr(account, what) + 1)
        assert list(faults(market.ledger)), name
        setattr(account, what, getattr(account, what) - 1)
    assert list(faults(market.ledger)) == []


def test_a_nano_that_is_moved_in_any_row_is_seen(market: Market) -> None:
    for line in market.ledger.books:
        for part in ("media", "data", "late", "adjusted_media", "adjusted_fees"):
            setattr(line.row, part, getattr(line.row, part) + 1)
            assert list(faults(market.ledger)), part
            setattr(line.row, part, getattr(line.row, part) - 1)
    assert list(faults(market.ledger)) == []
