"""A small bidder over real HTTP: bids on everything, remembers every notice, fails when told to."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web

Json = dict[str, Any]
_MTYPES = {"banner": 1, "video": 2, "native": 4}


class FakeBidder:
    """Bids `price` on each imp; `spoil` may alter or replace an answer before it is sent."""

    def __init__(
        self,
        price: float = 50.0,
        spoil: Callable[[Json], Json | web.Response] = lambda answer: answer,
        unavailable: int = 0,
    ) -> None:
        self.price = price
        self.spoil = spoil
        self.unavailable = unavailable
        """So many notices are answered 503 before the first is accepted."""
        self.requests: list[Json] = []
        self.notices: Counter[str] = Counter()
        """Accepted calls by kind, repetitions included."""
        self.tokens: dict[str, Counter[str]] = {}
        self.prices: list[str] = []
        self.orders: list[dict[str, str]] = []
        self.base = ""
        self.busy = asyncio.Event()
        """Fifty requests have come."""

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Listen on a free port of this machine; yields the base URL."""
        app = web.Application()
        app.router.add_post("/openrtb2/demo", self._bid)
        app.router.add_get("/t/click/{token}", self._click)
        app.router.add_get("/{prefix:n|t|v}/{kind}/{token}", self._notice)
        app.router.add_get("/c/{advertiser}", self._order)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self.base
        finally:
            await runner.cleanup()

    async def _bid(self, request: web.Request) -> web.Response:
        asked = orjson.loads(await request.read())
        self.requests.append(asked)
        if len(self.requests) == 50:
            self.busy.set()
        answer = self.spoil(
            {
                "id": asked["id"],
                "bidid": f"b-{asked['id']}",
                "cur": "USD",
                "seatbid": [
                    {"seat": "fake", "bid": [self._one(asked, imp) for imp in asked["imp"]]}
                ],
            }
        )
        if isinstance(answer, web.Response):
            return answer
        return web.json_response(body=orjson.dumps(answer))

    def _one(self, asked: Json, imp: Json) -> Json:
        token = f"{asked['id']}.{imp['id']}"
        media = next(kind for kind in _MTYPES if kind in imp)
        bid = {
            "id": token, "impid": imp["id"], "price": self.price, "mtype": _MTYPES[media],
            "adm": self._markup(media, token), "adomain": ["camera-shop.example"],
            "crid": "camera-300x250", "cid": "camera",
            "nurl": f"{self.base}/n/win/{token}?p=${{AUCTION_PRICE}}",
            "burl": f"{self.base}/n/billing/{token}?p=${{AUCTION_PRICE}}",
            "lurl": f"{self.base}/n/loss/{token}?r=${{AUCTION_LOSS}}",
        }  # fmt: skip
        if media == "banner":
            bid |= {"w": imp["banner"]["w"], "h": imp["banner"]["h"]}
        return bid

    def _markup(self, media: str, token: str) -> str:
        pixel, click = f"{self.base}/t/impression/{token}", f"{self.base}/t/click/{token}"
        if media == "banner":
            return (
                f'<a href="{click}?a=1&amp;b=2"><img src="https://cdn.example/ad.png"></a>'
                f'<img src="{pixel}?p=${{AUCTION_PRICE}}&amp;x=1" width="1" height="1">'
            )
        if media == "native":
            trackers = [{"event": 1, "method": 1, "url": pixel}]
            return orjson.dumps({"link": {"url": click}, "eventtrackers": trackers}).decode()
        return (
            f"<VAST version='3.0'><Ad><InLine><Impression><![CDATA[{pixel}]]></Impression><Creatives>"
            "<Creative><Linear><TrackingEvents>"
            f"<Tracking event='start'><![CDATA[{self.base}/v/start/{token}]]></Tracking>"
            f"</TrackingEvents><VideoClicks><ClickThrough><![CDATA[{click}]]></ClickThrough>"
            "</VideoClicks></Linear></Creative></Creatives></InLine></Ad></VAST>"
        )

    async def _notice(self, request: web.Request) -> web.Response:
        if self.unavailable:
            self.unavailable -= 1
            return web.Response(status=503)
        self._count(request.match_info["kind"], request.match_info["token"])
        self.prices += [request.query["p"]] if "p" in request.query else []
        return web.Response(status=204)

    async def _click(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        self._count("click", token)
        raise web.HTTPFound(f"https://camera-shop.example/sale?adclick={token}")

    async def _order(self, request: web.Request) -> web.Response:
        self.orders.append({"advertiser": request.match_info["advertiser"], **request.query})
        return web.Response(status=204)

    def _count(self, kind: str, token: str) -> None:
        self.notices[kind] += 1
        self.tokens.setdefault(kind, Counter())[token] += 1


@asynccontextmanager
async def stalling_server(stall_at: int, stall_s: float) -> AsyncIterator[str]:
    """Answer 204 at once, but stand still once, as a whole, when request number `stall_at` arrives."""
    arrived = 0
    awake = asyncio.Event()
    awake.set()

    async def answer(_: web.BaseRequest) -> web.Response:
        nonlocal arrived
        arrived += 1
        if arrived == stall_at:
            awake.clear()
            asyncio.get_running_loop().call_later(stall_s, awake.set)
        await awake.wait()
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/openrtb2/demo"
    finally:
        await runner.cleanup()
