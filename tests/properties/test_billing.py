"""Whatever an exchange declares and calls, in whatever order and however often: a bid is charged at most once, and only
by the declared event.
"""

import asyncio
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.exchanges import DIALECTS
from adapters.exchanges.plain_prices import read_plain_price
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry, LateLiability, Quarantined, Settled
from adserver.domain.exchange import Billable, ExchangeTerms
from adserver.domain.ledger import Ledger
from adserver.domain.notice import Fact, Kind, Notice
from adserver.domain.opportunity import MediaType
from adserver.domain.ticket import Ticket
from adserver.endpoints.intake import Intake
from adserver.endpoints.tokens import Key, TokenVault
from adserver.openrtb.dialect import Agreed
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.lines import Lines
from adserver.processes.owner.notices import Notices
from adserver.processes.owner.settling import Settling
from tests.unit.adapters_exchanges.sealing import KEYS, iv, sealed
from tests.unit.endpoints.desk import NOW_S, TICKET, Moment
from tests.unit.processes.owner_world import TENT, Source

BILLABLES: tuple[Billable, ...] = ("win", "billing", "impression")
KINDS: tuple[Kind, ...] = ("win", "billing", "impression", "loss", "click", "complete")
BIDS = 3
OFFER = TICKET.wire_price
ODD = ("", "AUDIT", "${AUCTION_PRICE}", "-1", "1e99", "NaN", "x" * 38, None)
_VAULT = TokenVault([Key(1, b"k" * 32)])


class Call(NamedTuple):
    """One notice: of which bid, of what kind, with which price, said of which bid and made when."""

    bid: int
    kind: Kind
    micros: int | None
    """Per mille; `None`: what is in `odd` stands there."""
    odd: str | None
    copied_from: int
    age_s: int


