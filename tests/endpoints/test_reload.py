"""Campaigns change while requests come in, and nobody notices but the advertisers."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from threading import Event

from tests.endpoints.catalogs import one_banner
from tests.endpoints.conftest import Make
from tests.endpoints.flows import side_by_side
from tests.endpoints.server import WORKERS, Server, wait
from tests.endpoints.wire import request

LINES = 4
PAUSE_S = 0.005
"""Some 400 requests a second: a new worker's first lease pays for as much."""
DURING = 300


class Traffic:
    """Steady requests, over some connections that stay open."""

    def __init__(self, server: Server, pause_s: float = PAUSE_S) -> None:
        self._pause_s = pause_s
        self.seen: Counter[str] = Counter()
        """By status, or by the error that broke the connection."""
        self._server = server

    @contextmanager
    def flowing(self) -> Iterator["Traffic"]:
        """Send until left."""
        with side_by_side(self._flow, LINES):
            yield self

    def _flow(self, over: Event) -> None:
        with self._server.client() as client:
            while not over.is_set():
                try:
                    self.seen[str(client.bid(request()).status)] += 1
                except (OSError, HTTPException) as error:
                    self.seen[repr(error)] += 1
                time.sleep(self._pause_s)


def advertisers(server: Server) -> set[str]:
    """Return the domains that bid for a banner of 300x250 and for one of 728x90."""
    with server.clients() as clients:
        sizes = ((300, 250), (728, 90))
        asked = [
            request(imp=[{"id": "1", "banner": {"w": width, "h": height}}])
            for width, height in sizes
        ]
        replies = [client.bid(each) for client in clients for each in asked]
        return {reply.bid()["adomain"][0] for reply in replies if reply.status == 200}


def test_a_reload_under_traffic_loses_no_request(make: Make) -> None:
    server = make(one_banner("tents")).start()
    pids = {server.worker_pid(worker) for worker in range(WORKERS)}
    assert advertisers(server) == {"tents.example"}
    with server.client() as client:
        sold = client.bid(request()).bid()
    with Traffic(server).flowing() as traffic:
        wait(lambda: traffic.seen.total() > 20, 5.0)
        server.write_campaigns(one_banner("boots", size="728x90"))
        before = traffic.seen.total()
        done = server.command("reload")
        assert done.returncode == 0, done.stderr
        wait(lambda: bool(server.events("reloaded")), 10.0)
        wait(lambda: traffic.seen.total() > before + DURING, 10.0)
    assert traffic.seen.keys() == {"200"}, traffic.seen
    assert advertisers(server) == {"tents.example", "boots.example"}
    with server.client() as client:  # what the old workers promised is still good
        assert client.follow(sold["burl"], PRICE="1").status == 200
    line = server.report()["tents"]
    assert (line["settled"], line["late"]) == (1_000_000, 0)
    assert pids.isdisjoint(server.worker_pid(worker) for worker in range(WORKERS))


def test_a_broken_catalog_is_refused_with_its_faults_and_the_old_one_serves(make: Make) -> None:
    server = make(one_banner("tents")).start()
    file = server.folder / "campaigns" / "tents.yaml"
    good = file.read_text(encoding="utf-8")
    file.write_text(
        good.replace("tents-banner", "tends-banner", 1).replace("asap", "asep"), "utf-8"
    )
    done = server.command("reload")
    assert done.returncode == 2
    assert "did you mean" in done.stderr
    assert done.stderr.count("tents.yaml") == 2
    os.kill(server.pid(), signal.SIGHUP)  # past the command's own check
    wait(lambda: bool(server.events("reload_refused")), 10.0)
    assert advertisers(server) == {"tents.example"}
    file.write_text(good, encoding="utf-8")
    assert server.command("reload").returncode == 0
    wait(lambda: bool(server.events("reloaded")), 10.0)
    assert advertisers(server) == {"tents.example"}
    server.stop("reload_refused", "process_refused")


def test_a_damaged_list_of_networks_keeps_no_campaign_from_changing(make: Make) -> None:
    """The last good list goes on, through reloads and restarts; without one nothing is served."""
    clouds = {"kind": "cidr", "name": "clouds", "paths": ["clouds.txt"]}
    settings = {"networks": [clouds], "fastest_click_ms": 0}
    server = make(one_banner("tents"), invalid_traffic=settings, workers=1)
    file = server.folder / "clouds.txt"
    file.write_text("nonsense", "utf-8")
    assert "clouds.txt:1" in server.fails(), "there is no good one yet"
    file.write_text("198.51.100.0/24", "utf-8")
    server.start()
    assert _hosted(server) == "network"

    file.write_text("nonsense", "utf-8")
    server.write_campaigns(one_banner("boots", size="728x90"))
    done = server.command("reload")
    assert done.returncode == 1
    assert "network list clouds is refused" in done.stderr
    assert "clouds.txt:1: 'nonsense' is no IPv4 or IPv6 address" in done.stderr
    wait(lambda: bool(server.events("reloaded")), 10.0)
    assert advertisers(server) == {"tents.example", "boots.example"}
    assert _hosted(server) == "network"
    assert server.metrics()[REFUSED] == 1
    assert server.events("network_list_refused")[0]["serves"] == "the last good one"
    assert server.command("check").returncode == 2
    server.stop("network_list_refused")

    server.start()
    assert _hosted(server) == "network"
    server.stop("network_list_refused")
    file.write_text("203.0.113.0/24", "utf-8")
    server.start()
    assert _hosted(server) is None
    assert server.metrics()[REFUSED] == 0


REFUSED = ("adserver_network_list_refused", frozenset({("list", "clouds")}))


def _hosted(server: Server) -> object:
    """Return why there is no bid for somebody at an address that was in the list, if there is none."""
    asked = request()
    asked["device"] = {**asked.get("device", {}), "ip": "198.51.100.9"}
    return server.explain(asked)["no_bid"]
