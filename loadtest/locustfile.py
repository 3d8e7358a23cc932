"""Locust users that send bid requests and report wins; run it with `locust -f loadtest/locustfile.py`.

Locust is a closed loop: it shows behaviour under many users, not latency (use `openloop` for that).
"""

import random

import orjson
from locust import FastHttpUser, between, task
from locust.contrib.fasthttp import FastResponse

from loadtest import traffic
from loadtest.wire import loopback, origin, substitute

_BODIES = traffic.requests(1_000, seed=1)
_UNSELLABLE = traffic.unsellable(200, seed=1)
_HEADERS = {"Content-Type": "application/json", "x-openrtb-version": "2.6"}


class Exchange(FastHttpUser):
    """One connection of an exchange; about a third of its bids win."""

    wait_time = between(0.005, 0.02)
    bid_path = "/openrtb2/demo"

    def on_start(self) -> None:
        """Refuse to load other machines."""
        loopback(self.host or "")

    @task(9)
    def bid(self) -> None:
        """Ask for a bid; send the notices of the first one."""
        answer = self._ask(random.choice(_BODIES), "bid")
        if answer.status_code != 200:  # noqa: PLR2004 - 204 means no bid
            return
        content = orjson.loads(answer.content)
        bid = content["seatbid"][0]["bid"][0]
        won = random.random() < 0.33  # noqa: PLR2004 - about a third
        macros = {
            "AUCTION_ID": content["id"],
            "AUCTION_PRICE": str(bid["price"]) if won else "",
            "AUCTION_LOSS": "0" if won else "102",
        }
        for kind in ("nurl", "burl") if won else ("lurl",):
            url = substitute(bid.get(kind, ""), macros)
            if url.startswith(f"{origin(self.host or '')}/"):
                self.client.get(url, name=kind)

    @task(1)
    def refuse(self) -> None:
        """Ask for something that nobody sells."""
        self._ask(random.choice(_UNSELLABLE), "no bid")

    def _ask(self, body: bytes, name: str) -> FastResponse:
        return self.client.post(self.bid_path, data=body.decode(), headers=_HEADERS, name=name)