class Books:
    """The owner's notices over a ledger in memory, behind the port that workers see."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.entries: list[AnyEntry] = []
        lines = Lines(Source().load(), {})
        grants = Grants(self.ledger, self._enter, lines, 3_600)
        settling = Settling(self.ledger, self._enter, grants)
        self._notices = Notices(self.ledger, self._enter, lines, settling)

    def _enter(self, entry: AnyEntry) -> None:
        self.ledger.apply(entry)
        self.entries.append(entry)

    async def record(self, fact: Fact) -> bool:
        """Count it."""
        assert isinstance(fact, Notice)
        return self._notices.notice(fact, NOW_S).first


def tickets(media: MediaType, *, out_of_home: bool) -> list[Ticket]:
    """Return bids that differ in nothing but their id."""
    return [
        msgspec.structs.replace(
            TICKET, bid=bytes([number]) * 16, media_type=media.value, line_item=TENT, out_of_home=out_of_home,
            reserved=2 * TICKET.price,
        )
        for number in range(BIDS)
    ]  # fmt: skip


def written(call: Call, *, encrypted: bool) -> str | None:
    """Return what arrives as the price; the bid that it was made for is in its seal."""
    if call.micros is None:
        return call.odd
    if not encrypted:
        return str(call.micros / 1_000_000)
    return sealed(call.micros // 1_000, iv(TICKET.at_s + call.age_s, call.copied_from))


def play(
    terms: ExchangeTerms, media: MediaType, calls: Sequence[Call], *, encrypted: bool, out_of_home: bool = False
) -> Books:  # fmt: skip
    """Return the books after an exchange has called all this."""
    books = Books()
    dialect = DIALECTS["google" if encrypted else "openrtb"](Agreed(price_keys=(KEYS,)))
    intake = Intake(
        vault=_VAULT, owner=books, clock=Moment(), terms={terms.name: terms},
        price_readers={terms.name: dialect.read_price}, plain=read_plain_price,
    )  # fmt: skip
    tokens = [_VAULT.seal(ticket) for ticket in tickets(media, out_of_home=out_of_home)]

    async def tell() -> None:
        for call in calls:
            price = written(call, encrypted=encrypted)
            query = {} if price is None else {"p": price}
            await intake.take(call.kind, tokens[call.bid], query)

    asyncio.run(tell())
    return books


def expected(billable: Billable, calls: Sequence[Call], *, encrypted: bool) -> dict[int, int]:
    """Return by the obvious loop what each bid must cost as media, nanos."""
    owed: dict[int, int] = {}
    used: dict[tuple[int, int], int] = {}
    for call in calls:
        if call.kind != billable or call.bid in owed or call.micros is None:
            continue
        micros = call.micros // 1_000 * 1_000 if encrypted else call.micros
        mark = (call.copied_from, call.age_s)
        if encrypted:
            fresh = -60 <= call.age_s <= NOW_S - TICKET.at_s + 60
            if not fresh or used.get(mark, call.bid) != call.bid:
                continue
        if not 0 <= micros <= OFFER:
            continue
        if encrypted:
            used[mark] = call.bid
        owed[call.bid] = round(Fraction(TICKET.price * micros, OFFER))
    return owed


calls = st.lists(
    st.builds(
        Call,
        bid=st.integers(0, BIDS - 1),
        kind=st.sampled_from((*BILLABLES * 4, *KINDS)),
        micros=st.sampled_from([0, 1_000, OFFER, OFFER, OFFER + 1_000, 10**12, None]) | st.integers(0, OFFER),
        odd=st.sampled_from(ODD),
        copied_from=st.integers(0, 1),
        age_s=st.sampled_from([5, 5, 5, 5, -61, -60, 120, 121]),
    ),
    min_size=5,
    max_size=40,
)  # fmt: skip


@settings(max_examples=200)
@given(
    st.tuples(*[st.sampled_from(BILLABLES)] * 5),
    st.sampled_from(MediaType),
    st.booleans(),
    st.sampled_from([True, True, False]),
    calls,
)
def test_a_bid_is_charged_once_at_most_and_only_by_what_was_declared(
    declared: tuple[Billable, ...], media: MediaType, out_of_home: bool, encrypted: bool, told: list[Call]  # noqa: FBT001 - hypothesis
) -> None:  # fmt: skip
    """Over every declaration, medium and encoding: repetitions, orders, altered, copied and aged prices."""
    fields: tuple[str, ...] = ("banner", "video", "audio", "native", "out_of_home")
    names: dict[str, Any] = {f"billable_{each}": kind for each, kind in zip(fields, declared, strict=True)}  # fmt: skip
    terms = ExchangeTerms(name=TICKET.exchange, **names)
    billable = names["billable_out_of_home" if out_of_home else f"billable_{media.name.lower()}"]
    books = play(terms, media, told, encrypted=encrypted, out_of_home=out_of_home)
    charged = [entry for entry in books.entries if isinstance(entry, Settled)]
    assert len({entry.bid for entry in charged}) == len(charged)
    assert {entry.kind for entry in charged} <= {billable}
    assert {entry.kind for entry in books.entries if isinstance(entry, Quarantined)} <= {billable}
    assert {entry.bid[0]: entry.media for entry in charged} == expected(
        billable, told, encrypted=encrypted
    )
    # Replayed from the journal it is the same, prices that were used included.
    again = Ledger(books.entries)
    assert (again.charged, again.seals.billed) == (books.ledger.charged, books.ledger.seals.billed)
    assert Ledger([checkpoint(again)]).seals.billed == again.seals.billed


def _each_twice(price: int | None = OFFER) -> list[Call]:
    return [Call(0, kind, price, None, 0, 0) for kind in KINDS for _ in range(2)]


def test_every_declaration_is_billed_by_its_event_alone() -> None:
    """Not by chance but all of them: each medium, each declaration, all notices twice."""
    for media, billable, out_of_home in product(MediaType, BILLABLES, (False, True)):
        name = "out_of_home" if out_of_home else media.name.lower()
        declared: dict[str, Any] = {f"billable_{name}": billable}
        terms = ExchangeTerms(name=TICKET.exchange, **declared)
        books = play(terms, media, _each_twice(), encrypted=False, out_of_home=out_of_home)
        assert [entry.kind for entry in books.entries if isinstance(entry, Settled)] == [billable]


def test_every_dialect_bills_by_what_it_declares() -> None:
    for name, media in product(DIALECTS, MediaType):
        terms = ExchangeTerms(**{"name": TICKET.exchange, **DIALECTS[name].defaults})
        books = play(terms, media, _each_twice(), encrypted=False)
        kinds = [entry.kind for entry in books.entries if isinstance(entry, Settled)]
        assert kinds == [terms.billable(media)], (name, media)


def test_a_price_that_billed_one_bid_bills_no_other() -> None:
    terms = ExchangeTerms(name=TICKET.exchange)
    stolen = [Call(0, "billing", 1_000, None, 7, 5), Call(1, "billing", 1_000, None, 7, 5)]
    books = play(terms, MediaType.BANNER, stolen, encrypted=True)
    charged = [entry for entry in books.entries if isinstance(entry, Settled)]
    assert [entry.bid[0] for entry in charged] == [0]
    assert all(isinstance(entry, LateLiability) or entry.media for entry in charged)
