"""The open loop tells the truth about a server that stands still."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
import uvloop

from loadtest import slo
from loadtest.__main__ import main
from loadtest.connection import Unframed, parse
from loadtest.latency import Latencies
from loadtest.openloop import Options, Report, run
from loadtest.ticker import Ticker
from loadtest.wire import NotHere
from tests.fakes.bidder import stalling_server


async def measured(url: str, **changes: Any) -> Report:
    given: dict[str, Any] = {"rate": 500.0, "seconds": 1.0, "connections": 4, "arrivals": "uniform"}
    return await run(Options(url, **(given | changes)), [b"{}"])


async def test_a_stall_shows_in_all_requests_that_should_have_been_sent_meanwhile() -> None:
    """Coordinated omission: of the 150 requests due while the server slept, only four were under way."""
    async with stalling_server(stall_at=200, stall_s=0.3) as url:
        report = await measured(url)
    assert report.statuses == {204: 500}
    assert report.queued >= 100
    # Timed from the intended send, a quarter of the stalled ones waited longer than 220 ms ...
    assert 150 < report.latency.percentile_ms(0.90) < 330
    assert report.latency.percentile_ms(0.98) > 250
    # ... timed from the actual send, as closed loops do, all but four look fine.
    assert report.service.percentile_ms(0.98) < 50
    assert report.service.longest_s > 0.25
    assert report.late_by.percentile_ms(0.5) < 5


async def test_a_server_that_never_answers_is_not_left_out() -> None:
    async with stalling_server(stall_at=1, stall_s=60) as url:
        report = await measured(url, rate=100.0, seconds=0.2, drain_s=0.1)
    assert report.answered == 0
    assert report.unanswered == report.intended == report.latency.count >= 19
    assert report.latency.percentile_ms(0.5) > 100


async def test_nothing_is_sent_on_a_connection_whose_last_answer_came() -> None:
    """As an exchange would: a server that drains loses no request."""
    lost = 0
    serving: list[asyncio.Task[Any] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal lost
        serving.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError, ConnectionResetError):  # the generator is done
            for number in range(5):
                await reader.readuntil(b"{}")
                last = b"Connection: close\r\n" if number == 4 else b""
                writer.write(b"HTTP/1.1 200 OK\r\n" + last + b"Content-Length: 2\r\n\r\nok")
            await asyncio.sleep(0.03)
            lost += bool(reader._buffer)  # type: ignore[attr-defined] # what came too late
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    report = await measured(f"http://127.0.0.1:{port}/x", rate=200.0, seconds=0.3, connections=2)
    server.close()
    await server.wait_closed()
    await asyncio.gather(*filter(None, serving))
    assert (lost, report.unanswered, report.errors) == (0, 0, {})
    assert report.answered == report.intended >= 55


async def test_a_broken_connection_is_counted_and_replaced() -> None:
    seen = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        try:
            while await reader.readuntil(b"{}"):
                seen += 1
                if seen == 5:
                    break
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionResetError):
            left.set()  # the generator is done
        writer.close()

    left = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    report = await measured(f"http://127.0.0.1:{port}/x", rate=100.0, seconds=0.3, connections=1)
    await left.wait()
    server.close()
    await server.wait_closed()
    assert report.errors == {"closed": 1}
    assert report.unanswered == 1
    assert report.answered == report.intended - 1 >= 28


def test_uvloop_measures_as_well_and_faster() -> None:
    async def main() -> Report:
        async with stalling_server(stall_at=0, stall_s=0) as url:
            return await measured(url, rate=800.0, seconds=0.5, arrivals="poisson")

    report = uvloop.run(main())
    assert report.answered == report.intended > 300
    assert not report.errors
    assert report.late_by.percentile_ms(0.5) < 2


async def test_a_bug_in_the_generator_is_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("loadtest.connection.Connection.send", broken)
    async with stalling_server(stall_at=0, stall_s=0) as url:
        with pytest.raises(ZeroDivisionError):
            await measured(url)


async def test_other_machines_are_refused() -> None:
    with pytest.raises(NotHere):
        await measured("http://192.0.2.7/openrtb2/demo")


def test_responses_end_where_they_say() -> None:
    ok = b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 3\r\n\r\nabc"
    assert parse(ok + b"rest") == (200, len(ok))
    assert parse(ok[:-1]) is None
    assert parse(b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n") == (204, 33)
    with pytest.raises(Unframed):
        parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")


async def test_the_alarm_rings_within_a_fraction_of_a_millisecond() -> None:
    late: list[float] = []
    due = 0.0
    rung = asyncio.Event()

    def ring() -> None:
        late.append(time.monotonic() - due)
        rung.set()

    ticker = Ticker(ring)
    for _ in range(20):
        due = time.monotonic() + 0.0033
        ticker.at(due)
        await rung.wait()
        rung.clear()
    ticker.close()
    assert min(late) >= 0
    assert sorted(late)[4] < 0.001  # most of them; the machine may be busy


def test_percentiles_are_right_within_a_per_cent() -> None:
    latencies = Latencies()
    for microseconds in range(1, 10_001):
        latencies.add(microseconds / 1e6)
    assert latencies.percentile_ms(0.5) == pytest.approx(5.0, rel=0.011)
    assert latencies.percentile_ms(0.999) == pytest.approx(9.99, rel=0.011)
    assert latencies.table()["max"] == 10.0


async def test_bars_are_judged_by_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with stalling_server(stall_at=0, stall_s=0) as url:
        options = Options(url, 200.0, 0.3)
        report = (await run(options, [b"{}"])).as_dict(options)
    file = tmp_path / "m.json"
    file.write_bytes(orjson.dumps(report))
    assert main(["slo", str(file), "--p50", "500", "--p99.9", "900", "--rate-share", "0.5"]) == 0
    assert main(["slo", str(file), "--p99", "0.0001"]) == 1
    assert "MISSED" in capsys.readouterr().out
    failing = {**report, "statuses": {"500": 1}}
    assert not all(v.kept for v in slo.judge(failing, {}, 0.0, 0.0))
    file.write_text('{"half": 1}')
    assert main(["slo", str(file)]) == 2


def test_bad_options_end_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openloop", "--url", "http://127.0.0.1:1/", "--rate", "0"]) == 2
    assert (
        main(["openloop", "--url", "http://127.0.0.1:1/", "--rate", "1", "--seconds", "0.1"]) == 2
    )
    assert main(["exchange", "--url", "http://example.com/"]) == 2
    assert capsys.readouterr().err.count("loadtest ") == 3
