"""The private port: metrics, health, explanations. Never reachable from outside."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from adserver.endpoints.explain import Explainer
from adserver.endpoints.messages import Reply
from adserver.endpoints.replies import json, problem
from adserver.errors import InvalidBidRequest, Unavailable
from adserver.metrics import REGISTRY

MAX_EXPLAINED_BYTES = 1 << 20


class PrivatePort:
    """Routes for operators and their machines."""

    def __init__(
        self,
        *,
        ready: Callable[[], str],
        trouble: Callable[[], str] = lambda: "",
        explainer: Explainer,
        report: Callable[[], Any],
        scrape: Callable[[], Awaitable[bytes]],
    ) -> None:
        """`ready` returns why the worker cannot serve, or nothing; the last two ask the owner.

        `trouble` returns what is wrong although the worker can serve.
        """
        self._ready = ready
        self._trouble = trouble
        self._explainer = explainer
        self._report = report
        self._scrape = scrape

    def application(self) -> web.Application:
        """Return the private site."""
        app = web.Application(client_max_size=MAX_EXPLAINED_BYTES)
        app.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/metrics/owner", self._owners_metrics),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/report", self._money),
                web.post("/explain", self._explain),
                web.post("/explain/{exchange}", self._explain),
            ]
        )
        return app

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def _owners_metrics(self, _: web.Request) -> web.Response:
        """The owner has no port of its own: any worker passes its metrics on."""
        try:
            text = await self._scrape()
        except Unavailable as error:
            return _aiohttp(problem(503, str(error)))
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        why_not = self._ready()
        if why_not:
            return web.Response(status=503, text=f"{why_not}\n")
        trouble = self._trouble()
        # Still 200: bids go on while leases last, and another worker on this disk would be no better.
        return web.Response(
            text=f"ready, but notices get 503: {trouble}\n" if trouble else "ready\n"
        )

    async def _money(self, _: web.Request) -> web.Response:
        try:
            books = msgspec.structs.asdict(await self._report())
            del books["request"]  # between worker and owner
            return _aiohttp(json(books))
        except Unavailable as error:
            return _aiohttp(problem(503, str(error)))

    async def _explain(self, request: web.Request) -> web.Response:
        exchange = request.match_info.get("exchange", "")
        try:
            reveal = request.query.get("reveal") == "1"
            body = await request.read()
            return _aiohttp(json(await self._explainer.explain(body, exchange, reveal=reveal)))
        except InvalidBidRequest as error:
            return _aiohttp(problem(400, str(error)))
        except KeyError as error:
            return _aiohttp(problem(404, f"No such exchange: {error}.", "exchange"))


def _aiohttp(reply: Reply) -> web.Response:
    """Return a reply as the private port's framework has it."""
    lines = reply.head.decode("ascii").splitlines()
    fields = dict(line.split(": ", 1) for line in lines)
    return web.Response(status=reply.status, body=reply.body, headers=fields)
