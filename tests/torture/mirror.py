"""A bidder in memory that is the same before every request, so that two answers differ only if the requests do.

Its parts are the real ones. Chance, clock, money and young contacts begin anew with each question; what it would
write is kept, to be compared. Its click model looks at all that a decision is told, so that nothing stays unseen.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
import structlog

from adserver.domain.candidate import Candidate
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import Auction, Opportunity
from adserver.domain.person import Found, PersonKey, Touch
from adserver.endpoints.explain import Explainer
from adserver.endpoints.messages import Reply, Request
from tests.endpoints.catalogs import everything, line_item
from tests.endpoints.client import EXCHANGE
from tests.fakes.worker import FakeWorker, Parts

Json = dict[str, Any]
Finder = Callable[[Sequence[PersonKey]], Found]

NOW_S = 1_795_046_400 + 12 * 3_600.0
"""Noon of some day, UTC."""
VENDOR = 42
SEGMENTS = ("dmp:cyclist", "dmp:owner", "dmp:gardener", "dmp:parent")
MOST_CREATIVES = 9
"""Of each kind; an explanation takes as long as there are candidates."""
AUDIENCES = (
    "dmp:cyclist", "dmp:owner and not dmp:parent", "not dmp:owner", "dmp:gardener or (dmp:parent and dmp:cyclist)",
)  # fmt: skip


EXACT_PLACES: tuple[Json, ...] = (
    {"near": [{"latitude": 0, "longitude": 0, "km": 1_000}]},
    {"near": {"exclude": [{"latitude": 45, "longitude": 45, "km": 1_000}]}},
    {"postcode": {"exclude": ["USA/53202"]}},
)


def advertisers() -> Json:
    """Return campaigns for every kind of space, for everybody, for audiences, for exact places, and with caps of both
    sorts.
    """
    found: Json = everything()
    for name in ("posters", "films", "stories"):
        orders = found[name]["campaigns"][0]["insertion_orders"]
        del orders[0]["line_items"][1:-1]  # the first for everybody and the one for deals will do
        ids = [creative["id"] for creative in found[name]["creatives"]][:MOST_CREATIVES]
        found[name]["creatives"] = found[name]["creatives"][:MOST_CREATIVES]
        for item in orders[0]["line_items"]:
            item["creatives"] = ids
        for number, audience in enumerate(AUDIENCES):
            chosen: Json = {"targeting": {"audience": audience}, "frequency_caps": ["2 per day"]}
            worth = {"goal": {"cpc": 90 + number, "max_cpm": 900}}
            orders[0]["line_items"].append(line_item(f"{name}-{number}-by", ids, **chosen, **worth))
        home = [{"impressions": 2, "hours": 24, "per": "household"}]
        orders[0]["line_items"].append(
            line_item(f"{name}-home-by", ids, frequency_caps=home, goal={"cpm": 899})
        )
        for number, place in enumerate(EXACT_PLACES):
            orders[0]["line_items"].append(
                line_item(f"{name}-{number}-at", ids, targeting=place, goal={"cpm": 890 + number})
            )
    return found


class Outcome(NamedTuple):
    """All that comes of a request; a field that differs between two requests names where it shows."""

    answer: tuple[int, bytes, bytes]
    events: tuple[bytes, ...]
    contacts: tuple[tuple[PersonKey, Touch], ...]
    logs: str
    trace: bytes
    """The explanation, with what is hidden by default."""


def difference(one: Outcome, other: Outcome) -> str:
    """Return where two outcomes differ first, and how."""
    for name, left, right in zip(Outcome._fields, one, other, strict=True):
        if left != right:
            spot = next(
                (
                    at
                    for at, pair in enumerate(zip(repr(left), repr(right), strict=False))
                    if len(set(pair)) > 1
                ),
                0,
            )
            return f"{name}: {repr(left)[max(0, spot - 40) : spot + 40]} / {repr(right)[max(0, spot - 40) : spot + 40]}"
    return ""


class NosyModel:
    """Its probabilities depend on every bit of the auction that a decision is told."""

    name = "nosy"
    breadth = 8

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[float]:
        """Return something between 0.001 and 0.011 for each candidate."""
        seen = repr((auction, opportunity, now_s)).encode("utf-8", "backslashreplace")
        return [
            0.001 + crc32(seen + each.creative.id.encode()) % 1_000 / 100_000 for each in candidates
        ]


class Mirror:
    """Asks the bidder; the person is whom `finder` says, here or in a store elsewhere."""

    def __init__(self, folder: Path, *, remote: bool) -> None:
        self.finder: Finder = lambda ids: Found(ids[0])
        self._expected: list[tuple[PersonKey, Touch]] = []
        self._worker = FakeWorker(
            folder,
            ExchangeTerms(name=EXCHANGE, contextual_without_consent=True, explain_no_bids=True),
            Parts(advertisers(), self, self if remote else None, self, NosyModel(), VENDOR),
            monotonic=lambda: 0.0,
            wall=lambda: NOW_S,
        )
        self._explainer = Explainer(
            world=self._worker.world,
            terms={EXCHANGE: self._worker.desk.terms},
            gatherer=self._worker.gatherer,
            purse=self._worker.purse,
            stopped=self._worker.stopped,
            clock=self._worker,
        )

    def ask(self, document: Json) -> Outcome:
        """Return what comes of a request: the answer, what was logged and kept, and why."""
        body = msgspec.json.encode(document)
        self._expected.clear()
        self._worker.events.clear()
        self._worker.answerer._random = Random(1)
        self._worker.vault._prefix, self._worker.vault._counts = b"noncense", iter(range(99))
        with structlog.testing.capture_logs() as logs:
            reply = self._answer(body)
            trace = (
                asyncio.run(self._explainer.explain(body, reveal=True))
                if reply.status < 300
                else {}
            )
        return Outcome(
            (reply.status, reply.head, reply.body),
            tuple(self._worker.events),
            tuple(self._expected),
            repr(logs),
            msgspec.json.encode(trace),
        )

    def _answer(self, body: bytes) -> Reply:
        request = Request("POST", f"/openrtb2/{EXCHANGE}", {}, body, 0.0)
        answer = self._worker.bid(request, ("openrtb2", EXCHANGE))
        reply = answer if isinstance(answer, Reply) else asyncio.run(_awaited(answer))
        if reply.confirm is not None:
            assert reply.confirm(True) is None  # noqa: FBT003 - a callback
        return reply

    # --- the store ---

    def find(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Return whom the finder says."""
        return self.finder(ids)

    async def fetch(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Return the same, as a store elsewhere would."""
        return self.finder(ids)

    counted_since_s = 0.0

    # --- young contacts: none, but what would be kept is noted ---

    def expect(self, person: PersonKey, touch: Touch, now_s: float) -> None:
        """Note it."""
        self._expected.append((person, touch))

    def forget(self, bid: bytes) -> None:
        """There is nothing."""

    def merged(
        self, person: PersonKey, stored: tuple[Touch, ...], aliases: Sequence[PersonKey] = ()
    ) -> tuple[Touch, ...]:
        """Return what is stored."""
        return stored


async def _awaited(answer: Any) -> Reply:
    reply: Reply = await answer
    return reply
