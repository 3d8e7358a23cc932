"""Notices as they come in the wild, from HTTP to the books: each case in `tests/cases/notices` states its outcome."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.exchanges import DIALECTS
from adapters.exchanges.plain_prices import read_plain_price
from adserver.background.spending import RELEASE_AFTER_S
from adserver.domain.balance import faults
from adserver.domain.entries import (
    AnyEntry,
    Granted,
    LateLiability,
    Leased,
    Opened,
    Released,
    Settled,
)
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.ledger import Ledger
from adserver.domain.notice import Fact, Notice
from adserver.domain.ticket import Ticket
from adserver.endpoints.intake import Intake
from adserver.endpoints.notices import Notices
from adserver.endpoints.tokens import Key, TokenVault
from adserver.openrtb.dialect import Agreed, PriceKeys, Unread
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.lines import Lines
from adserver.processes.owner.notices import Notices as Facts
from adserver.processes.owner.settling import Settling
from tests.unit.adapters_exchanges.sealing import KEYS, iv, sealed_bytes
from tests.unit.endpoints.desk import NOW_S, TICKET, Moment, counted, serving
from tests.unit.processes.owner_world import TENT, Source

CASES = Path(__file__).parents[2] / "cases" / "notices"
ANOTHER = PriceKeys(bytes(range(64, 96)), bytes(range(96, 128)))
BIDS = 2
LEASE = 1
NAMES = ("line_item/tent", "insertion_order/order", "campaign/summer", "advertiser/shop")
VAULT = TokenVault([Key(1, b"k" * 32)])


class Owner:
    """The owner's part of the way, without its process: what is recorded changes the ledger at once."""

    def __init__(self, clock: Moment) -> None:
        self.entries: list[AnyEntry] = []
        self.ledger = Ledger()
        self._clock = clock
        accounts = tuple(f"{name}/{window}" for name in NAMES for window in ("life", "a day long"))
        for entry in (
            Leased(LEASE, NOW_S),
            Opened(1, TENT, accounts, NOW_S - 86_400, NOW_S + 86_400),
            Granted(LEASE, 1, 10 * TICKET.reserved),
        ):
            self._enter(entry)
        lines = Lines(Source().load(), {})
        grants = Grants(self.ledger, self._enter, lines, 3_600)
        self._facts = Facts(
            self.ledger, self._enter, lines, Settling(self.ledger, self._enter, grants)
        )

    def _enter(self, entry: AnyEntry) -> None:
        self.ledger.apply(entry)
        self.entries.append(entry)

    async def record(self, fact: Fact) -> bool:
        """Count it; the worker has let go by then of what its bids held as long as they may."""
        assert isinstance(fact, Notice)
        until_s = int(self._clock.now()) - RELEASE_AFTER_S
        self._enter(Released(LEASE, until_s))
        return self._facts.notice(fact, self._clock.now()).first

    def media(self, kind: type[Settled]) -> list[int]:
        """Return what each bid was charged as media by entries of exactly this kind, in the order of bids."""
        found = {each.bid: each.media for each in self.entries if type(each) is kind}
        return [found[bid] for bid in sorted(found)]


def cases() -> Iterator[Any]:
    for file in sorted(CASES.glob("*.json")):
        table = json.loads(file.read_text("utf-8"))
        assert next(iter(table)) == "why"
        for case in table["cases"]:
            assert next(iter(case)) == "why"
            dialect = table.get("dialect", "openrtb")
            yield pytest.param(dialect, case, id=f"{file.stem}: {case['why']}")


def ticket(number: int) -> Ticket:
    return msgspec.structs.replace(
        TICKET, bid=bytes([number + 1]) * 16, line_item=TENT, lease=LEASE
    )


def token(step: dict[str, Any]) -> str:
    """Return a bid's token, altered as the step says."""
    text = VAULT.seal(ticket(step.get("bid", 0)))
    if "flip" in step:
        raw = bytearray(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        at = step["flip"] % (8 * len(raw))
        raw[at // 8] ^= 1 << (7 - at % 8)
        text = urlsafe_b64encode(raw).rstrip(b"=").decode()
    return text[: len(text) - step.get("cut", 0)]


def price(written: Any) -> str:
    """Return the query: a text as it stands, or an encrypted price."""
    if written is None:
        return ""
    if written == "digits":
        return "?p=" + "9" * 400
    if isinstance(written, str):
        return f"?p={written}"
    nonce = iv(TICKET.at_s + written.get("age_s", 5), written.get("number", 0))
    keys = ANOTHER if written.get("keys") == "another" else KEYS
    raw = bytearray(sealed_bytes(written["sealed"], nonce, keys))
    if "flip" in written:
        raw[written["flip"] // 8] ^= 1 << (written["flip"] % 8)
    return "?p=" + urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize(("dialect", "case"), list(cases()))
async def test_a_notice_has_the_outcome_that_its_case_states(
    dialect: str, case: dict[str, Any]
) -> None:
    clock = Moment()
    owner = Owner(clock)
    reader = DIALECTS[dialect](Agreed(price_keys=(KEYS,))).read_price
    intake = Intake(
        vault=VAULT, owner=owner, clock=clock, terms={"north": ExchangeTerms(name="north")},
        price_readers={"north": reader}, plain=read_plain_price,
    )  # fmt: skip
    unread = {why: counted("adserver_prices_unread", exchange="north", why=why) for why in Unread}
    async with serving(Notices(intake)) as client:
        for step in case["steps"]:
            clock.now_s = NOW_S + step.get("at_s", 0)
            path = f"/n/{step.get('kind', 'billing')}/{token(step)}{price(step.get('p'))}"
            assert (await client.get(path)).status == step.get("status", 200)
    assert owner.media(Settled) == case.get("media", [])
    assert owner.media(LateLiability) == case.get("late", [])
    assert owner.ledger.quarantined == case.get("quarantined", 0)
    assert (
        sum(claim.notices for claim in owner.ledger.books.claims.values())
        == owner.ledger.quarantined
    )
    grown = [
        why
        for why, before in unread.items()
        if counted("adserver_prices_unread", exchange="north", why=why) > before
    ]
    assert grown == ([case["unread"]] if "unread" in case else [])
    assert list(faults(owner.ledger)) == []
