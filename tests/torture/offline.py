"""The real explainer without a server: the same gathering and deciding, with everything else at hand."""

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

import msgspec

from adapters.campaigns.yaml_folder import Config
from adapters.context.crawlers import KnownCrawlers
from adapters.exchanges.google import Google
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.review import bars
from adserver.catalog.snapshot import Snapshot
from adserver.decision.world import World
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Nanos, Rates
from adserver.domain.networks import Networks, network
from adserver.domain.person import Found, PersonKey, Profile, Touch, pseudonymiser
from adserver.domain.restricted import Where
from adserver.endpoints.explain import Explainer
from adserver.endpoints.gathering import Gatherer
from adserver.openrtb.dialect import Agreed
from adserver.privacy.rules import Rules
from adserver.validity.judge import Lists, RequestJudge
from adserver.validity.rates import RateTable
from tests.fakes.click_model import FakeClickModel, FakeOrderModel
from tests.torture import selling, strict
from tests.torture.kinds import CAREFUL, EXCHANGES, KINDS
from tests.torture.situations import Situation

Json = dict[str, Any]

RULES = msgspec.convert(strict.RULES, dict[str, Where])
TERMS = {
    name: ExchangeTerms(name=name, approval="required" if name in CAREFUL else "none")
    for name in EXCHANGES
}
MIDNIGHT_S = 1_795_046_400
"""Of some day, UTC."""
HOUR_S = 3_600
NOBODYS_BITS = 0
EVERYBODY = -1


def compiled(advertisers: Mapping[str, Json]) -> Snapshot:
    """Return a catalog as the server would load it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in advertisers.items():
            Path(folder, f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
        Path(folder, strict.BLOCK_LIST).write_text(strict.BLOCKED, encoding="utf-8")
        catalog = Config(folder).build(EXCHANGES).load()
        return compile_snapshot(catalog, bars=bars(catalog, TERMS, {}, RULES))


class Bench:
    """What the explainer asks for apart from the request; it answers as the situation says.

    Purse, profiles, contacts, kill switch and clock in one.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.situation = Situation("banner", {}, {}, KINDS["banner"].home)
        self.paces = [1.0] * len(snapshot.line_items)
        self.claims: Counter[int] = Counter()
        self.exchanges: frozenset[str] = frozenset()
        self.everything = False
        self.candidates = NOBODYS_BITS
        self.funded = EVERYBODY
        self.counted_since_s = 0.0
        self.hold_s: Mapping[str, int] = {}
        self.good_until = self.most_apart_s = inf
        self.least_apart_s = -inf
        self.line_items = snapshot.line_items
        self._items = {item.id: item.number for item in snapshot.line_items}
        heard = Google(Agreed(**strict.NUMBERS))
        self._explainer = Explainer(
            world=World(snapshot=snapshot, clicks=FakeClickModel(), orders=FakeOrderModel()),
            terms=TERMS,
            gatherer=Gatherer(
                snapshot=snapshot,
                rates=Rates("USD", {}),
                rules=Rules(0),
                pseudonym=pseudonymiser(b"s" * 32),
                profiles=self,
                contacts=self,
                clock=self,
                judge=RequestJudge(
                    crawlers=KnownCrawlers(),
                    lists=[Lists("clouds", Networks([network(strict.CLOUDS)]))],
                    per_id=_Haste(self),
                    monotonic=self.now,
                ),
                supply=selling.gate(*EXCHANGES),
                hears=dict.fromkeys(EXCHANGES, heard.hear) if heard.hear is not None else {},
            ),
            purse=self,
            stopped=self,
            clock=self,
        )

    async def explain(self, situation: Situation) -> Json:
        """Return the walk of the situation's request."""
        self.situation = situation
        self.everything = situation.stopped
        self.candidates = EVERYBODY if situation.advertiser_stopped else NOBODYS_BITS
        self.funded = EVERYBODY if situation.funded else NOBODYS_BITS
        body = msgspec.json.encode(situation.request)
        return await self._explainer.explain(body, situation.exchange)

    # --- the clock, the person ---

    def now(self) -> float:
        """Return the situation's hour of the day."""
        return MIDNIGHT_S + self.situation.hour * HOUR_S

    def find(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Return a person who has seen the line items of the situation's kind."""
        numbers = [self._items[f"{self.situation.kind}-{which}"] for which in ("open", "bound")]
        touches = tuple(
            Touch("impression", int(now_s) - HOUR_S, number, 1, bytes([which, time]) * 8)
            for time in range(self.situation.seen)
            for which, number in enumerate(numbers)
        )
        return Found(ids[0], Profile((), touches))

    def merged(
        self, person: PersonKey, stored: tuple[Touch, ...], aliases: Sequence[PersonKey] = ()
    ) -> tuple[Touch, ...]:
        """Return what is stored: there is nothing younger."""
        return stored

    def expect(self, person: PersonKey, touch: Touch, now_s: float) -> None:
        """Explaining makes no contacts."""
        raise AssertionError("an explanation counted a contact")

    def forget(self, bid: bytes) -> None:
        """Explaining makes no contacts."""
        raise AssertionError("an explanation forgot a contact")

    # --- the purse ---

    def claim(self, line_item: int, exchange: str, amount: Nanos) -> bool:
        """Take the amount, if the situation allows it."""
        if not self.situation.claimable or not self.covers(exchange, amount):
            return False
        self.claims[line_item] += amount
        return True

    def covers(self, exchange: str, amount: Nanos) -> bool:
        """Tell whether the ceiling allows it."""
        return self.situation.covered and (amount == 1 or self.situation.covered_at_claim)

    def put_back(self, line_item: int, exchange: str, amount: Nanos) -> None:
        """Undo a claim."""
        self.claims[line_item] -= amount

    def look(self, steady_s: float, now_s: float) -> None:
        """Explaining goes on without an owner."""

    def hold(
        self,
        bid: bytes,
        line_item: int,
        exchange: str,
        amount: Nanos,
        until_s: int,
        held_s: int = 0,
    ) -> None:
        """Explaining holds nothing."""
        raise AssertionError("an explanation held money")


class _Haste(RateTable):
    """Says of everybody what the situation says."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(1, 1, b"")
        self._bench = bench

    def exceeds(self, who: bytes, now: float, *, counts: bool = True) -> bool:
        """Tell whether the situation is hasty."""
        return self._bench.situation.hasty


def all_kinds() -> Bench:
    """Return the bench with the strict catalog."""
    return Bench(compiled(strict.advertisers(dayparts=["mon-sun 00:00-23:00"])))
