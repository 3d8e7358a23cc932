"""Speaking to a bidder as an exchange does."""

import json
import time
import zlib
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
import msgspec

Json = dict[str, Any]

MAX_ANSWER_BYTES = 2_000_000
PATIENCE_S = 5.0
"""So long an answer is waited for, whatever `tmax` says: then the bidder hangs."""
CONNECTIONS = 8


class Answer(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    """0 if nothing did."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    took_ms: float
    trouble: str = ""
    """Why there is no answer."""

    @property
    def response(self) -> Json | None:
        """The bid response, if the body is a JSON object."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    @property
    def bids(self) -> list[Json]:
        """All bids of all seats, as far as they are objects."""
        response = self.response or {}
        seats = response.get("seatbid")
        return [
            bid
            for seat in (seats if isinstance(seats, list) else [])
            if isinstance(seat, dict) and isinstance(seat.get("bid"), list)
            for bid in seat["bid"]
            if isinstance(bid, dict)
        ]


class Bidder:
    """The other side; use as an asynchronous context. Every request says `test: 1` unless it is live."""

    def __init__(self, url: str, *, public_url: str = "", live: bool = False) -> None:
        """Ask at `url`; addresses in bids that begin with `public_url` are called at the same place."""
        self.url = url
        self.public_url = public_url.rstrip("/")
        self._origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        self._live = live
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(self, request: Json, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a bid request."""
        if not self._live:
            request = request | {"test": 1}
        return await self.post(json.dumps(request).encode(), headers)

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Send any bytes as a bid request."""
        sent = {"Content-Type": "application/json", "x-openrtb-version": "2.6", "Accept-Encoding": "identity"}  # fmt: skip
        return await self._call("POST", self.url, body, sent | dict(headers or {}))

    async def call(self, url: str, method: str = "GET") -> Answer:
        """Call a notice or a pixel, following no redirect."""
        return await self._call(method, self._reached(url), b"", {})

    def is_ours(self, url: str) -> bool:
        """Tell whether an address is the bidder's own."""
        return self._reached(url).startswith(self._origin + "/")

    def _reached(self, url: str) -> str:
        public = self.public_url
        if public and url.startswith(public + "/"):
            return self._origin + url.removeprefix(public)
        return url

    async def _call(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        assert self._session is not None  # noqa: S101 - inside the context
        began = time.perf_counter()
        try:
            async with self._session.request(
                method, url, data=body or None, headers=headers, allow_redirects=False
            ) as reply:
                read = await _limited(reply.content)
                took_ms = (time.perf_counter() - began) * 1_000
                found = {name.lower(): value for name, value in reply.headers.items()}
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            took_ms = (time.perf_counter() - began) * 1_000
            return Answer(0, {}, b"", took_ms, _trouble(error))
        if read is None:
            return Answer(0, found, b"", took_ms, f"more than {MAX_ANSWER_BYTES:,} bytes")
        try:
            plain = _unpacked(read) if found.get("content-encoding") == "gzip" else read
        except zlib.error as error:
            return Answer(0, found, b"", took_ms, f"no gzip: {error}")
        return Answer(reply.status, found, plain, took_ms)


def _trouble(error: Exception) -> str:
    """Say why nothing came back, for people who do not know our libraries."""
    if isinstance(error, TimeoutError):
        return f"nothing within {PATIENCE_S:.0f} seconds"
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, ConnectionRefusedError):
            return "nobody listens there"
        return error.os_error.strerror or str(error.os_error)
    if isinstance(error, aiohttp.InvalidURL):
        return "this is no web address"
    return str(error) or type(error).__name__


async def _limited(content: aiohttp.StreamReader) -> bytes | None:
    read = b""
    async for piece in content.iter_any():
        read += piece
        if len(read) > MAX_ANSWER_BYTES:
            return None
    return read


def _unpacked(body: bytes) -> bytes:
    return zlib.decompressobj(31).decompress(body, MAX_ANSWER_BYTES)
