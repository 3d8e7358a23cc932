"""Supply paths over HTTP: who may sell is bid to, who may not is told why, and a new table needs no restart."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from adapters.supply.copies import Copies, Copy
from adserver.__main__ import main
from adserver.commands.supply.table import STORE, make_table
from adserver.config import load_settings
from tests.corpus.corpus import corpus
from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import Client
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import links, request

Json = dict[str, Any]
NEVER_S = 4e9
"""Copies seen then do not expire."""
ADS_TXT = {
    "publisher.example": b"exchange1.example, seller-abc, DIRECT\nexchange2.example, seller-xyz, RESELLER\n"
}
NAMES = ("exchange1.example", "exchange2.example")
RULES = {
    "chain_missing": "refuse", "chain_unresolved": "refuse", "chain_mismatch": "allow", "ads_txt_missing": "refuse",
}  # fmt: skip
SEATS = [
    {"exchange": "open", "rules": {"ads_txt_missing": "report"}},
    {"exchange": "strict", "domains": ["exchange2.example"], "max_hops": 2, "rules": {"chain_mismatch": "refuse"}},
]  # fmt: skip


def node(asi: str, sid: str) -> Json:
    return {"asi": asi, "sid": sid, "hp": 1}


FIRST, SECOND = node("exchange1.example", "seller-abc"), node("exchange2.example", "seller-xyz")


def offer(*nodes: Json, complete: int = 1, publisher: str = "seller-xyz", **fields: Any) -> Json:
    """Return a request with a chain."""
    chain = {"ver": "1.0", "complete": complete, "nodes": list(nodes)}
    site = {"domain": "publisher.example", "publisher": {"id": publisher}}
    return request(**{"source": {"schain": chain}, "site": site, **fields})


def put_table(server: Server, *, without: str = "") -> None:
    """Make the table from the corpus's sellers.json and our ads.txt."""
    loaded = load_settings(server.settings_file)
    assert loaded.settings.supply is not None
    (server.state / "supply").mkdir(parents=True, exist_ok=True)
    folder = corpus("supplychain/sellers")
    with Copies(server.state / "supply" / STORE) as copies:
        for name in NAMES:
            content = (folder / f"rtblint-sellers_{name}_sellers.json").read_bytes()
            copies.good(Copy("sellers.json", name), content, NEVER_S)
        for name, content in ADS_TXT.items():
            if name == without:
                copies.absent(Copy("ads.txt", name), "status 404", NEVER_S)
            else:
                copies.good(Copy("ads.txt", name), content, NEVER_S)
        app = corpus("supplychain/ads_txt/rtblint-app-ads_com.example.app_app-ads.txt").read_bytes()
        copies.good(Copy("app-ads.txt", "publisher.example"), app, NEVER_S)
        copies.absent(Copy("ads.txt", "none.example"), "status 404", NEVER_S)
        copies.absent(Copy("sellers.json", "unknown-ssp.example"), "status 404", NEVER_S)
        make_table(
            loaded,
            loaded.settings.supply,
            copies,
            {"com.example.app": "publisher.example"},
            NEVER_S,
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings: Json = {
        "exchanges": [{"name": name, "explain_no_bids": True} for name in ("open", "strict")],
        "supply": {
            "rules": RULES, "max_hops": 3, "blocked_nodes": ["bad.example"], "exchanges": SEATS,
            "fees": {"exchange2.example": 10},
        },
        "workers": 1,
    }  # fmt: skip
    made = Server(tmp_path_factory.mktemp("supply") / "server", one_banner(), settings)
    put_table(made)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def line(server: Server) -> Iterator[Client]:
    with server.client() as client:
        yield client


REFUSED: dict[str, tuple[Json, str, int]] = {
    "nobody says who is paid": (request(site={"domain": "publisher.example"}), "chain_missing", 16),
    "an incomplete chain": (offer(FIRST, SECOND, complete=0), "chain_incomplete", 16),
    "a chain that cannot be read": (offer(source={"schain": {"nodes": 7}}), "chain_incomplete", 16),
    "a chain of another version": (
        offer(source={"schain": {"ver": "2.0", "complete": 1, "nodes": [FIRST, SECOND]}}), "chain_incomplete", 16,
    ),
    "too many hops": (offer(FIRST, SECOND, FIRST, SECOND), "chain_too_long", 17),
    "a blocked hop": (offer(node("bad.example", "1"), SECOND), "chain_blocked_node", 17),
    "an account that nobody lists": (offer(node("exchange1.example", "x"), SECOND), "chain_unresolved", 17),
    "a seller whom the publisher does not list": (
        offer(FIRST, publisher="seller-of-nobody"), "seller_unauthorised", 12,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_path_that_is_not_authorised_gets_no_bid_and_its_code(
    server: Server, line: Client, case: str
) -> None:
    asked, reason, code = REFUSED[case]
    before = server.no_bids(reason)
    found = server.total("adserver_supply_findings_total", exchange="open", rule=reason)
    reply = line.bid(asked)
    assert (reply.status, reply.json().get("nbr")) == (200, code)
    assert server.no_bids(reason) == before + 1
    assert server.explain(asked)["no_bid"] == reason
    now = server.total("adserver_supply_findings_total", exchange="open", rule=reason)
    assert now == found + 1, "explaining counts nothing"


@pytest.mark.parametrize(
    "asked",
    [
        offer(FIRST, SECOND),
        offer(source={"ext": {"schain": {"ver": "1.0", "complete": 1, "nodes": [FIRST, SECOND]}}}),
        offer(FIRST, publisher="seller-abc"),
    ],
)
def test_an_authorised_path_is_bid_to(line: Client, asked: Json) -> None:
    assert line.bid(asked).bid()


def test_each_exchange_has_rules_of_its_own(line: Client) -> None:
    none = offer(FIRST, SECOND, site={"domain": "none.example", "publisher": {"id": "seller-xyz"}})
    assert line.bid(none).bid()
    assert line.bid(none, "strict").json()["nbr"] == 11
    assert line.bid(offer(FIRST, SECOND), "strict").bid()
    assert line.bid(offer(FIRST, publisher="seller-abc"), "strict").json()["nbr"] == 16
    assert line.bid(offer(FIRST, SECOND, FIRST), "strict").json()["nbr"] == 17


VERDICTS = {
    "rtblint-request-valid-resolved.json": None,
    "rtblint-request-valid-app.json": None,
    "rtblint-request-unknown-sid.json": "chain_unresolved",
    "rtblint-request-missing-sellers.json": "chain_unresolved",
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_corpus_chains_resolve_or_not_as_they_are_named(line: Client, name: str) -> None:
    asked = json.loads(corpus("supplychain/schain", name).read_bytes())
    reply = line.bid({**asked, "tmax": 2_000})
    assert reply.json().get("nbr") == (17 if VERDICTS[name] else None)


def test_a_request_of_openrtb_3_is_no_request_of_ours(line: Client) -> None:
    asked = corpus("supplychain/schain/rtblint-request-layered-3-0-unknown-sid.json").read_bytes()
    assert line.bid(asked).status == 400


def _events(server: Server, bid: str) -> list[Json]:
    return [
        each
        for file in sorted((server.state / "events").glob("*.jsonl"))
        for each in map(json.loads, file.read_text("utf-8").splitlines())
        if each.get("bid") == bid
    ]


def test_bids_tell_their_path_and_the_report_what_it_costs(
    server: Server, line: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    bid = line.bid(offer(FIRST, SECOND)).bid()
    pixel, _ = links(bid)
    assert line.follow(pixel).status == 200
    wait(lambda: len(_events(server, bid["id"])) == 2, 5.0)
    event = next(each for each in _events(server, bid["id"]) if each["event"] == "bid")
    assert (event["path"], event["relation"]) == ("exchange1.example>exchange2.example", "reseller")
    assert main(["supply", "report", "--json", "-c", str(server.settings_file)]) == 0
    rows = json.loads(capsys.readouterr().out)["paths"]
    (row,) = [each for each in rows if each["path"] == event["path"] and each["impressions"]]
    assert row["spend"] == event["price"]
    assert row["fees"] == {"exchange2.example": pytest.approx(row["spend"] / 10, abs=1)}
    assert row["working"] == row["spend"] - row["fees"]["exchange2.example"]
    assert main(["supply", "report", "-c", str(server.settings_file)]) == 0
    assert "exchange1.example" in capsys.readouterr().out


def test_another_table_is_followed_without_a_restart(server: Server, line: Client) -> None:
    asked = offer(FIRST, SECOND)
    assert line.bid(asked, "strict").bid()
    put_table(server, without="publisher.example")
    try:
        wait(lambda: line.bid(asked, "strict").json().get("nbr") == 11, 5.0)
    finally:
        put_table(server)
    wait(lambda: "nbr" not in line.bid(asked, "strict").json(), 5.0)


def test_copies_are_shown_and_checked(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    run = partial(_run, server, capsys)
    code, shown = run("show", "publisher.example")
    assert code == 0
    assert [(row["system"], row["relation"], row["type"]) for row in shown["accounts"] if row["file"] == "ads.txt"] == [
        ("exchange1.example", "direct", "publisher"), ("exchange2.example", "reseller", "intermediary"),
    ]  # fmt: skip
    assert run("show", "exchange1.example")[1]["sellers"][0]["account"] == "seller-abc"
    assert run("show", "stranger.example")[0] == 1
    assert run("show")[0] == 2
    code, checked = run("check")
    assert (code, checked["faults"]) == (0, [])
    assert {row["domain"] for row in checked["files"]} >= {*NAMES, *ADS_TXT, "none.example"}


def _run(server: Server, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Json]:
    code = main(["supply", *words, "--json", "-c", str(server.settings_file)])
    said: Json = json.loads(capsys.readouterr().out)
    if code != 2:
        assert main(["supply", *words, "-c", str(server.settings_file)]) == code
        capsys.readouterr()
    return code, said


def test_without_the_section_nobody_asks(make: Any) -> None:
    server = make(one_banner(), workers=1).start()
    with server.client() as client:
        assert client.bid(offer(FIRST, complete=0)).bid()
    assert main(["supply", "check", "-c", str(server.settings_file)]) == 2
