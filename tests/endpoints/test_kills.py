"""Processes die by `kill -9`; bids go on, and money is counted once."""

import os
import signal
import time

import pytest

from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import Reply
from tests.endpoints.conftest import Make
from tests.endpoints.server import WORKERS, Server, wait
from tests.endpoints.wire import request

WORKER_BACK_S = 2.0
OWNER_BACK_S = 3.0


def serves(server: Server, worker: int) -> bool:
    """Tell whether this worker answers a bid request with a bid."""
    if not server.answers(worker):
        return False
    with server.clients() as clients:
        return clients[worker].bid(request()).status == 200


def bills(server: Server, bid: dict[str, str]) -> Reply:
    """Report a bid as billable, on a new connection."""
    with server.client() as client:
        return client.follow(bid["burl"], PRICE="1")


@pytest.mark.parametrize("worker", range(WORKERS))
def test_a_killed_worker_is_replaced(make: Make, worker: int) -> None:
    server = make(one_banner()).start()
    killed = server.worker_pid(worker)
    os.kill(killed, signal.SIGKILL)
    with server.client() as client:
        assert client.bid(request()).status == 200  # by the other one
    wait(lambda: server.worker_pid(worker) != killed and serves(server, worker), WORKER_BACK_S)
    server.stop("worker_died")


def test_a_killed_owner_comes_back_and_counts_nothing_twice(make: Make) -> None:
    server = make(one_banner()).start()
    with server.client() as client:
        billed, unbilled, later = (client.bid(request()).bid() for _ in range(3))
    assert bills(server, billed).status == 200
    once = server.report()["tents"]["settled"]
    assert once == 1_000_000

    os.kill(server.pid(), signal.SIGSTOP)  # nobody revives the owner while we look
    try:
        os.kill(server.owner_pid(), signal.SIGKILL)
        wait(lambda: not server.answers(0), 1.0)
        with server.clients() as clients:
            for client in clients:
                assert client.bid(request()).status == 200  # from the leases
        refused = bills(server, unbilled)
        assert refused.status == 503
        assert refused.headers["Retry-After"]
        assert server.private("GET", "/report").status == 503
    finally:
        os.kill(server.pid(), signal.SIGCONT)
    began = time.monotonic()
    wait(lambda: bills(server, unbilled).status == 200, OWNER_BACK_S)
    wait(server.is_ready, OWNER_BACK_S - (time.monotonic() - began))

    assert server.report()["tents"]["settled"] == 2 * once
    for bid in (billed, unbilled, later, later):
        assert bills(server, bid).status == 200
    line = server.report()["tents"]
    assert (line["settled"], line["late"]) == (3 * once, 0)
    server.stop("owner_died")


def test_after_a_killed_supervisor_the_books_are_as_before(make: Make) -> None:
    server = make(one_banner()).start()
    with server.client() as client:
        billed, unbilled = (client.bid(request()).bid() for _ in range(2))
    assert bills(server, billed).status == 200
    server.kill()
    server.start()
    assert server.report()["tents"]["settled"] == 1_000_000
    for bid in (billed, unbilled, unbilled):
        assert bills(server, bid).status == 200
    line = server.report()["tents"]
    assert (line["settled"], line["late"]) == (2_000_000, 0)
    assert all(serves(server, worker) for worker in range(WORKERS))
