"""E, the yardstick: a bare aiohttp low-level server that reads, decodes the JSON and answers the same bid.

usage: python -m tests.bench.canned PORT BYTES [--ours]   with --ours the same behind our own connections
"""

import asyncio
import sys
import time

import orjson
import uvloop
from aiohttp import web

from adserver.config import Http
from adserver.endpoints.admission import Admission
from adserver.endpoints.messages import Reply, Request, head
from adserver.processes.http_server import HttpServer


def canned_bid(size: int) -> bytes:
    """Return a bid response of about this many bytes."""
    bid = {"id": "1", "impid": "1", "price": 1.5, "adm": "", "crid": "c", "adomain": ["a.example"]}
    response = {"id": "r", "cur": "USD", "seatbid": [{"seat": "s", "bid": [bid]}]}
    bid["adm"] = "x" * max(0, size - len(orjson.dumps(response)))
    return orjson.dumps(response)


def server(size: int) -> web.Server:
    """Return the server, for the running loop; it answers `size` bytes or so."""
    body = canned_bid(size)

    async def handler(request: web.BaseRequest) -> web.Response:
        orjson.loads(await request.read())
        return web.Response(body=body, content_type="application/json")

    return web.Server(handler, access_log=None)


def ours(size: int) -> HttpServer:
    """Return what answers the same behind our own connections, for the running loop."""
    body = canned_bid(size)
    lines = head(Content_Type="application/json")
    admission = Admission(time.monotonic)

    def site(request: Request) -> Reply:
        orjson.loads(request.body)
        admission.worked()
        return Reply(200, body, lines)

    return HttpServer(site, admission, Http())


async def serve(port: int, size: int, *, by_us: bool = False) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    if by_us:
        http = ours(size)
        await loop.create_server(http, "127.0.0.1", port)
        await http.sweep()
    await loop.create_server(server(size), "127.0.0.1", port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), int(sys.argv[2]), by_us=sys.argv[3:] == ["--ours"]))
