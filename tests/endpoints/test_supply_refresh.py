"""`supply refresh` from the first domain to the table, against strangers' servers on loopback."""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.supply.connecting import NO_ALLOWANCE
from adserver.__main__ import main
from adserver.commands.supply import refreshing
from adserver.supply.index import Table
from tests.servers.web import LOOPBACK, Visit, Web, response, serving, text

Json = dict[str, Any]
PAGES = {
    "pub.example/ads.txt": text(b"ssp.example,1,DIRECT\nSUBDOMAIN=own.pub.example\nINVENTORYPARTNERDOMAIN=partner.example\n"),
    "own.pub.example/ads.txt": text(b"ssp.example,2,DIRECT\n"),
    "partner.example/ads.txt": text(b"ssp.example,3,DIRECT\n"),
    "dev.example/app-ads.txt": text(b"ssp.example,4,RESELLER\n"),
    "ssp.example/sellers.json": response(
        200, b'{"sellers": [{"seller_id": "1", "seller_type": "PUBLISHER", "domain": "pub.example"}]}',
        Content_Type="application/json",
    ),
    "evil.example/ads.txt": response(302, Location="http://169.254.169.254/latest/meta-data/"),
}  # fmt: skip


def _page(visit: Visit) -> bytes:
    return PAGES.get(visit.host + visit.path, response(404))


async def _lookup(_: str) -> Sequence[str]:
    return [LOOPBACK]


@pytest.fixture
def strangers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Serve in a thread, since the command has a loop of its own; lead its fetcher there by its constructor."""
    ready, started = threading.Event(), []
    loop = asyncio.new_event_loop()
    done = asyncio.Event()

    async def serve() -> None:
        async with serving(_page) as web:
            started.append(web)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(5)
    (web,) = started
    ports = {(LOOPBACK, 80): web.port, (LOOPBACK, 443): web.port}
    real = refreshing.fetch_all
    monkeypatch.setattr(
        refreshing, "fetch_all",
        lambda *words, **named: real(*words, **named, pause_s=0.0, lookup=_lookup, allowance=ports),
    )  # fmt: skip
    yield web
    loop.call_soon_threadsafe(done.set)
    thread.join()
    loop.close()


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "apps.csv").write_text("bundle,domain\ncom.app,www.dev.example\n", "utf-8")
    file = tmp_path / "server.yaml"
    supply = {
        "applications": "apps.csv",
        "exchanges": [{"exchange": "open", "domains": ["ssp.example"]}],
    }
    said = {
        "campaigns": {"kind": "yaml", "path": "campaigns"},
        "exchanges": [{"name": "open"}],
        "supply": supply,
    }
    file.write_text(json.dumps(said), "utf-8")
    return file


def _run(capsys: pytest.CaptureFixture[str], file: Path, *words: str) -> tuple[int, Json]:
    code = main(["supply", *words, "--json", "-c", str(file)])
    return code, json.loads(capsys.readouterr().out)


def test_what_is_needed_is_fetched_followed_and_made_a_table(
    strangers: Web, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = settings.parent / "state/events"
    events.mkdir(parents=True)
    seen = {
        "event": "bid",
        "inventory_type": "site",
        "publication": "news.pub.example",
        "path": "ssp.example>?",
    }
    (events / "events-20261122T000000Z-000001.jsonl").write_text(json.dumps(seen) + "\n", "utf-8")
    (settings.parent / "list").write_text(
        "# more\nevil.example,ads.txt\nnone.example,ads.txt # none\n", "utf-8"
    )
    code, told = _run(capsys, settings, "refresh", "--domains", str(settings.parent / "list"))
    assert code == 0
    assert told["outcomes"] == {"read": 5, "refused": 1, "absent": 1}
    assert told["table"] == {"files": 5, "missing": 1, "expired": 0, "applications": 1}
    (problem,) = told["problems"]
    assert (problem["domain"], "refused: a host that is no domain name" in problem["problem"]) == (
        "evil.example",
        True,
    )
    table = Table((settings.parent / "state/supply/paths.table").read_bytes())
    for kind, domain, account in (
        ("ads.txt", "pub.example", "1"), ("ads.txt", "own.pub.example", "2"), ("ads.txt", "partner.example", "3"),
        ("app-ads.txt", "dev.example", "4"),
    ):  # fmt: skip
        assert table.said("account", kind, domain, "ssp.example", account)
    assert table.said("seller", "ssp.example", "1")
    assert table.developer("com.app") == "www.dev.example"
    before = len(strangers.visits)
    code, told = _run(capsys, settings, "refresh")
    assert (code, told["outcomes"]) == (0, {"not_due": 7})
    assert len(strangers.visits) == before, "nothing is due"
    code, told = _run(capsys, settings, "check")
    assert (code, told["ok"]) == (0, True)
    assert main(["supply", "refresh", "--force", "-c", str(settings)]) == 0
    assert "In the table: 5 files" in capsys.readouterr().out


def test_if_nothing_can_be_had_it_says_so(
    settings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the names lead to loopback and nothing is allowed."""
    real = refreshing.fetch_all
    monkeypatch.setattr(
        refreshing, "fetch_all",
        lambda *words, **named: real(*words, **named, pause_s=0.0, lookup=_lookup, allowance=NO_ALLOWANCE),
    )  # fmt: skip
    code, told = _run(capsys, settings, "refresh")
    assert code == 1
    assert told["outcomes"] == {"refused": 2}
    assert _run(capsys, settings, "check")[0] == 1


@pytest.mark.parametrize("row", ["no domain", "pub.example,ads.json", "127.0.0.1"])
def test_a_list_with_a_bad_line_is_refused(
    settings: Path, row: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (settings.parent / "list").write_text(f"good.example\n{row}\n", "utf-8")
    code, told = _run(capsys, settings, "refresh", "--domains", str(settings.parent / "list"))
    assert code == 2
    assert told["faults"][0]["file"].endswith("list:2")
