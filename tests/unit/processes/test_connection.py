"""One client's line: order, last words, and what is read no further."""

import asyncio
import gc
import time
from collections.abc import Callable

import pytest
import structlog.testing

from adserver.config import Http
from adserver.endpoints.admission import Admission
from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.routes import Answer
from adserver.processes import http_server
from adserver.processes.connection import Connection
from adserver.processes.http_server import TURN, HttpServer
from adserver.processes.request_reader import MAX_WAITING, RequestReader
from tests.bench.inmemory import Line

HEAD = "POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}"


def asked(*names: str) -> bytes:
    return "".join(map(HEAD.format, names)).encode()


class Ends:
    """Both ends of some lines to a server in this process."""

    def __init__(self, site: Callable[[Request], Answer], lines: int = 1) -> None:
        self.server = HttpServer(site, Admission(time.monotonic), Http())
        self.connections: list[Connection] = [self.server() for _ in range(lines)]
        self.lines = [_Line() for _ in range(lines)]
        for connection, line in zip(self.connections, self.lines, strict=True):
            connection.connection_made(line)

    @property
    def written(self) -> bytes:
        """Return what the first line got."""
        return b"".join(self.lines[0].written)

    def is_reading(self) -> bool:
        """Tell whether the server takes more from the first line."""
        return self.lines[0].reading

    async def send(self, *chunks: bytes) -> None:
        """Have the first line's other end send, and wait until nothing moves any more."""
        for chunk in chunks:
            self.connections[0].data_received(chunk)
        await settled()


class _Line(Line):
    def __init__(self) -> None:
        super().__init__()
        self.reading = True
        self.ended = False

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def write_eof(self) -> None:
        self.ended = True


async def settled() -> None:
    for _ in range(300):
        await asyncio.sleep(0)


def echo(request: Request) -> Reply:
    return Reply(200, request.target.encode())


def bodies(written: bytes) -> list[bytes]:
    return [part.partition(b"\r\n\r\n")[2] for part in written.split(b"HTTP/1.1 ")[1:]]


async def test_replies_go_out_in_the_order_of_requests_however_long_each_takes() -> None:
    gate = asyncio.Event()

    async def slowly() -> Reply:
        await gate.wait()
        return Reply(200, b"/slow")

    def site(request: Request) -> Answer:
        return slowly() if request.target == "/slow" else echo(request)

    ends = Ends(site)
    await ends.send(asked("slow", "b", "c"))
    assert ends.written == b""
    assert not ends.is_reading(), "more is read only when what came is answered"
    gate.set()
    await settled()
    assert bodies(ends.written) == [b"/slow", b"/b", b"/c"]
    assert ends.is_reading()


async def test_a_request_in_any_pieces_is_one_request() -> None:
    whole = asked("a", "b")
    for cut in range(1, len(whole)):
        ends = Ends(echo)
        await ends.send(whole[:cut])
        await ends.send(whole[cut:])
        assert bodies(ends.written) == [b"/a", b"/b"]


async def test_who_sends_again_before_its_turn_is_read_no_further() -> None:
    ends = Ends(echo)
    first, second = asked("a")[:9], asked("a")[9:]
    ends.connections[0].data_received(first)
    assert ends.is_reading()
    ends.connections[0].data_received(second)
    assert not ends.is_reading()
    await settled()
    assert bodies(ends.written) == [b"/a"]
    assert ends.is_reading()


async def test_who_piles_up_requests_gets_so_many_replies_and_the_end() -> None:
    ends = Ends(echo)
    await ends.send(asked(*map(str, range(MAX_WAITING + 20))))
    assert bodies(ends.written) == [f"/{n}".encode() for n in range(MAX_WAITING)]
    assert b"Connection: close" in ends.written.rpartition(b"HTTP/1.1 ")[2]
    assert ends.lines[0].ended


async def test_the_last_word_is_asked_just_before_a_reply_is_written() -> None:
    said: list[bool] = []

    def site(request: Request) -> Reply:
        def confirm(possible: bool) -> Reply | None:  # noqa: FBT001 - the contract
            said.append(possible)
            return Reply(204) if request.target == "/other" else None

        return Reply(200, b"as written", confirm=confirm)

    ends = Ends(site)
    await ends.send(asked("a"), asked("other"))
    assert said == [True, True]
    assert ends.written.count(b"as written") == 1
    assert b"204 No Content" in ends.written


