"""The simulated exchange against a fake bidder, over real HTTP."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from loadtest.aftermath import Habits
from loadtest.exchange import Options, run
from loadtest.request import Terms
from loadtest.tally import Summary
from loadtest.wire import NotHere
from tests.fakes.bidder import FakeBidder, Json


async def played(bidder: FakeBidder, **changes: Any) -> Summary:
    async with bidder.serve() as base:
        given: dict[str, Any] = {
            "rate": 300.0, "seconds": 0.7, "people": 300, "run": "t", "grace_s": 3.0,
            "terms": Terms(tmax_ms=2_000),
            "habits": Habits(pace=0.05), "clock": lambda: 1_795_000_000.0,
        }  # fmt: skip
        return await run(Options(f"{base}/openrtb2/demo", **(given | changes)))


async def test_bids_win_are_billed_seen_clicked_and_bought(tmp_path: Path) -> None:
    bidder = FakeBidder()
    status = tmp_path / "status.json"
    summary = await played(bidder, seconds=1.5, status=status)
    assert not summary.errors, summary.examples
    assert summary.sent == summary.answered == len(bidder.requests) > 300
    assert summary.wins > 300
    assert summary.clicks == len(bidder.tokens["click"]) >= 3
    for kind in ("win", "billing", "impression"):
        assert bidder.notices[kind] == summary.notices[kind] + summary.repeated[kind]
        assert len(bidder.tokens[kind]) == summary.notices[kind]
    assert sum(summary.repeated.values()) >= 5
    assert sum(summary.lost.values()) >= 5
    assert summary.notices["billing"] + summary.lost["billing"] == summary.impressions
    assert all(0 < float(price) <= bidder.price for price in bidder.prices)
    assert 0 < summary.spend["camera-shop.example"] <= summary.impressions * 50_000_000
    written = orjson.loads(status.read_bytes())
    assert written["wins"] == summary.wins
    assert written["latency_ms"]["p99"] >= written["latency_ms"]["p50"] > 0
    assert os.listdir(tmp_path) == ["status.json"]  # noqa: PTH208 - nothing half-written is left


async def test_people_buy_at_the_shop_whose_advertisement_they_clicked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("loadtest.market.live.Live.sees", lambda *_: 1.0)
    monkeypatch.setattr("loadtest.market.live.Live.order", lambda *_: (600.0, 12_345))
    bidder = FakeBidder()
    summary = await played(bidder, seconds=0.2)
    assert summary.orders == len(bidder.orders) == summary.clicks > 20
    assert len({order["order"] for order in bidder.orders}) == summary.orders
    for order in bidder.orders:
        assert order["advertiser"] == "camera-shop"
        assert order["value"] == "123.45"
        assert order["adclick"] in bidder.tokens["click"]


async def test_one_seed_asks_and_decides_the_same() -> None:
    first, second = FakeBidder(price=1.5), FakeBidder(price=1.5)
    summaries = [await played(first, seconds=0.4), await played(second, seconds=0.4)]
    asked, again = ({r["id"]: r for r in bidder.requests} for bidder in (first, second))
    assert asked == again
    assert len(asked) > 60
    assert first.tokens["win"].keys() == second.tokens["win"].keys()
    assert first.tokens["loss"].keys() == second.tokens["loss"].keys()
    assert summaries[0].wins == summaries[1].wins


async def test_a_notice_refused_for_now_is_sent_again() -> None:
    bidder = FakeBidder(unavailable=5)
    summary = await played(bidder, seconds=0.2, habits=Habits(pace=0.02, repeat=0, lose=0))
    assert sum(summary.retried.values()) == 5
    assert not summary.errors
    assert len(bidder.tokens["win"]) == summary.wins


@pytest.mark.parametrize(
    ("spoilt", "kind"),
    [
        (lambda _: web.Response(status=500, text="oops"), "bid_status_500"),
        (lambda _: web.Response(text="{"), "bid_not_json"),
        (lambda answer: {**answer, "id": "other"}, "bid_wrong_id"),
    ],
)
async def test_bad_answers_are_counted_by_kind_with_an_example(spoilt: Any, kind: str) -> None:
    summary = await played(FakeBidder(spoil=spoilt), seconds=0.1)
    assert summary.errors == {kind: summary.sent}
    assert kind in summary.examples
    assert not summary.wins


async def test_no_bids_are_no_errors() -> None:
    summary = await played(FakeBidder(spoil=lambda _: web.Response(status=204)), seconds=0.1)
    assert summary.answered == summary.sent > 0
    assert not summary.errors
    assert not summary.bids


async def test_a_late_answer_is_a_time_out() -> None:
    class Slow(FakeBidder):
        async def _bid(self, request: web.Request) -> web.Response:
            await asyncio.sleep(0.3)
            return await super()._bid(request)

    summary = await played(Slow(), seconds=0.1, rate=100.0, terms=Terms(tmax_ms=100))
    assert summary.errors == {"bid_timeout": summary.sent}


async def test_stopping_ends_the_run_cleanly() -> None:
    bidder, stop = FakeBidder(), asyncio.Event()
    async with bidder.serve() as base:
        habits = Habits(pace=0.1)
        options = Options(
            f"{base}/openrtb2/demo", rate=100.0, people=300, grace_s=0.2, habits=habits
        )
        running = asyncio.create_task(run(options, stop))
        async with asyncio.timeout(10):
            await bidder.busy.wait()
            stop.set()
            summary = await running
    assert 50 <= summary.sent < 1_000
    assert not summary.errors


async def test_an_interrupt_ends_the_command_with_its_summary() -> None:
    bidder = FakeBidder()
    async with bidder.serve() as base:
        words = ["-m", "loadtest", "exchange", "--url", f"{base}/openrtb2/demo", "--json"]
        words += ["--people", "300"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, "--grace", "0.2", stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(10):
            await bidder.busy.wait()
            process.send_signal(signal.SIGINT)
            output, _ = await process.communicate()
    assert process.returncode == 0
    assert orjson.loads(output)["sent"] == len(bidder.requests)


async def test_a_bidder_elsewhere_is_refused() -> None:
    with pytest.raises(NotHere, match="only http://127"):
        await run(Options("http://bidder.example/openrtb2/demo", people=300))


async def test_a_bidder_that_does_not_listen_is_counted() -> None:
    nobody = Options("http://127.0.0.1:1/openrtb2/demo", rate=100.0, seconds=0.1, people=300)
    summary = await run(nobody)
    assert summary.errors == {"bid_connection": summary.sent}


def test_the_summary_of_nothing_is_still_a_summary() -> None:
    answer: Json = Summary().as_dict()
    assert answer["sent"] == 0
    assert answer["latency_ms"]["p99"] == 0
