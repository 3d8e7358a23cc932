"""E, the yardstick: a bare aiohttp low-level server that reads, decodes the JSON and answers the same bid.

usage: python -m tests.bench.canned PORT BYTES
"""

import asyncio
import sys

import orjson
import uvloop
from aiohttp import web


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


async def serve(port: int, size: int) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    await loop.create_server(server(size), "127.0.0.1", port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), int(sys.argv[2])))
