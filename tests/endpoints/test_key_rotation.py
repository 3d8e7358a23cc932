"""Keys change while tokens made with them are on their way, and workers of before and after serve side by side."""

import os
import signal
import time
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from threading import Event

from adserver.__main__ import main
from adserver.commands.terminal import FAILED, OK
from tests.endpoints.books import Books
from tests.endpoints.catalogs import one_banner
from tests.endpoints.conftest import Make
from tests.endpoints.flows import side_by_side
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import request

LINES = 3
PAUSE_S = 0.01
AFTER = 40


def key_of(bid: dict[str, str]) -> int:
    """Return the id of the key that sealed a bid's token."""
    return urlsafe_b64decode(bid["burl"].rpartition("/")[2].partition("?")[0][:4])[0]


class Sales:
    """Bids on one line and billing notices on another, so that most tokens reach another worker."""

    def __init__(self, server: Server) -> None:
        self.wrong: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        self.keys: Counter[int] = Counter()
        self._server = server

    @contextmanager
    def flowing(self) -> Iterator["Sales"]:
        """Sell until left."""
        with side_by_side(self._flow, LINES):
            yield self

    def go_on(self) -> None:
        """Wait for some more."""
        before = len(self.acknowledged)
        wait(lambda: len(self.acknowledged) > before + AFTER, 10.0)

    def _flow(self, over: Event) -> None:
        with self._server.client() as one, self._server.client() as other:
            while not over.is_set():
                try:
                    bid = one.bid(request()).bid()
                    self.keys[key_of(bid)] += 1
                    reply = other.follow(bid["burl"], PRICE="1")
                    if reply.status == 200:
                        self.acknowledged.add(bid["id"])
                    else:
                        self.wrong[f"{reply.status} {reply.reason}"] += 1
                except (OSError, HTTPException, AssertionError) as error:
                    self.wrong[repr(error)] += 1
                time.sleep(PAUSE_S)


def keys(server: Server, *words: str) -> int:
    """Run the command here: starting Python anew takes longer than all it does."""
    return main(["keys", *words, "-c", str(server.settings_file)])


def test_keys_rotate_under_traffic_and_no_notice_is_refused(make: Make) -> None:
    server = make(one_banner()).start()
    with server.client() as line:
        early = [line.bid(request()).bid() for _ in range(3)]
    with Sales(server).flowing() as sales:
        sales.go_on()
        assert sales.keys.keys() == {1}
        assert keys(server, "rotate", "--after", "1") == OK
        os.kill(server.pid(), signal.SIGHUP)  # workers of before and after, side by side
        wait(lambda: sales.keys[2] > 0, 10.0)
        sales.go_on()
        assert keys(server, "rotate", "--after", "0") == OK
        wait(lambda: sales.keys[3] > 0, 5.0)  # even a key that was never announced is found in time
        wait(lambda: bool(server.events("reloaded")), 15.0)
        sales.go_on()
        assert keys(server, "retire", "1") == FAILED, "its tokens are alive"
        with server.client() as line:  # the old key's tokens are good as long as they live
            assert line.follow(early[0]["burl"], PRICE="1").status == 200
            sales.acknowledged.add(early[0]["id"])
            assert keys(server, "retire", "1", "--force") == OK
            time.sleep(1.0)  # two looks
            for bid in early[1:]:
                late = line.follow(bid["burl"], PRICE="1")
                assert (late.status, late.reason) == (400, "unknown_key")
        sales.go_on()
    assert not sales.wrong, sales.wrong
    report = server.report()["tents"]
    assert (report["settled"], report["late"]) == (1_000_000 * len(sales.acknowledged), 0)
    server.stop()
    assert {bid.hex() for bid in Books(server.state / "ledger").settled} == sales.acknowledged
