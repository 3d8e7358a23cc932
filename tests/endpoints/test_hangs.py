"""Processes that hang without dying: the supervisor gives them up, and nobody waits for them."""

import os
import signal
import time
from pathlib import Path

from tests.endpoints.catalogs import one_banner
from tests.endpoints.conftest import Make
from tests.endpoints.impatient import HUNG_S
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import request

SOON_S = 10.0
"""Patience with a busy machine, far below what the patient server would take."""


def impatient(make: Make, workers: int = 1) -> Server:
    """Start a server that gives up within seconds."""
    server = make(one_banner(), workers=workers)
    server.program = ("tests.endpoints.impatient",)
    return server.start()


def bids(server: Server) -> bool:
    """Tell whether a new connection gets a bid."""
    with server.client() as client:
        return client.bid(request()).status == 200


def runs(pid: int) -> bool:
    """Tell whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_builder_that_hangs_keeps_nobody_waiting_and_is_given_up(make: Make) -> None:
    server = impatient(make)
    first = server.worker_pid(0)
    never_read = server.folder / "campaigns" / "never.yaml"
    os.mkfifo(
        never_read
    )  # whoever opens it waits for ever, as on a disk of the network that is gone
    os.kill(server.pid(), signal.SIGHUP)
    os.kill(first, signal.SIGKILL)
    wait(lambda: server.worker_pid(0) != first and bids(server), SOON_S)
    wait(lambda: bool(server.events("reload_refused")), SOON_S)
    (hung,) = server.events("builder_hung")
    assert not runs(hung["pid"])
    assert server.events("reloaded") == []

    never_read.unlink()
    os.kill(server.pid(), signal.SIGHUP)
    wait(lambda: bool(server.events("reloaded")), SOON_S)
    assert bids(server)
    server.stop("builder_hung", "reload_refused", "worker_died")


def test_a_reload_that_is_asked_for_during_another_follows_it(make: Make) -> None:
    server = impatient(make)
    never_read = server.folder / "campaigns" / "never.yaml"
    os.mkfifo(never_read)
    os.kill(server.pid(), signal.SIGHUP)
    writers: list[int] = []
    wait(lambda: _has_a_reader(never_read, writers), SOON_S)  # it hangs in there by now
    never_read.unlink()
    os.kill(server.pid(), signal.SIGHUP)
    wait(lambda: bool(server.events("reloaded")), SOON_S)
    os.close(*writers)
    assert len(server.events("reload_refused")) == 1
    server.stop("builder_hung", "reload_refused")


def test_a_server_stops_while_a_builder_hangs(make: Make) -> None:
    server = make(one_banner(), workers=1).start()  # a patient one
    os.mkfifo(server.folder / "campaigns" / "never.yaml")
    os.kill(server.pid(), signal.SIGHUP)
    wait(lambda: len(_children(server)) == 3, SOON_S)
    (builder,) = _children(server) - {server.owner_pid(), server.worker_pid(0)}
    server.stop()
    wait(lambda: not runs(builder), SOON_S)


def test_a_worker_that_hangs_while_it_drains_is_killed(make: Make) -> None:
    server = impatient(make)
    old = server.worker_pid(0)
    with server.client() as client:  # its open connection keeps the old one draining for a moment
        assert client.bid(request()).status == 200
        os.kill(server.pid(), signal.SIGHUP)
        wait(lambda: server.worker_pid(0) != old, SOON_S)
        os.kill(old, signal.SIGSTOP)
        wait(lambda: bool(server.events("worker_would_not_leave")), SOON_S)
    wait(lambda: not runs(old), SOON_S)
    (killed,) = server.events("worker_would_not_leave")
    assert (killed["pid"], killed["level"]) == (old, "warning")
    assert bids(server)
    assert server.events("worker_died") == [], "the one that serves was not touched"


def test_a_worker_that_hangs_while_it_serves_is_replaced(make: Make) -> None:
    server = impatient(make, workers=2)
    hung, other = server.worker_pid(0), server.worker_pid(1)
    os.kill(hung, signal.SIGSTOP)
    wait(lambda: server.worker_pid(0) != hung and server.is_ready(), SOON_S + HUNG_S)
    assert [each["pid"] for each in server.events("worker_hung")] == [hung]
    assert server.worker_pid(1) == other
    assert bids(server)
    server.stop("worker_hung", "worker_died")


def test_an_owner_that_hangs_is_replaced_and_bids_go_on_meanwhile(make: Make) -> None:
    server = impatient(make)
    hung, worker = server.owner_pid(), server.worker_pid(0)
    with server.client() as client:
        bid = client.bid(request()).bid()
        time.sleep(1.5)  # it has begun to beat
        os.kill(hung, signal.SIGSTOP)
        assert client.bid(request()).status == 200
    wait(lambda: bool(server.events("owner_hung")), SOON_S)
    wait(lambda: server.owner_pid() != hung and server.is_ready(), SOON_S)
    assert [each["pid"] for each in server.events("owner_hung")] == [hung]
    assert server.worker_pid(0) == worker, "nobody else was touched"
    with server.client() as client:
        assert client.follow(bid["burl"], PRICE="1").status == 200
    assert server.report()["tents"]["settled"] == 1_000_000
    server.stop("owner_hung", "owner_died")


def test_a_supervisor_that_stood_still_itself_takes_nobody_for_hung(make: Make) -> None:
    server = impatient(make)
    serving = server.worker_pid(0)
    both = (server.pid(), serving)
    for pid in both:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(HUNG_S + 0.5)
    for pid in both:
        os.kill(pid, signal.SIGCONT)
    wait(lambda: bids(server), SOON_S)
    assert server.worker_pid(0) == serving
    assert server.events("worker_hung") == []


def _has_a_reader(fifo: Path, writers: list[int]) -> bool:
    """Open the other end, once somebody reads here; nothing is ever written."""
    try:
        writers.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:  # ENXIO: nobody does yet
        return False
    return True


def _children(server: Server) -> set[int]:
    pid = server.pid()
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:  # noqa: PTH123 - one line
        return set(map(int, file.read().split()))
