"""Crawlers, data centres and robots over HTTP: no bid for them, and what they see and click does not count."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adserver.__main__ import main
from models.ctr import dataset
from models.cvr.baseline import Outcome, outcomes
from models.events import Tally
from tests.corpus.corpus import corpus
from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import Client
from tests.endpoints.conftest import Make
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import links, person, request

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
CLOUD, HOME = "198.51.100.9", "203.0.113.9"
FAST_MS = 60_000
"""Everybody who clicks within a test is too fast, where a rule says so."""
Json = dict[str, Any]


def _rules(folder: Path, **rules: Any) -> Json:
    (folder / "clouds.txt").write_text("# machines\n198.51.100.0/24\n2001:db8:c::/48\n", "utf-8")
    clouds = {"kind": "cidr", "name": "clouds", "paths": ["../clouds.txt"]}
    return {"networks": [clouds], "fastest_click_ms": 0, **rules}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("invalid")
    settings: Json = {
        "exchanges": [{"name": "open", "explain_no_bids": True}],
        "invalid_traffic": _rules(folder, requests_per_id={"limit": 3}),
        "workers": 1,
    }
    made = Server(folder / "server", one_banner(frequency_caps=["1 per day"]), settings).start()
    yield made
    made.stop()


@pytest.fixture
def line(server: Server) -> Iterator[Client]:
    with server.client() as client:
        yield client


def whose(name: str, **device: str) -> Json:
    """Return a request of a person who has a device."""
    asked = person(name)
    return request(**{**asked, "device": {**asked["device"], "ua": BROWSER, "ip": HOME, **device}})


REFUSED = {
    "a crawler": ({"ua": CRAWLER}, "crawler", 3),
    "a listed address": ({"ip": CLOUD}, "network", 5),
    "a listed IPv6 address": ({"ipv6": "2001:db8:c::9"}, "network", 5),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_machines_get_no_bid_and_the_exchange_is_told_why(
    server: Server, line: Client, kind: str
) -> None:
    device, reason, code = REFUSED[kind]
    before = server.no_bids(reason)
    reply = line.bid(whose(f"machine-{reason}", **device))
    assert (reply.status, reply.json()["nbr"]) == (200, code)
    assert server.no_bids(reason) == before + 1
    assert server.explain(whose("explained", **device))["no_bid"] == reason


def test_a_structured_user_agent_is_looked_at_where_there_is_no_other(line: Client) -> None:
    asked = whose("structured")
    asked["device"] |= {"ua": None, "sua": {"browsers": [{"brand": "HeadlessChrome"}]}}
    assert line.bid(asked).json()["nbr"] == 3


def test_an_id_that_asks_too_often_gets_no_bid_until_it_slows_down(
    server: Server, line: Client
) -> None:
    for _ in range(5):
        assert server.explain(whose("robot"))["no_bid"] is None, "explaining counts nothing"
    codes = [line.bid(whose("robot")).json().get("nbr") for _ in range(4)]
    assert codes[3] == 4
    assert 4 not in codes[:3]
    assert server.explain(whose("robot"))["no_bid"] == "non_human"
    assert "nbr" not in line.bid(whose("somebody-else")).json()


def test_addresses_of_a_maxmind_database_get_no_bid(make: Make) -> None:
    path = str(corpus("device/mmdb/GeoIP2-Anonymous-IP-Test.mmdb"))
    networks = [{"kind": "maxmind", "name": "anonymous", "path": path}]
    server = make(one_banner(), workers=1, invalid_traffic={"networks": networks}).start()
    with server.client() as line:
        assert line.bid(whose("hosted", ip="71.160.223.7")).status == 204
        assert line.bid(whose("vpn", ip="1.2.0.7")).status == 200, "people use VPNs"
        assert line.bid(whose("home")).status == 200
    assert server.no_bids("network") == 1


def books(server: Server) -> Json:
    """Return the books of the one line item."""
    (line,) = server.report().values()
    return line


def command(server: Server, *words: str) -> int:
    """Run a command in this process: a new one would take a second."""
    return main([*words, "-c", str(server.settings_file)])


def counted(server: Server) -> tuple[int, ...]:
    line = books(server)
    names = ("impressions", "clicks", "invalid_impressions", "invalid_clicks")
    return tuple(line[name] for name in names)


def grown(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(b - a for a, b in zip(before, after, strict=True))


def lines(server: Server, bid: str) -> list[Json]:
    """Return the recorded contacts of a bid."""
    events = [
        json.loads(text)
        for file in sorted((server.state / "events").glob("*.jsonl"))
        for text in file.read_text("utf-8").splitlines()
    ]
    return [
        each
        for each in events
        if each.get("bid") == bid and each["event"] in {"impression", "click"}
    ]


def follow(client: Client, url: str, **headers: str) -> int:
    path = url.removeprefix("https://ads.example")
    return client.call("GET", path, None, **headers).status


WHO = {
    "a crawler": ({"User_Agent": CRAWLER}, "crawlers"),
    "a listed address": ({"X_Forwarded_For": f"{CLOUD}, 127.0.0.1"}, "networks/clouds"),
    "a device behind a server that we believe": (
        {"X_Device_IP": HOME, "X_Device_User_Agent": CRAWLER},
        "crawlers",
    ),
}


@pytest.mark.parametrize("kind", WHO)
def test_what_a_machine_sees_and_clicks_is_recorded_and_does_not_count(
    server: Server, line: Client, kind: str
) -> None:
    headers, rule = WHO[kind]
    before = counted(server)
    bid = line.bid(whose(f"seen-by {kind}")).bid()
    pixel, click = links(bid)
    for _ in range(2):
        assert follow(line, pixel, **headers) == 200
        assert follow(line, click, **headers) == 302
    assert grown(before, counted(server)) == (0, 0, 1, 1)
    assert [(each["event"], each["invalid"]) for each in lines(server, bid["id"])] == [
        ("impression", rule),
        ("click", rule),
    ]
    marked = {
        dict(labels)["kind"]
        for (name, labels), value in server.metrics().items()
        if name == "adserver_invalid_traffic_total" and ("rule", rule) in labels and value
    }
    assert marked == {"impression", "click"}


def test_people_behind_proxies_are_told_from_whoever_names_an_address(
    server: Server, line: Client
) -> None:
    """Only what somebody believed wrote is believed: the address nearest to us that nobody vouches for."""
    before = counted(server)
    for number, headers in enumerate(
        (
            {"User_Agent": BROWSER, "X_Forwarded_For": HOME},
            {"User_Agent": BROWSER, "X_Forwarded_For": f"{CLOUD}, {HOME}"},
            {"User_Agent": BROWSER, "X_Forwarded_For": HOME, "X_Device_IP": CLOUD},
            {"User_Agent": BROWSER, "X_Forwarded_For": "nonsense"},
            {},
        )
    ):
        pixel, _ = links(line.bid(whose(f"proxied-{number}")).bid())
        assert follow(line, pixel, **headers) == 200
    assert grown(before, counted(server)) == (5, 0, 0, 0)


def test_a_person_counts_though_a_crawler_looked_first(server: Server, line: Client) -> None:
    before = counted(server)
    bid = line.bid(whose("scanned")).bid()
    pixel, _ = links(bid)
    assert follow(line, pixel, User_Agent=CRAWLER) == 200
    assert grown(before, counted(server)) == (0, 0, 1, 0)
    for user_agent in (BROWSER, CRAWLER):
        assert follow(line, pixel, User_Agent=user_agent) == 200
    assert grown(before, counted(server)) == (1, 0, 0, 0)
    assert [each["invalid"] for each in lines(server, bid["id"])] == ["crawlers", ""]


def test_the_exchanges_own_notices_are_nobodys_impressions(server: Server, line: Client) -> None:
    before = books(server)
    bid = line.bid(whose("server-side")).bid()
    url = bid["burl"].replace("${AUCTION_PRICE}", "1.5")
    assert follow(line, url, User_Agent=CRAWLER, X_Forwarded_For=CLOUD) == 200
    after = books(server)
    assert after["settled"] > before["settled"]
    assert after["invalid_spend"] == before["invalid_spend"]


def test_a_crawlers_impression_is_paid_but_not_billed(server: Server, line: Client) -> None:
    """In whichever order billing notice and pixel come."""
    for number, first in enumerate(("pixel", "billing")):
        before = books(server)
        bid = line.bid(whose(f"paid-{number}")).bid()
        calls = [
            (links(bid)[0], "pixel"),
            (bid["burl"].replace("${AUCTION_PRICE}", "2"), "billing"),
        ]
        for url, _ in sorted(calls, key=lambda call: call[1] != first):
            assert follow(line, url, User_Agent=CRAWLER) == 200
        after = books(server)
        spent = after["settled"] - before["settled"]
        assert spent > 0
        assert after["invalid_spend"] - before["invalid_spend"] == spent
        assert after["billable"] == before["billable"]


def test_a_crawlers_impression_uses_up_no_cap(make: Make) -> None:
    """Asked at the other worker: the one that bid expects an impression for a minute."""
    server = make(one_banner(frequency_caps=["1 per day"])).start()
    with server.clients() as (one, other):
        pixel, _ = links(one.bid(whose("capped")).bid())
        assert follow(one, pixel, User_Agent=CRAWLER) == 200
        pixel, _ = links(other.bid(whose("capped")).bid())
        assert follow(other, pixel, User_Agent=BROWSER) == 200
        wait(lambda: server.explain(whose("capped"))["no_bid"] == "frequency_cap", 2.0)


def _rows(server: Server) -> int:
    read = dataset.read(server.state / "events", mature_s=-60.0, on_progress=lambda *_: None)
    return len(read.at)


def test_what_a_rule_marked_is_restored_and_marked_again(
    make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reports and both models follow; no event file is touched, only added to."""
    rules = {"clicks_per_person": None, "fastest_click_ms": FAST_MS}
    server = make(one_banner(), workers=1, invalid_traffic=_rules(tmp_path, **rules)).start()
    with server.client() as line:
        bid = line.bid(whose("wronged")).bid()
        pixel, click = links(bid)
        assert follow(line, pixel, User_Agent=CRAWLER) == 200
        assert follow(line, click, User_Agent=BROWSER) == 302
        assert follow(line, bid["burl"].replace("${AUCTION_PRICE}", "2")) == 200
        token = click.rpartition("/")[2]
        order = line.call("GET", f"/c/{_advertiser(server)}?order=1&adclick={token}")
        assert order.json() == {"counted": True}
    paid = books(server)["settled"]
    _expect(server, impressions=0, clicks=0, orders=0, billable=0, rows=0)

    assert _traffic(server, capsys, "restore", "crawlers") == {
        "impression": (0, 1),
        "spend": (0, paid),
    }
    _expect(server, impressions=1, clicks=0, orders=0, billable=paid, rows=1)
    assert _traffic(server, capsys, "restore", "fast_clicks") == {"click": (0, 1), "order": (0, 1)}
    _expect(server, impressions=1, clicks=1, orders=1, billable=paid, rows=1)
    assert _traffic(server, capsys, "restore", "fast_clicks") == {"click": (0, 1), "order": (0, 1)}
    _expect(server, impressions=1, clicks=1, orders=1, billable=paid, rows=1)

    server.stop()
    server.start()  # corrections are in the ledger
    _expect(server, impressions=1, clicks=1, orders=1, billable=paid, rows=1)
    assert _traffic(server, capsys, "remark", "crawlers") == {
        "impression": (1, 0),
        "spend": (paid, 0),
    }
    _expect(server, impressions=0, clicks=1, orders=1, billable=0, rows=0)
    assert [each["invalid"] for each in lines(server, bid["id"])] == ["crawlers", "fast_clicks"]

    capsys.readouterr()
    assert command(server, "traffic", "restore", "--rule", "nobody", "--from", "2020-01-01") == 1
    assert "rules that have: crawlers, fast_clicks" in capsys.readouterr().err
    assert command(server, "traffic", "restore") == 2
    assert command(server, "traffic", "show") == 0
    assert "crawlers" in capsys.readouterr().out
    assert command(server, "report") == 0
    assert "not counted above" in capsys.readouterr().out


