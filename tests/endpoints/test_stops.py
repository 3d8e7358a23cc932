"""The kill switch: effective on every worker within two seconds, and it survives a restart."""

from collections.abc import Callable

from tests.endpoints.catalogs import one_banner
from tests.endpoints.conftest import Make
from tests.endpoints.server import WORKERS, Server, wait
from tests.endpoints.wire import request

AT_ONCE_S = 2.0


def advertisers_bidding(server: Server, exchange: str) -> list[set[str]]:
    """Return the domains that each worker bids for at this exchange."""
    with server.clients() as clients:
        found = []
        for client in clients:
            deals = [None, f"boots-{exchange}"]
            replies = [client.bid(_asking(deal), exchange) for deal in deals]
            found.append({reply.bid()["adomain"][0] for reply in replies if reply.status == 200})
        return found


def _asking(deal: str | None) -> dict[str, object]:
    asked = request()
    if deal:
        asked["imp"][0]["pmp"] = {"private_auction": 1, "deals": [{"id": deal}]}
    return asked


def bidding(server: Server, open_: set[str], north: set[str]) -> Callable[[], bool]:
    """Return a function that tells whether every worker bids for just these at the two exchanges."""
    return lambda: (
        advertisers_bidding(server, "open") == [open_] * WORKERS
        and advertisers_bidding(server, "north") == [north] * WORKERS
    )


def test_stops_reach_every_worker_and_survive_a_restart(make: Make) -> None:
    tents, boots = {"tents.example"}, {"boots.example"}
    catalog = one_banner("tents") | one_banner(
        "boots", targeting={"deal": ["boots-open", "boots-north"]}
    )
    deals = {
        "deals": {
            "deals": [{"id": f"boots-{name}", "exchange": name} for name in ("open", "north")]
        }
    }
    server = make(catalog | deals, exchanges=[{"name": "open"}, {"name": "north"}]).start()
    nobody: set[str] = set()

    def then(words: str, open_: set[str], north: set[str]) -> None:
        done = server.command(*words.split())
        assert done.returncode == 0, done.stderr
        wait(bidding(server, open_, north), AT_ONCE_S, lambda: words)

    assert bidding(server, tents | boots, tents | boots)()
    then("stop exchange north", tents | boots, nobody)
    then("stop advertiser tents", boots, nobody)
    then("resume exchange north", boots, boots)
    then("stop all", nobody, nobody)
    assert server.no_bids("stopped") > 0
    assert server.explain(request(), "open")["no_bid"] == "stopped"
    then("resume all", boots, boots)

    server.stop()
    server.start()
    assert bidding(server, boots, boots)()
    then("resume advertiser tents", tents | boots, tents | boots)


def test_a_stop_of_nobody_is_refused(make: Make) -> None:
    server = make(one_banner("tents")).start()
    done = server.command("stop", "advertiser", "tends")
    assert done.returncode == 2
    assert "tents" in done.stderr
