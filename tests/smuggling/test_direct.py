"""The server itself: what is ambiguous is refused and the line closed; nothing in a body is acted on."""

from collections.abc import Iterator, Mapping

import pytest

from tests.endpoints.catalogs import one_banner
from tests.endpoints.server import Server
from tests.smuggling.everything import VECTORS
from tests.smuggling.speaking import Heard, say_all
from tests.smuggling.vectors import Fate, Vector


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Heard]]:
    """Say all vectors once; at the end the server must stop well, with a clean log."""
    server = Server(tmp_path_factory.mktemp("smuggling"), one_banner(), {"workers": 1}).start()
    with server.client() as client:
        yield say_all(VECTORS, server.port, client, server.client)
    server.stop()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_request_ends_where_it_says_or_is_refused(
    heard: Mapping[str, Heard], vector: Vector
) -> None:
    told = heard[vector.name]
    fate = _fate(told)
    assert isinstance(fate, Fate), told
    assert fate in vector.fate, (fate, told)
    assert fate is not Fate.REFUSED or told.statuses[0] in vector.statuses, told
    assert not told.disturbed


def test_no_answer_repeats_what_was_sent_or_tells_what_runs_here(
    heard: Mapping[str, Heard],
) -> None:
    words = (b"order", b"ads.example", b"aiohttp", b"Python", b"Traceback")
    assert [name for name, told in heard.items() if any(word in told.text for word in words)] == []


def _fate(told: Heard) -> Fate | None:
    ok = told.statuses[:1] == [200]
    match told.outer, told.inner:
        case True, True if told.statuses == [200, 200]:
            return Fate.BOTH
        case True, False if ok:
            return Fate.LAST if told.closed else Fate.OUTER
        case False, False if not told.statuses:
            return Fate.WAITING
        case False, False if told.closed and len(told.statuses) == 1 and not ok:
            return Fate.REFUSED
        case False, False if not ok:
            return Fate.NEITHER
    return None
