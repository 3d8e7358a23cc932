"""Starts that are disturbed: nobody waits for who cannot come."""

import os
import signal
import time
from threading import Timer

from tests.endpoints.catalogs import one_banner
from tests.endpoints.conftest import Make
from tests.endpoints.server import wait
from tests.endpoints.wire import request

SOON_S = 8.0
"""Patience with a busy machine, far below that of a supervisor with a worker."""


def test_an_owner_that_dies_while_a_worker_starts_comes_back_at_once(make: Make) -> None:
    server = make(one_banner()).start()
    killed = server.worker_pid(0)
    os.kill(server.pid(), signal.SIGSTOP)
    os.kill(killed, signal.SIGKILL)
    os.kill(server.owner_pid(), signal.SIGSTOP)  # the new worker finds nobody who would welcome it
    os.kill(server.pid(), signal.SIGCONT)
    time.sleep(1.0)
    os.kill(server.owner_pid(), signal.SIGKILL)
    wait(server.is_ready, SOON_S)
    assert server.worker_pid(0) != killed
    assert server.events("worker_not_ready") == []
    with server.client() as client:
        assert client.bid(request()).status == 200
    server.stop("worker_died", "owner_died")


def test_a_server_that_is_stopped_while_a_worker_starts_does_not_wait_for_it(make: Make) -> None:
    server = make(one_banner()).start()
    owner, began = server.owner_pid(), time.monotonic()
    os.kill(owner, signal.SIGSTOP)
    os.kill(server.worker_pid(0), signal.SIGKILL)
    wait(lambda: bool(server.events("worker_died")), SOON_S)
    time.sleep(1.0)
    Timer(0.5, os.kill, (owner, signal.SIGCONT)).start()
    server.stop("worker_died")
    assert time.monotonic() - began < SOON_S
