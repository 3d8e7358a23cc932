"""`adserver ledger` on a server that runs: what was sold is verified, reported, compared with an exchange's file, corrected
once, and invoiced to the cent.
"""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from adserver.__main__ import main
from adserver.commands.terminal import FAILED, OK, UNUSABLE
from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.server import Server
from tests.endpoints.wire import links, request

PRICES = ("2.5", "1.25", "0.000001", "3")
MEDIA = 6_750_001
"""Nanos: the sum of the prices."""
EUROS = "1.84"
"""2.00 at the rate of the settings."""


class Shop:
    """A server and its command line."""

    def __init__(self, server: Server, claimed: int, capture: pytest.CaptureFixture[str]) -> None:
        self.server = server
        self.claimed = claimed
        """What the exchange wanted above our bid, nanos."""
        self._capture = capture

    def say(self, *arguments: object) -> tuple[int, str]:
        """Run `ledger ...`; return the exit code and what was printed."""
        self._capture.readouterr()
        code = main(["ledger", *map(str, arguments), "-c", str(self.server.settings_file)])
        return code, self._capture.readouterr().out

    def tell(self, *arguments: object) -> tuple[int, Any]:
        """Run with `--json`."""
        code, text = self.say(*arguments, "--json")
        return code, json.loads(text)

    def report(self, name: str, *rows: str) -> Path:
        """Write an exchange's report of today."""
        today = datetime.now(UTC).date().isoformat()
        file = self.server.folder / name
        file.write_text("\n".join(row.replace("TODAY", today) for row in rows), encoding="utf-8")
        return file


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    """Sell four impressions for dollars at one exchange, one for euros at another, and refuse a price (nanos)."""
    fees = {"data_cpm": "0.2", "tech_percent": "5", "margin_percent": "12.5"}
    item = line_item("tents", ["tent"], fees=fees, goal={"cpm": "7.777777"})
    settings = {
        "exchanges": [
            {"name": "open", "billable_banner": "billing"},
            {"name": "euro", "billable_banner": "billing", "currencies": ["EUR"]},
        ],
        "rates": {"EUR": 0.92},
    }
    catalog = advertiser("shop", [banner("tent")], [item])
    catalog["shop"]["advertiser"]["name"] = "Shop <& Co>"
    server = Server(tmp_path_factory.mktemp("shop"), catalog, settings).start()
    with server.client() as line:
        for price in PRICES:
            bid = line.bid(request(), "open").bid()
            assert line.follow(bid["burl"], PRICE=price).status == 200
            assert line.follow(links(bid)[0]).status == 200
        bid = line.bid(request(), "euro").bid()
        assert line.follow(bid["burl"], PRICE=EUROS).status == 200
        dear = line.bid(request(), "open").bid()
        claimed = round(dear["price"] * 1_000_000) + 1
        assert line.follow(dear["burl"], PRICE=f"{claimed / 1_000_000:.6f}").status == 200
    yield server, claimed
    server.stop()


@pytest.fixture
def shop(sold: tuple[Server, int], capsys: pytest.CaptureFixture[str]) -> Shop:
    return Shop(*sold, capsys)


def test_the_log_of_a_server_that_runs_is_verified(shop: Shop) -> None:
    code, found = shop.tell("verify")
    assert (code, found["ok"], found["owner"], found["faults"]) == (OK, True, "agrees", [])
    assert found["entries"]["Settled"] == len(PRICES) + 1
    assert found["totals"]["quarantined"] == 1
    code, text = shop.say("verify")
    assert (code, "All totals agree." in text) == (OK, True)


def test_the_report_has_every_level_and_what_was_quarantined(shop: Shop) -> None:
    code, found = shop.tell("report")
    assert code == OK
    levels = {row["level"]: row for row in found["levels"]}
    assert list(levels) == ["advertiser", "campaign", "insertion_order", "line_item"]
    assert {row["settled"] for row in levels.values()} == {levels["line_item"]["settled"]}
    assert levels["line_item"]["budget_lifetime"] == 10**15
    assert found["outstanding"] == levels["advertiser"]["outstanding"] > 0
    assert found["exposed"] == 0
    (claim,) = found["quarantined"]
    assert (claim["exchange"], claim["notices"], claim["claimed"]) == ("open", 1, shop.claimed)
    code, text = shop.say("report")
    assert all(word in text for word in ("quarantined", "Still to come", "tents"))


def test_a_report_that_agrees_is_within_tolerance(shop: Shop) -> None:
    file = shop.report(
        "same.csv", "Date,Campaign ID,Imps,Spend", "TODAY,shop-campaign,4,0.006750001"
    )
    code, found = shop.tell("reconcile", file, "--exchange", "open", "--tolerance-percent", 0)
    assert (code, [row["verdict"] for row in found["rows"]]) == (OK, ["within tolerance"])
    assert found["rows"][0]["media_ours_nanos"] == MEDIA


