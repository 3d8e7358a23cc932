"""The disk of the state folder is full, and then is not: nothing acknowledged is lost, nobody restarts anything."""

from pathlib import Path

from adserver.commands.asking import LITTLE_BYTES
from tests.endpoints.books import Books
from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import Client
from tests.endpoints.conftest import Make
from tests.endpoints.server import Server, wait
from tests.endpoints.small_disk import LimitedFiles, small_disk
from tests.endpoints.wire import links, person, request

RECOVERED_S = 3.0
PRICE = 1_000_000
MANY = 3_000
"""More than the leases at hand pay for."""


def test_a_full_disk_loses_nothing_that_was_acknowledged(make: Make, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        server = make(one_banner(), workers=1, state_folder=str(disk.path / "state"))
        server.state = disk.path / "state"
        server.start()
        with server.client() as line:
            bids = [line.bid(request() | person(f"person-{n}")).bid() for n in range(40)]
            wait(
                lambda: _logged(server) == len(bids), 5.0
            )  # or what is dropped makes room for notices
            disk.fill(server)
            acknowledged = set()
            for bid in bids:  # some still fit into the last block
                if line.follow(bid["burl"], PRICE="1").status == 503:
                    break
                acknowledged.add(bid["id"])
            assert len(acknowledged) < len(bids)
            wait(lambda: _is_troubled(server), 5.0)
            pixel, click = links(bids[0])
            answers = {bids[0]["nurl"]: 503, pixel: 503, click: 302, bids[-1]["burl"]: 503}
            for url, status in answers.items():
                reply = line.follow(url, PRICE="1")
                assert reply.status == status, url
                assert status == 302 or reply.headers["Retry-After"] == "2"
            order = line.call("GET", "/c/tents?order=1")
            assert order.status == 503
            assert server.private("GET", "/readyz").status == 200
            told = server.command("doctor")
            assert told.returncode == 1
            assert (
                "no the owner can write what must not be lost: cannot write"
                in told.stdout.replace("  ", " ")
            )
            bidding = _bids_until_the_money_ends(line)
            assert 0 < bidding < MANY, "what cannot be journalled is not granted"
            if not isinstance(disk, LimitedFiles):  # there the log, too, has no space
                (outage,) = server.events("ledger_unavailable")
                assert str(server.state) in outage["error"]
                assert "free space" in outage["mend"]
            assert _failing(server.private("GET", "/metrics/owner").body.decode()) == 1

            disk.free(server)
            assert wait(lambda: line.bid(request()).status == 200, RECOVERED_S) < RECOVERED_S
            for bid in bids:
                assert line.follow(bid["burl"], PRICE="1").status == 200
                acknowledged.add(bid["id"])
            wait(lambda: server.private("GET", "/readyz").body == b"ready\n", 3.0)
            assert _failing(server.private("GET", "/metrics/owner").body.decode()) == 0
            report = server.report()["tents"]
            dropped = server.private("GET", "/report").json()["events_dropped"]
        server.stop("ledger_unavailable", "contacts_unavailable", "log_lines_lost")
        books = Books(server.state / "ledger")
    assert {bid.hex() for bid in books.settled} == acknowledged
    assert (report["settled"], report["late"]) == (len(acknowledged) * PRICE, 0)
    assert report["settled"] == sum(books.settled.values())
    assert dropped > 0
    assert LITTLE_BYTES > 4 << 20, "on a disk that small the doctor warns before it is full"


def _logged(server: Server) -> int:
    """Return how many bids are in the event log."""
    files = (server.state / "events").glob("*.jsonl")
    return sum(file.read_bytes().count(b'"event":"bid"') for file in files)


def _is_troubled(server: Server) -> bool:
    """Tell whether a worker says that the owner can write nothing."""
    return b"ready, but notices get 503" in server.private("GET", "/readyz").body


def _bids_until_the_money_ends(line: Client) -> int:
    for count in range(MANY):
        if line.bid(request()).status == 204:
            return count
    return MANY


def _failing(metrics: str) -> float:
    (found,) = [row for row in metrics.splitlines() if row.startswith("adserver_writes_failing ")]
    return float(found.partition(" ")[2])
