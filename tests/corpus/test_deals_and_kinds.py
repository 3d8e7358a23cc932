"""Every request of the corpus with deals, or with imps of several kinds, gets the bids that are described, or a reason."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from adserver.certification.judge import problems
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.reasons import Reason
from adserver.endpoints.messages import Reply, Request
from tests.corpus.corpus import corpus
from tests.endpoints.catalogs import DEALS, HIGH_CPM, everything
from tests.endpoints.client import EXCHANGE
from tests.fakes.worker import FakeWorker, Parts

Json = dict[str, Any]
NOW_S = 1_795_046_400.0
KINDS = ("banner", "video", "audio", "native")
SEATS = ("adserver", "Agency1")
UNITS = {"USD": "1"}
WHOLE = "the whole request"


@cache
def requests() -> Mapping[str, Json]:
    """Return the requests that have any, by their files' names."""
    found = {}
    for file in sorted(corpus("openrtb", "open", "requests").iterdir()):
        document = json.loads(file.read_bytes())
        if any(deals(imp) or kinds(imp) > 1 for imp in imps(document)):
            found[file.name] = document
    return found


def imps(document: Json) -> Iterator[Json]:
    """Yield the imps that are objects with an id."""
    yield from (
        each for each in document.get("imp") or () if isinstance(each, dict) and "id" in each
    )


def kinds(imp: Json) -> int:
    """Return how many kinds of space an imp offers."""
    return sum(isinstance(imp.get(kind), dict) for kind in KINDS)


def deals(imp: Json) -> list[Json]:
    """Return the deals that an imp offers."""
    found = (
        (imp.get("pmp") or {}).get("deals") or () if isinstance(imp.get("pmp") or {}, dict) else ()
    )
    return [each for each in found if isinstance(each, dict)]


def usable(imp: Json, seat: str) -> list[Json]:
    """Return the deals that we have, may use from this seat, and can pay in dollars."""
    return [
        deal
        for deal in deals(imp)
        if str(deal.get("id")) in DEALS
        and (not deal.get("wseat") or seat in map(str, deal["wseat"]))
        and not deal.get("wadomain")
        and (deal.get("bidfloorcur") or "USD") == "USD"
        and 0 < (deal.get("bidfloor") or 0.01) < HIGH_CPM
        and not {"mincpmpersec", "durfloors"} & deal.keys()
        and (deal.get("at") != 3 or deal.get("bidfloor"))
    ]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Json]:
    """Return what a bidder with everything answers, by file."""
    worker = FakeWorker(
        tmp_path_factory.mktemp("kinds"),
        ExchangeTerms(
            name=EXCHANGE, seats=SEATS, explain_no_bids=True, contextual_without_consent=True
        ),
        Parts(everything()),
        monotonic=lambda: 0.0,
        wall=lambda: NOW_S,
    )
    found = {}
    for name, document in requests().items():
        body = json.dumps(document | {"tmax": 2_000}).encode()
        reply = worker.bid(Request("POST", f"/openrtb2/{EXCHANGE}", {}, body, 0.0), ("", EXCHANGE))
        assert isinstance(reply, Reply)  # nobody is looked up elsewhere
        found[name] = json.loads(reply.body)
    return found


def by_imp(response: Json) -> tuple[Mapping[str, list[Json]], Mapping[str, str], str]:
    """Return the bids and the reasons by imp, and the seat."""
    bids: dict[str, list[Json]] = {}
    seat = SEATS[0]
    for each in response.get("seatbid") or ():
        seat = each["seat"]
        for bid in each["bid"]:
            bids.setdefault(bid["impid"], []).append(bid)
    return bids, (response.get("ext") or {}).get("reasons") or {}, seat


def test_what_is_bid_is_what_the_specification_describes(answers: Mapping[str, Json]) -> None:
    wrong = {
        name: found
        for name, response in answers.items()
        if response.get("seatbid") and (found := problems(requests()[name], response, UNITS))
    }
    assert wrong == {}


def test_every_imp_has_a_bid_or_a_reason(answers: Mapping[str, Json]) -> None:
    tally: Counter[str] = Counter()
    for name, response in answers.items():
        bids, reasons, _ = by_imp(response)
        for imp in imps(requests()[name]):
            own = str(imp["id"])
            assert own in bids or reasons.get(own) or "nbr" in response or kinds(imp) == 0, (
                name,
                own,
            )
            tally["bid" if own in bids else reasons.get(own, WHOLE)] += 1
            if reasons.get(own) == Reason.DEAL.value:
                private = (imp.get("pmp") or {}).get("private_auction") == 1
                assert private, f"{name}: nobody else could not bid"
    fit_or_not = tally.total() - tally[Reason.DEAL.value] - tally[WHOLE]
    assert tally["bid"] > 0.8 * fit_or_not > 0, tally


def test_an_imp_of_several_kinds_is_told_which_one_a_bid_is_for(
    answers: Mapping[str, Json],
) -> None:
    seen: Counter[int] = Counter()
    for name, response in answers.items():
        bids, _, _ = by_imp(response)
        for imp in imps(requests()[name]):
            for bid in bids.get(str(imp["id"]), ()) if kinds(imp) > 1 else ():
                assert isinstance(imp.get(KINDS[bid["mtype"] - 1]), dict), (name, bid["mtype"])
                seen[bid["mtype"]] += 1
    assert len(seen) >= 2, "bids of more than one kind"


def test_deals_are_bid_on_beside_the_open_auction_and_alone_where_it_is_private(
    answers: Mapping[str, Json],
) -> None:
    """One line item of each kind has our deals, and bids once a request: so once per request."""
    beside = alone = 0
    for name, response in answers.items():
        bids, _, seat = by_imp(response)
        served = False
        for imp in imps(requests()[name]):
            own = bids.get(str(imp["id"]), [])
            open_bids = [bid for bid in own if "dealid" not in bid]
            deal_bids = [bid for bid in own if "dealid" in bid]
            private = (imp.get("pmp") or {}).get("private_auction") == 1
            if private:
                assert open_bids == [], name
                alone += bool(deal_bids)
            elif open_bids and usable(imp, seat) and not served:
                assert deal_bids, (name, imp["id"])
                beside += 1
            served = served or bool(deal_bids)
    assert beside
    assert alone