def _advertiser(server: Server) -> str:
    return str(books(server)["advertiser"])


def _expect(server: Server, *, rows: int, **wanted: int) -> None:
    line = books(server)
    assert {name: line[name] for name in wanted} == wanted
    assert _rows(server) == rows
    (found,) = outcomes(server.state / "events", Tally()).values() or [Outcome()]
    assert (found.clicks, found.orders) == (wanted["clicks"], wanted["orders"])


def _traffic(
    server: Server, capsys: pytest.CaptureFixture[str], what: str, rule: str
) -> dict[str, tuple[int, int]]:
    capsys.readouterr()
    assert command(server, "traffic", what, "--rule", rule, "--from", "2020-01-01", "--json") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    return {row["kind"]: (row["invalid"], row["restored"]) for row in rows}


def test_a_damaged_list_is_refused_with_file_line_and_what_to_do(
    make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = make(one_banner(), workers=1, invalid_traffic=_rules(tmp_path))
    clouds = tmp_path / "clouds.txt"
    clouds.write_text("198.51.100.0/24\n198.51.100.7/24\n", "utf-8")
    said = [server.fails()]
    clouds.write_text("198.51.100.0/24\n", "utf-8")
    server.start()
    clouds.write_text("198.51.100.0/24\n198.51.100.7/24\n", "utf-8")
    for word, code in (("check", 2), ("reload", 1)):  # the list from before stands in at a reload
        assert command(server, word) == code
        said.append(capsys.readouterr().err)
    for each in said:
        assert "clouds.txt:2" in each
        assert "write 198.51.100.0/24" in each
    server.stop("network_list_refused")


def test_with_every_rule_off_everybody_is_a_person(make: Make) -> None:
    off = {"crawlers": False, "fastest_click_ms": 0, "clicks_per_person": None}
    server = make(one_banner(), workers=1, invalid_traffic=off).start()
    with server.client() as line:
        pixel, click = links(line.bid(whose("anybody", ua=CRAWLER)).bid())
        assert follow(line, pixel, User_Agent=CRAWLER) == 200
        assert follow(line, click, User_Agent=CRAWLER) == 302
    assert counted(server) == (1, 1, 0, 0)
