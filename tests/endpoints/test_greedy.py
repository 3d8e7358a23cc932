"""Slow, idle and greedy clients are cut or refused, and nobody else notices."""

import gzip
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median

import pytest

from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import Client
from tests.endpoints.conftest import Make
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import request

LIMIT_S = 0.6
IDLE, SLOW = 200, 100
SOON_S = 5.0
HEAD = b"POST /openrtb2/open HTTP/1.1\r\nHost: x\r\n"
GOOD = json.dumps(request()).encode()
MAX_BOMB_CPU_S = 0.150
MAX_BOMB_BYTES = 16 << 20
BOMBS = {
    "inflated": (gzip.compress(b" " * 50_000_000, mtime=0), {"Content_Encoding": "gzip"}, 413),
    "deep": (b'{"id": "1", "imp": [{"id": "1", "ext": ' + b"[" * 200_000, {}, 400),
    "wide": (b'{"id": "1", "imp": [' + b"1," * 120_000 + b"1]}", {}, 400),
    "long_number": (b'{"id": "1", "at": ' + b"9" * 400 + b', "imp": 7}', {}, 400),
    "large": (b"x" * (2 << 20), {}, 413),
}


@pytest.fixture
def server(make: Make) -> Server:
    """Serve with one worker and short limits."""
    limits = {"header_timeout_ms": int(LIMIT_S * 1_000), "body_timeout_ms": int(LIMIT_S * 1_000)}
    server = make(one_banner(), workers=1)
    server.settings["http"] |= {**limits, "idle_timeout_s": 60, "max_connections": 400}
    server.write_settings()
    return server.start()


@contextmanager
def connections(server: Server, count: int, first: bytes = b"") -> Iterator[list[socket.socket]]:
    """Open connections, and send the same bytes on each."""
    with ExitStack() as closing:
        found = []
        for _ in range(count):
            line = closing.enter_context(socket.create_connection(("127.0.0.1", server.port), 5.0))
            line.sendall(first)
            found.append(line)
        yield found


def is_cut(line: socket.socket) -> bool:
    """Tell whether the other side has closed; what it said before is thrown away."""
    line.settimeout(0)
    try:
        while line.recv(65_536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def cuts(server: Server, reason: str) -> float:
    """Return how many connections were cut for this reason."""
    return server.total("adserver_connections_cut_total", reason=reason)


def latency(client: Client) -> float:
    """Return what a bid takes in the middle of a hundred, in seconds."""
    took = []
    for _ in range(100):
        began = time.perf_counter()
        assert client.bid(request()).status == 200
        took.append(time.perf_counter() - began)
    return median(took)


def test_slow_clients_are_cut_and_others_are_served_as_before(server: Server) -> None:
    with server.client() as client, connections(server, IDLE) as idle:
        alone = latency(client)
        half = b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD[:20]
        with (
            connections(server, SLOW // 2, HEAD) as heads,
            connections(server, SLOW // 2, HEAD + half) as bodies,
        ):
            slow = heads + bodies

            def drip() -> bool:
                """Send one more byte on each, as if more were to come; tell whether all are cut."""
                for number, line in enumerate(slow):
                    with suppress(OSError):
                        line.send(b"X" if number < SLOW // 2 else b" ")
                assert latency(client) < alone * 2 + 0.002
                return all(map(is_cut, slow))

            assert wait(drip, SOON_S) >= LIMIT_S
        assert cuts(server, "header_timeout") == SLOW // 2
        assert cuts(server, "body_timeout") == SLOW // 2
        assert not any(map(is_cut, idle))
        wait(lambda: _open(server) == IDLE + 1, SOON_S)
        assert server.no_bids("server_fault") == 0


def _open(server: Server) -> float:
    return server.total("adserver_open_connections")


def test_a_connection_that_works_is_never_cut(server: Server) -> None:
    """Heads and bodies that come in pieces, with pauses below the limit, for longer than any limit."""
    with socket.create_connection(("127.0.0.1", server.port), 2.0) as line:
        head = HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD)
        for _ in range(4):
            for piece in (head[:30], head[30:], GOOD[:50], GOOD[50:]):
                line.sendall(piece)
                time.sleep(LIMIT_S / 3)
            assert line.recv(65_536).startswith(b"HTTP/1.1 200")
        time.sleep(LIMIT_S * 1.5)  # idle, which it may be
        line.sendall(head + GOOD)
        assert line.recv(65_536).startswith(b"HTTP/1.1 200")


def test_who_does_not_take_answers_is_cut(server: Server) -> None:
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.connect(("127.0.0.1", server.port))
        line.settimeout(0)

        def asks_and_never_reads() -> bool:
            with suppress(BlockingIOError):
                while True:
                    line.send(whole)
            return cuts(server, "unread") == 1

        with suppress(ConnectionError):
            wait(asks_and_never_reads, SOON_S)
    wait(lambda: cuts(server, "unread") == 1, SOON_S)


def test_one_connection_too_many_is_closed_at_once(server: Server) -> None:
    with server.client() as client:
        assert client.bid(request()).status == 200
        with connections(server, 420) as lines:
            wait(lambda: cuts(server, "too_many") == 21, SOON_S)
            assert sum(map(is_cut, lines)) == 21
            assert client.bid(request()).status == 200
    wait(lambda: _open(server) <= 1, SOON_S)
    with server.client() as client:
        assert client.bid(request()).status == 200


def test_idle_connections_are_cut(make: Make) -> None:
    server = make(one_banner(), workers=1)
    server.settings["http"]["idle_timeout_s"] = 1
    server.write_settings()
    server.start()
    with connections(server, 5) as lines:
        assert wait(lambda: all(map(is_cut, lines)), SOON_S) >= 1.0
    assert cuts(server, "idle") == 5


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_within_bounds(generous: Server, name: str) -> None:
    body, headers, status = BOMBS[name]
    with generous.clients() as clients:
        cpu_s, peaks = _cpu_s(generous), _peaks(generous)
        for client in clients:
            for _ in range(5):
                assert client.bid(body, **headers).status == status
            assert client.bid(GOOD).status == 200
        assert (_cpu_s(generous) - cpu_s) / (5 * len(clients)) < MAX_BOMB_CPU_S
        grown = [after - before for before, after in zip(peaks, _peaks(generous), strict=True)]
        assert max(grown) < MAX_BOMB_BYTES


def test_a_body_in_endless_chunks_is_refused(server: Server) -> None:
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), 5.0) as line:
        line.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        with suppress(OSError):
            for _ in range(12):
                line.sendall(chunk)
        assert line.recv(65_536).startswith(b"HTTP/1.1 413")
        wait(lambda: is_cut(line), SOON_S)


def test_who_hangs_up_in_the_middle_leaves_no_traceback(server: Server) -> None:
    """The fixture looks at the log when it stops the server."""
    with connections(server, 3, HEAD + b"Content-Length: 9999\r\n\r\n{"):
        wait(lambda: _open(server) >= 3, SOON_S)
    wait(lambda: _open(server) == 0, SOON_S)


def _cpu_s(server: Server) -> float:
    ticks = 0
    for worker in (0, 1):
        stat = Path(f"/proc/{server.worker_pid(worker)}/stat").read_text("ascii")
        ticks += sum(map(int, stat.rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _peaks(server: Server) -> list[int]:
    """Return the most memory that each worker ever had, in bytes."""
    found = []
    for worker in (0, 1):
        status = Path(f"/proc/{server.worker_pid(worker)}/status").read_text("ascii")
        kib = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
        found.append(kib * 1_024)
    return found
