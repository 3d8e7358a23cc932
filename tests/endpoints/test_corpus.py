"""Every real request is answered over HTTP, and every bid satisfies the judge."""

import json
import lzma
import time
from collections import Counter
from fnmatch import fnmatch
from typing import Any

from adserver.certification.judge import MEDIA, problems
from tests.corpus.corpus import corpus
from tests.corpus.test_irregular import REFUSED, cases
from tests.endpoints.client import Client, Reply
from tests.endpoints.server import Server

REQUESTS = 1_945
BIDS_AT_LEAST = 1_600
"""Of the requests; the others exclude our seats, or are in currencies without a rate."""
DEALS_AT_LEAST = 10
LOGGED = 10_000


class Tally:
    """What came of many requests."""

    def __init__(self, rates: dict[str, str]) -> None:
        self.statuses: Counter[int] = Counter()
        self.media: Counter[str] = Counter()
        self.deals = 0
        self.complaints: dict[str, list[str]] = {}
        self._rates = rates

    def take(self, name: str, request: dict[str, Any], reply: Reply) -> None:
        """Count one answer and have a bid judged."""
        self.statuses[reply.status] += 1
        if reply.status != 200:
            return
        response = reply.json()
        wrong = problems(request, response, self._rates)
        if wrong:
            self.complaints[name] = wrong
        self.deals += sum("dealid" in bid for seat in response["seatbid"] for bid in seat["bid"])
        self.media.update(
            MEDIA[bid["mtype"]] for seat in response["seatbid"] for bid in seat["bid"]
        )


def test_every_request_of_the_corpus_gets_a_good_bid_or_none(
    exchange: Client, rates: dict[str, str]
) -> None:
    tally = Tally(rates)
    for file in sorted(corpus("openrtb", "open", "requests").iterdir()):
        body = file.read_bytes()
        tally.take(file.name, json.loads(body), exchange.bid(body))
    assert tally.complaints == {}
    assert tally.statuses.keys() == {200, 204}
    assert tally.statuses.total() == REQUESTS
    assert tally.statuses[200] >= BIDS_AT_LEAST
    assert tally.media.keys() == {"banner", "video", "audio", "native"}
    assert tally.deals >= DEALS_AT_LEAST


def test_the_logged_traffic_replays_with_bids(generous: Server, rates: dict[str, str]) -> None:
    with lzma.open(corpus("traffic", "logged_10k.jsonl.xz")) as log:
        lines = log.readlines()
    assert len(lines) == LOGGED
    tally = Tally(rates)
    began = time.monotonic()
    with generous.client() as exchange:
        for number, line in enumerate(lines):
            tally.take(str(number), json.loads(line), exchange.bid(line))
    took_s = time.monotonic() - began
    assert tally.complaints == {}
    assert tally.statuses.keys() <= {200, 204}
    assert tally.statuses[200] > LOGGED * 0.9, (tally.statuses, took_s)


def test_irregular_requests_are_refused_only_where_required_fields_are_broken(
    exchange: Client, rates: dict[str, str]
) -> None:
    tally = Tally(rates)
    for file, _, document in cases("pbs", "request"):
        reply = exchange.bid(document)
        wanted = [reason for name, reason in REFUSED.items() if fnmatch(file.name, name)]
        if wanted:
            assert (reply.status, reply.body, reply.reason) == (400, b"", wanted[0]), file.name
        else:
            tally.take(file.name, document, reply)
    assert tally.statuses.keys() <= {200, 204}
    assert tally.complaints == {}


def test_violations_in_the_wild_cost_the_request_only_where_an_id_is_missing(
    exchange: Client,
) -> None:
    fatal = {"id_missing_or_not_string", "imp_id_missing_or_not_string"}
    for file, case, document in cases("nonconforming", "request"):
        reply = exchange.bid(document)
        if fatal.isdisjoint(case["violations"]):
            assert reply.status in {200, 204}, (file.name, reply)
        else:
            assert (reply.status, reply.body) == (400, b""), file.name
            assert reply.reason in {"missing_id", "missing_imp_id"}


def test_an_outside_linter_s_cases_and_raw_bodies_never_harm_the_server(exchange: Client) -> None:
    statuses = Counter(
        exchange.bid(document).status for _, _, document in cases("rtblint", "document")
    )
    for file in corpus("openrtb", "open", "invalid", "raw").iterdir():
        statuses[exchange.bid(file.read_bytes()).status] += 1
    assert statuses.keys() == {200, 204, 400}
