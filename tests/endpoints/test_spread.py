"""Real workers share the lines that exchanges keep open, also after one of them was replaced."""

import os
import signal
from contextlib import ExitStack

from tests.endpoints.catalogs import one_banner
from tests.endpoints.conftest import Make
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import request

LINES = 12


def shares(server: Server) -> list[int]:
    """Return how many bid requests each worker had of those on new lines."""
    before = [server.requests(worker) for worker in range(server.workers)]
    with ExitStack() as open_lines:
        lines = [open_lines.enter_context(server.client()) for _ in range(LINES)]
        for line in lines:
            assert line.bid(request()).status in {200, 204}
    return [int(server.requests(w) - before[w]) for w in range(server.workers)]


def is_even(server: Server) -> bool:
    """Tell whether nobody has much more than others: a worker may be held up for a moment on a busy machine."""
    return max(shares(server)) <= LINES // server.workers + 2


def test_every_worker_has_some_of_an_exchanges_lines(make: Make) -> None:
    server = make(one_banner(), workers=3).start()
    wait(lambda: is_even(server), 10.0)
    lost = server.worker_pid(1)
    os.kill(lost, signal.SIGKILL)
    assert sum(shares(server)) == LINES
    wait(lambda: server.worker_pid(1) != lost and server.is_ready(), 10.0)
    wait(lambda: is_even(server), 10.0)
    server.stop("worker_died")
