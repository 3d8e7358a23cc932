"""A bidder by the book, small, which can be told to have one fault."""

import json
from typing import Any

from aiohttp import web

Json = dict[str, Any]
TOKEN = "a0b1c2d3e4f5a6b7c8d9"
PRICE = 2.5
WEB = "http://{host}"
VAST = (
    '<VAST version="3.0"><Ad id="1"><InLine><AdSystem>a</AdSystem><AdTitle>t</AdTitle>'
    "<Impression><![CDATA[{base}/t/{token}?p=${{AUCTION_PRICE}}]]></Impression><Creatives><Creative>"
    "<Linear><Duration>00:00:15</Duration><MediaFiles><MediaFile delivery='progressive' type='{mime}'"
    " width='640' height='360'><![CDATA[https://cdn.example/a]]></MediaFile></MediaFiles></Linear>"
    "</Creative></Creatives></InLine></Ad></VAST>"
)


class StandardBidder:
    """Bids one price on everything, unless the request says otherwise; `fault` names what it does wrong."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self._calls: set[str] = set()
        self.app = web.Application()
        self.app.router.add_post("/bid", self._bid)
        self.app.router.add_route("*", "/n/{kind}/{token}", self._notice)
        self.app.router.add_get("/t/{token}", self._notice)

    async def _notice(self, request: web.Request) -> web.Response:
        known = request.match_info["token"] == TOKEN
        if self.fault == "once" and request.path_qs in self._calls:
            return web.Response(status=409)
        if self.fault == "odd price" and request.query.get("p") == "AUDIT":
            return web.Response(status=500)
        if self.fault == "altered" and not known:
            return web.Response(status=500)
        if self.fault == "dead pixel" and request.path.startswith("/t/"):
            return web.Response(status=404)
        self._calls.add(request.path_qs)
        return web.Response(status=200 if known else 400)

    async def _bid(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()  # unpacked
        except web.RequestPayloadError:
            return web.Response(status=400)
        if self.fault == "closes":
            reply = self._answer(body, request.host)
            reply.force_close()
            return reply
        if self.fault == "gzip" and request.headers.get("Content-Encoding") == "gzip":
            return web.Response(status=500)
        return self._answer(body, request.host)

    def _answer(self, body: bytes, host: str) -> web.Response:
        try:
            asked = json.loads(body)
            ids = [str(imp["id"]) for imp in asked["imp"]]
            assert isinstance(asked["id"], str | int)
            assert ids
        except (ValueError, LookupError, TypeError, AssertionError, RecursionError):
            return web.Response(status=500 if self.fault == "malformed" else 400)
        if self.fault == "tolerance" and "future" in asked:
            return web.Response(status=400)
        if not self._wanted(asked):
            return web.Response(status=204)
        bids = [
            bid for imp in asked["imp"] for bid in self._bids(asked, imp, WEB.format(host=host))
        ]
        if not bids:
            return web.Response(status=204)
        if self.fault == "impid":
            bids[-1]["impid"] = "nowhere"
        answered = {"id": str(asked["id"]), "bidid": "b", "cur": "USD", "seatbid": [{"bid": bids, "seat": "s"}]}  # fmt: skip
        if self.fault == "id":
            answered["id"] = "another"
        kind = "text/plain" if self.fault == "type" else "application/json"
        return web.Response(text=json.dumps(answered), content_type=kind)

    def _wanted(self, asked: Json) -> bool:
        fault = self.fault
        return (
            (asked.get("tmax", 500) >= 20 or fault == "hopeless")
            and (not asked.get("cur") or "USD" in asked["cur"] or fault == "currency")
            and (not asked.get("wseat") or "s" in asked["wseat"] or fault == "seats")
            and ("shop.example" not in (asked.get("badv") or ()) or fault == "badv")
            and ("IAB19" not in (asked.get("bcat") or ()) or fault == "bcat")
        )

    def _bids(self, asked: Json, imp: Json, base: str) -> list[Json]:
        fault = self.fault
        if (imp.get("pmp") or {}).get("private_auction") == 1 and fault != "private":
            return []
        floor = imp.get("bidfloor") or 0
        if floor and imp.get("bidfloorcur", "USD") != "USD" and fault != "floor currency":
            return []
        if floor > PRICE and fault != "floor":
            return []
        kind = next((each for each in ("banner", "video", "audio", "native") if each in imp), None)
        if kind is None:
            return []
        blocked = set(imp[kind].get("battr") or ()) - (
            set(range(99)) if fault == "battr" else set()
        )
        pod = "poddur" in imp[kind]
        many = 7 if fault == "pod" and pod else 1
        return [] if 5 in blocked else [self._one(asked, imp, kind, base, n) for n in range(many)]

    def _one(self, asked: Json, imp: Json, kind: str, base: str, number: int) -> Json:
        markup = self._markup(imp, kind, base)
        if self.fault == "personal":
            markup += f"<!-- {(asked.get('device') or {}).get('ip', '')} -->"
        if self.fault == "macro":
            markup += "<!-- ${AUCTION_SECRET} -->"
        burl = f"{base}/n/burl/{TOKEN}?p=${{AUCTION_PRICE}}"
        bid: Json = {
            "id": f"{imp['id']}-{number}", "impid": str(imp["id"]), "price": PRICE, "adm": markup,
            "crid": "c", "cid": "d", "adomain": ["shop.example"], "cat": ["IAB19"], "attr": [5],
            "mtype": ("banner", "video", "audio", "native").index(kind) + 1,
            "nurl": burl.replace("burl", "nurl"), "burl": burl,
            "lurl": f"{base}/n/lurl/{TOKEN}?r=${{AUCTION_LOSS}}",
        }  # fmt: skip
        if kind == "banner":
            bid |= {"w": 300, "h": 251 if self.fault == "size" else 250}
        if kind in {"video", "audio"}:
            bid |= {"dur": 15, "protocol": 3}
        missing = {"crid": "declared", "mtype": "mtype", "dur": "dur"}
        return {key: value for key, value in bid.items() if missing.get(key) != self.fault or not self.fault}  # fmt: skip

    def _markup(self, imp: Json, kind: str, base: str) -> str:
        if kind in {"video", "audio"}:
            mime = "video/ogg" if self.fault == "mime" else imp[kind]["mimes"][0]
            return VAST.format(base=base, token=TOKEN, mime=mime)
        if kind == "native":
            title = {"id": 9 if self.fault == "asset" else 1, "title": {"text": "Hello"}}
            return json.dumps({"assets": [title], "link": {"url": f"{base}/t/{TOKEN}"}})
        scheme = "http" if self.fault == "insecure" else "https"
        return f'<img src="{scheme}://cdn.example/a.png"><img src="{base}/t/{TOKEN}">'