@pytest.mark.parametrize("waits", [False, True])
async def test_a_last_word_that_fails_ends_its_own_line_and_no_other(waits: bool) -> None:  # noqa: FBT001 - a parameter
    def confirm(_: bool) -> None:  # noqa: FBT001 - the contract
        raise RuntimeError("a bug")

    async def later(reply: Reply) -> Reply:
        return reply

    def site(request: Request) -> Answer:
        reply = Reply(200, b"well", confirm=confirm if request.target == "/bug" else None)
        return later(reply) if waits else reply

    ends = Ends(site, 2)
    with structlog.testing.capture_logs() as told:
        ends.connections[1].data_received(asked("a"))
        await ends.send(asked("bug", "b"))
        ends.connections[1].data_received(asked("b"))
        await settled()
    assert ends.written == b""
    assert ends.lines[0].closed
    assert bodies(b"".join(ends.lines[1].written)) == [b"well", b"well"]
    assert not ends.lines[1].closed
    assert [line["event"] for line in told] == ["http_failed"]


async def test_who_has_gone_is_told_that_nothing_can_be_sent() -> None:
    said: list[bool] = []
    ends: Ends

    def site(_: Request) -> Reply:
        ends.connections[0].connection_lost(None)
        return Reply(200, confirm=said.append)

    ends = Ends(site)
    await ends.send(asked("a"))
    assert said == [False]
    assert ends.written == b""
    assert not ends.server.connections


async def test_one_request_s_bug_is_not_the_others() -> None:
    def site(request: Request) -> Reply:
        if request.target == "/bug":
            raise RuntimeError("a bug")
        return echo(request)

    ends = Ends(site)
    await ends.send(asked("bug", "fine"))
    assert ends.written.startswith(b"HTTP/1.1 500 ")
    assert bodies(ends.written)[1] == b"/fine"


@pytest.mark.parametrize(("turn_s", "together"), [(10.0, TURN), (0.0, 1)])
async def test_a_turn_decides_on_several_before_it_writes_until_its_time_is_up(
    monkeypatch: pytest.MonkeyPatch, turn_s: float, together: int
) -> None:
    monkeypatch.setattr(http_server, "TURN_S", turn_s)
    log: list[str] = []

    def site(_: Request) -> Reply:
        time.sleep(0.001)
        log.append("decided")
        return Reply(200, confirm=lambda _: log.append("confirmed"))

    ends = Ends(site, 2 * TURN)
    for connection in ends.connections:
        connection.data_received(asked("a"))
    ends.server._turn()
    assert log == ["decided"] * together + ["confirmed"] * together
    await settled()
    assert log.count("confirmed") == 2 * TURN


async def test_connections_that_ended_leave_nothing_for_the_collector() -> None:
    gc.collect()
    before = readers()
    gc.disable()
    try:
        ends = Ends(echo, 5)
        await ends.send(asked("a"), asked("b")[:-1])
        for connection in ends.connections:
            connection.connection_lost(None)
        del connection, ends
        assert readers() == before
    finally:
        gc.enable()


def readers() -> int:
    """Return how many there are in this process, forgotten ones included."""
    return sum(type(each) is RequestReader for each in gc.get_objects())


async def test_to_head_goes_no_body_and_an_older_version_is_served_once() -> None:
    ends = Ends(echo)
    await ends.send(b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"Content-Length: 2\r\n" in ends.written
    assert ends.written.endswith(b"\r\n\r\n")
    old = Ends(echo)
    await old.send(b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert b"Connection: close" in old.written
    assert old.lines[0].closed


async def test_who_asks_whether_to_send_a_body_is_told() -> None:
    ends = Ends(echo)
    head, _, body = asked("a").partition(b"\r\n\r\n")
    await ends.send(head + b"\r\nExpect: 100-continue\r\n\r\n")
    assert ends.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    await ends.send(body)
    assert bodies(ends.written)[-1] == b"/a"
    huge = Ends(lambda request: Reply(413 if request.excessive else 200))
    await huge.send(
        b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\nExpect: 100-continue\r\n\r\n"
    )
    assert huge.written.startswith(b"HTTP/1.1 413 ")
