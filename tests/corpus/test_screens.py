"""Every request of the corpus for a screen out of home gets the bids that the specification describes, or a named reason."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from adserver.certification.judge import problems
from adserver.domain.exchange import ExchangeTerms
from adserver.endpoints.messages import Reply, Request
from tests.corpus.corpus import corpus
from tests.endpoints.catalogs import everything
from tests.endpoints.client import EXCHANGE
from tests.fakes.worker import FakeWorker, Parts

NOW_S = 1_795_046_400.0
UNITS = {"USD": "1"}
Json = dict[str, Any]


def screens() -> Iterator[tuple[str, Json]]:
    """Yield the specification's own examples and other projects'."""
    for file in sorted(corpus("openrtb", "open", "requests").glob("*.json")):
        if b'"dooh"' in (body := file.read_bytes()):
            yield file.name, _in_dollars(json.loads(body))
    for file in sorted(corpus("openrtb", "open", "invalid", "rtblint").glob("*dooh*.json")):
        yield file.name, json.loads(file.read_bytes())["document"]


def _in_dollars(document: Json) -> Json:
    """The bidder of this test knows no other currency, and that is another reason."""
    text = json.dumps(document).replace('"GBP"', '"USD"')
    found: Json = json.loads(text)
    return found


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> FakeWorker:
    """Bid on everything."""
    return FakeWorker(
        tmp_path_factory.mktemp("screens"),
        ExchangeTerms(
            name=EXCHANGE,
            seats=("adserver", "Agency1"),
            explain_no_bids=True,
            expiry_out_of_home_s=12 * 3_600,
        ),
        Parts(everything()),
        monotonic=lambda: 0.0,
        wall=lambda: NOW_S,
    )


def ask(worker: FakeWorker, document: Json) -> Json:
    """Return the response; there is always one, since the exchange wants reasons."""
    body = json.dumps(document).encode()
    reply = worker.bid(Request("POST", f"/openrtb2/{EXCHANGE}", {}, body, 0.0), ("", EXCHANGE))
    assert isinstance(reply, Reply)  # nobody is looked up elsewhere
    found: Json = json.loads(reply.body)
    return found


def test_every_screen_is_answered_or_there_is_a_reason(worker: FakeWorker) -> None:
    reasons: Counter[str] = Counter()
    for name, document in screens():
        response = ask(worker, document)
        if "seatbid" not in response:
            why = set((response.get("ext") or {}).get("reasons", {}).values()) or {"whole request"}
            reasons[", ".join(sorted(why))] += 1
            continue
        reasons["answered"] += 1
        assert problems(document, response, UNITS) == [], name
    assert reasons["answered"] >= 6, reasons
    assert reasons.total() >= 9


def test_bids_name_one_impression_s_price_and_hold_the_money_of_all(worker: FakeWorker) -> None:
    seen = 0
    for name, document in screens():
        quantity = [imp.get("qty") for imp in document["imp"]]
        response = ask(worker, document)
        if "seatbid" not in response or "dooh" not in document:
            continue
        for bid in response["seatbid"][0]["bid"]:
            ticket = worker.vault.open(bid["nurl"].partition("/n/win/")[2].partition("?")[0])
            assert ticket.out_of_home, name
            assert (ticket.person, ticket.household) == (b"", b"")
            assert not ticket.measured
            assert not ticket.trainable
            assert "/n/billing/" in bid["burl"]
            assert "n=${AUCTION_MULTIPLIER}" in bid["burl"]
            multiplier = (quantity[0] or {"multiplier": 1})["multiplier"]
            assert ticket.multiplier_ppm == round(multiplier * 1_000_000)
            assert ticket.reserved == round(ticket.price * multiplier)
            seen += multiplier != 1
    assert seen >= 2


def _personal(document: Json, number: int) -> Json:
    """Return the request with another person, other wishes and other consent in it."""
    device, user, regs = (document.get(key) or {} for key in ("device", "user", "regs"))
    consents = ("", "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA", "rubbish")
    return {
        **document,
        "id": document["id"],
        "device": {
            **device, "ifa": f"ifa-{number}", "lmt": number % 2, "dnt": number // 2 % 2,
            "ip": f"81.2.69.{number + 1}", "ua": "Googlebot/2.1" if number % 3 else "player",
        },
        "user": {
            **user, "id": f"user-{number}", "buyeruid": f"ours-{number}", "consent": consents[number % 3],
            "data": [{"id": "dmp", "segment": [{"id": f"s{number}"}]}], "keywords": f"word {number}",
            "eids": [{"source": "x.example", "uids": [{"id": f"e-{number}"}]}], "yob": 1_950 + number,
        },
        "regs": {
            **regs, "gdpr": number % 2, "us_privacy": ("1---", "1YYN", "??")[number % 3],
            "gpp": "DB?~", "gpp_sid": [7], "ext": {**(regs.get("ext") or {}), "gpc": "1"},
        },
    }  # fmt: skip


def test_whoever_a_request_says_stands_before_the_screen_the_answer_is_the_same(
    worker: FakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No field about a person, nor a signal about what they allow, leaves a trace in answer or event."""

    def outcome(document: Json) -> tuple[Json, list[bytes]]:
        monkeypatch.setattr(worker.answerer, "_random", Random(1))
        monkeypatch.setattr(worker.vault, "_prefix", b"noncense")
        monkeypatch.setattr(worker.vault, "_counts", iter(range(99)))
        worker.events.clear()
        return ask(worker, document), list(worker.events)

    compared = 0
    for name, document in screens():
        if "dooh" not in document or (document.get("regs") or {}).get("coppa"):
            continue
        expected = outcome(document)
        for number in range(6):
            assert outcome(_personal(document, number)) == expected, name
        compared += 1
    assert compared >= 5


def test_a_play_hours_later_is_still_billable(worker: FakeWorker) -> None:
    (document,) = [
        each for name, each in screens() if "202303" in name and Path(name).suffix == ".json"
    ]
    later = {**document, "imp": [{**document["imp"][0], "exp": 6 * 3_600}]}
    bid = ask(worker, later)["seatbid"][0]["bid"][0]
    ticket = worker.vault.open(bid["nurl"].partition("/n/win/")[2].partition("?")[0])
    assert bid["exp"] == 6 * 3_600
    assert ticket.bill_until_s - ticket.at_s == 6 * 3_600
