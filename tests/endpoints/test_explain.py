"""`POST /explain` tells the truth: every candidate is accounted for, and the bid is the same."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.endpoints.client import Client
from tests.endpoints.server import Server
from tests.endpoints.wire import request

IMPS: dict[str, list[dict[str, Any]]] = {
    "a banner": [{"id": "1", "banner": {"w": 728, "h": 90}, "bidfloor": 3.25}],
    "a video": [{"id": "1", "video": {"mimes": ["video/mp4"], "maxduration": 20}, "secure": 1}],
    "any banner": [{"id": "1", "banner": {}}],
    "a deal beside the open auction": [
        {
            "id": "1",
            "banner": {"w": 300, "h": 250},
            "pmp": {"deals": [{"id": "ww", "bidfloor": 4, "at": 3}]},
        }
    ],
    "two of a kind": [{"id": n, "banner": {"w": 300, "h": 250}} for n in ("1", "2")],
    "banner or video": [
        {"id": "1", "banner": {"w": 300, "h": 250}, "video": {"mimes": ["video/webm"]}}
    ],
}

BIDS = {"two of a kind": 2, "a deal beside the open auction": 2}


@pytest.mark.parametrize("kind", IMPS)
def test_the_explanation_agrees_with_the_answer(
    generous: Server, exchange: Client, kind: str
) -> None:
    asked = request(id=f"explained-{kind}", imp=IMPS[kind])
    walk = generous.explain(asked)
    answer = exchange.bid(asked).json()
    assert walk["no_bid"] is None
    told = [(bid["imp"], bid["creative"], bid["deal"], bid["price_cpm"]) for bid in walk["bids"]]
    sent = [
        (bid["impid"], bid["crid"], bid.get("dealid"), bid["price"])
        for seat in answer["seatbid"]
        for bid in seat["bid"]
    ]
    assert told == sent
    assert len(sent) == BIDS.get(kind, 1)


def test_every_candidate_is_accounted_for(generous: Server) -> None:
    walk = generous.explain(request(imp=IMPS["a banner"]))
    fates = [(each["line_item"], each["creative"]) for each in walk["fallen_candidates"]]
    fates += [(bid["line_item"], bid["creative"]) for bid in walk["bids"]]
    assert len(fates) == len(set(fates)) == walk["candidates"]
    assert Counter(each["reason"] for each in walk["fallen_candidates"]) == walk["fallen"]
    assert walk["fallen"].keys() == {"media_type", "size", "deal", "outbid"}
    sizes = [each for each in walk["fallen_candidates"] if each["reason"] == "size"]
    assert {each["got"] for each in sizes} == {"728x90"}


def test_a_request_that_cannot_be_bid_on_names_the_reason(generous: Server) -> None:
    assert generous.explain(request(tmax=1))["no_bid"] == "time_out"
    assert generous.explain(request(wseat=["somebody-else"]))["no_bid"] == "seat_excluded"
    assert generous.explain(request(cur=["XAU"]))["no_bid"] == "currency"
    below = generous.explain(request(imp=[{**IMPS["a banner"][0], "bidfloor": 901}]))
    assert (below["no_bid"], below["fallen"]["below_floor"] > 0) == ("below_floor", True)


def test_explaining_spends_and_counts_nothing(generous: Server) -> None:
    before = [generous.requests(worker) for worker in range(2)], generous.report()
    for _ in range(20):
        generous.explain(request())
    after = [generous.requests(worker) for worker in range(2)], generous.report()
    assert before[0] == after[0]
    assert all(line["settled"] == before[1][name]["settled"] for name, line in after[1].items())


def test_a_bad_question_is_told_as_a_problem(generous: Server) -> None:
    assert generous.private("POST", "/explain", b"{").status == 400
    assert (
        generous.private("POST", "/explain/nobody", b'{"id":"1","imp":[{"id":"1"}]}').status == 404
    )


def test_the_command_prints_the_same(generous: Server) -> None:
    file = generous.folder / "request.json"
    asked = request(imp=IMPS["a banner"])
    file.write_text(json.dumps(asked), encoding="utf-8")
    done = generous.command("explain", str(file), "--exchange", "open", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    walk = json.loads(done.stdout)
    assert walk["bids"] == generous.explain(asked)["bids"]
    assert (walk["segments"], "segment_names" in walk) == (0, False)
    revealing = generous.command("explain", str(file), "--reveal", "--json")
    assert json.loads(revealing.stdout)["segment_names"] == []
    for_people = generous.command("explain", str(file))
    assert for_people.returncode == 0
    assert "bid" in for_people.stdout


def test_an_exchange_that_wants_to_know_is_told_imp_by_imp(generous: Server) -> None:
    with generous.client() as line:
        both = request()
        both["imp"] = [
            {"id": "fits", "banner": {"w": 300, "h": 250}},
            {"id": "odd", "banner": {"w": 301, "h": 249}},
        ]
        answered = line.bid(both, "telling").json()
        assert [bid["impid"] for bid in answered["seatbid"][0]["bid"]] == ["fits"]
        assert answered["ext"] == {"reasons": {"odd": "size"}}
        odd = {**both, "imp": both["imp"][1:]}
        refused = line.bid(odd, "telling").json()
        assert refused["ext"] == {"reasons": {"odd": "size"}}
        assert isinstance(refused["nbr"], int)
