"""Behind nginx and haproxy: both sides agree on where every request ends, and answers go to who asked."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import Client
from tests.endpoints.server import Server, wait
from tests.smuggling.everything import VECTORS
from tests.smuggling.proxies import FRONTS, Proxy
from tests.smuggling.speaking import Heard, say_all
from tests.smuggling.vectors import HEAD, length

LOGGED_S = 2.0
CUT_S = 5.0
MOST_LINES = 25


class Told(NamedTuple):
    """All vectors through a front, and the front, which says what it passed on."""

    heard: Mapping[str, Heard]
    front: Proxy
    slow: list[socket.socket]
    """Clients that began a head or a body before all of that, and did not go on."""
    lines: float
    """Connections that the server had when all was said."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("behind"), one_banner(), {"workers": 1}).start()
    yield server
    server.stop()


@pytest.fixture(scope="module", params=FRONTS)
def told(
    server: Server, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """Say all vectors, one after the other, so that victims come on the front's line of the attacker."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    with (
        FRONTS[request.param](folder, server.port) as front,
        server.client() as direct,
        ExitStack() as closing,
    ):
        slow = []
        for begun in (HEAD, HEAD + length(100) + b"\r\nA"):
            slow.append(closing.enter_context(socket.create_connection(("127.0.0.1", front.port))))
            slow[-1].sendall(begun)
        heard = say_all(VECTORS, front.port, direct, lambda: Client(front.port))
        yield Told(heard, front, slow, server.total("adserver_open_connections"))


def test_nothing_is_acted_on_that_the_front_did_not_pass_on_by_itself(told: Told) -> None:
    """The front's log has a line for each request that it saw; one inside another's body has none."""
    acted = [
        (name, f"{which}-{heard.number:04}")
        for name, heard in told.heard.items()
        for which, acted in (("outer", heard.outer), ("inner", heard.inner))
        if acted
    ]
    assert len(acted) > len(VECTORS) // 5

    def smuggled() -> list[tuple[str, str]]:
        return [(name, order) for name, order in acted if not told.front.passed_on(order)]

    wait(lambda: not smuggled(), LOGGED_S, lambda: f"smuggled: {smuggled()}")


def test_everybody_gets_their_own_answers(told: Told) -> None:
    assert [name for name, heard in told.heard.items() if heard.disturbed] == []


def test_nobody_gets_more_answers_than_they_asked_for(told: Told) -> None:
    wrong = {
        name: heard.statuses
        for name, heard in told.heard.items()
        if heard.statuses.count(200) > heard.outer + heard.inner
    }
    assert wrong == {}


def test_what_a_front_passes_on_never_makes_it_fail(told: Told) -> None:
    """502 would be a server that hung up on the front in the middle of somebody's request."""
    failed = {
        name: heard.statuses
        for name, heard in told.heard.items()
        if any(status >= 500 for status in heard.statuses if status not in {501, 505})
    }
    assert failed == {}


def test_who_is_slow_is_cut_by_the_front_and_never_met_by_the_server(
    server: Server, told: Told
) -> None:
    for line in told.slow:
        line.settimeout(CUT_S)
        answer = line.recv(1_000)
        assert not answer or answer.startswith((b"HTTP/1.1 408", b"HTTP/1.0 408")), answer
    for reason in ("header_timeout", "body_timeout"):
        assert server.total("adserver_connections_cut_total", reason=reason) == 0


def test_the_fronts_lines_to_the_server_are_shared(told: Told) -> None:
    """Hundreds of clients have come."""
    assert len(told.heard) > 10 * MOST_LINES / 2
    assert told.lines < MOST_LINES


@pytest.mark.parametrize(("bytes_", "status"), [(200_000, 400), (300_000, 413)])
def test_bodies_have_the_same_limit_everywhere(told: Told, bytes_: int, status: int) -> None:
    with Client(told.front.port) as client:
        assert client.bid(b" " * bytes_).status == status