def test_creatives_are_told_apart_by_the_bid_events(shop: Shop) -> None:
    file = shop.report(
        "crid.csv", "day;crid;impressions;spend", "TODAY;tent;4;0,006750001", "TODAY;odd;1;1"
    )
    code, found = shop.tell("reconcile", file, "--exchange", "open", "--decimal-comma")
    verdicts = {row["key"]: row["verdict"] for row in found["rows"]}
    assert (code, verdicts) == (FAILED, {"tent": "within tolerance", "odd": "unknown to us"})
    code, found = shop.tell("reconcile", file, "--exchange", "open", "--decimal-comma", "--book")
    assert (code, found["faults"][0]["path"]) == (UNUSABLE, "--book")


def test_a_difference_is_booked_once_and_then_there_is_none(shop: Shop) -> None:
    """In euros: six thousandths more than we have, and one impression."""
    rows = ("day,line_item,impressions,spend,currency", "TODAY,tents,2,0.00784,EUR")
    file = shop.report("more.csv", *rows)
    ask = ("reconcile", file, "--exchange", "euro")
    code, found = shop.tell(*ask)
    (row,) = found["rows"]
    assert (code, row["verdict"], found["booked"]) == (FAILED, "they bill more", [])
    ours = row["wire_ours_nanos"]
    assert abs(ours - 1_840_000) <= 1
    assert row["wire_theirs_nanos"] == 7_840_000
    assert row["difference_percent"].startswith("326.0")

    before = shop.tell("report")[1]["levels"][0]
    code, found = shop.tell(*ask, "--book")
    assert (code, [each["outcome"] for each in found["booked"]]) == (OK, ["booked"])
    media = found["booked"][0]["media"]
    assert abs(media - 6_521_739) <= 4  # six thousandths of a euro, in dollars
    after = shop.tell("report")[1]["levels"][0]
    assert (after["settled"] - before["settled"], after["adjusted"]) == (media, media)
    assert shop.tell("verify")[1]["faults"] == []
    code, found = shop.tell(*ask, "--book")
    assert (code, found["rows"][0]["verdict"], found["booked"]) == (OK, "within tolerance", [])
    # The same report, sent once more by somebody whose table had not changed yet.
    code, text = shop.say(*ask, "--csv")
    (line,) = csv.DictReader(StringIO(text))
    assert (code, line["verdict"], line["impressions_ours"]) == (OK, "within tolerance", "2")


def test_the_invoice_is_exact_and_rounded_once(shop: Shop) -> None:
    today = datetime.now(UTC).date().isoformat()
    ask = ("invoice", "--advertiser", "shop", "--from", today, "--until", today)
    code, found = shop.tell(*ask)
    (line,) = found["lines"]
    settled = shop.tell("report")[1]["levels"][0]["settled"]
    assert (code, found["total_nanos"], line["invalid_nanos"]) == (OK, settled, 0)
    assert found["due"] == f"{round(settled / 10**7) / 100:.2f}"
    assert line["data_nanos"] == 5 * 200_000
    _, text = shop.say(*ask, "--csv")
    (row,) = csv.DictReader(StringIO(text))
    assert row["line_item"] == "tents"
    page = shop.server.folder / "invoice.html"
    assert shop.say(*ask, "--html", page)[0] == OK
    html = page.read_text("utf-8")
    assert "Shop &lt;&amp; Co&gt;" in html
    assert "<& Co>" not in html
    assert f"USD {found['due']}" in html


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("invoice", "--advertiser", "nobody", "--from", "2026-01-01", "--until", "2026-01-31"), "--advertiser"),
        (("invoice", "--advertiser", "shop", "--from", "2026-02-01", "--until", "2026-01-31"), "--until"),
        (("reconcile", "FILE", "--exchange", "nobody"), "--exchange"),
        (("reconcile", "FILE", "--exchange", "open"), "line 2"),
        (("reconcile", "FILE", "--exchange", "open", "--delimiter", "::"), "--delimiter"),
        (("reconcile", "FILE", "--exchange", "open", "--columns", "spend"), "--columns"),
        (("reconcile", "FILE", "--exchange", "open", "--columns", "spend=Cost"), "$"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_says_why(shop: Shop, arguments: tuple[str, ...], path: str) -> None:
    file = shop.report(
        "krona.csv", "day,line_item,impressions,spend,currency", "TODAY,tents,1,1,SEK"
    )
    code, found = shop.tell(*(file if each == "FILE" else each for each in arguments))
    assert (code, found["faults"][0]["path"]) == (UNUSABLE, path)
