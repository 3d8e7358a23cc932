"""An exchange's end of the line: one keep-alive connection, and what came back on it."""

import gzip
import json
from http.client import HTTPConnection, HTTPMessage
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

PATIENCE_S = 10.0
EXCHANGE = "open"


class Reply(NamedTuple):
    """One answer."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def reason(self) -> str:
        """The short code of a refusal."""
        return str(self.headers.get("X-Adserver-Reason", ""))

    def json(self) -> Any:
        """Return the body's value, unpacked if it is compressed."""
        packed = self.headers.get("Content-Encoding") == "gzip"
        return json.loads(gzip.decompress(self.body) if packed else self.body)

    def bid(self) -> dict[str, Any]:
        """Return the first bid of a response."""
        assert self.status == 200, (self.status, self.reason)
        found: dict[str, Any] = self.json()["seatbid"][0]["bid"][0]
        return found


class Client:
    """A connection that stays open; it goes to one worker as long as it lives."""

    def __init__(self, port: int) -> None:
        self._line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.close()

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """Send one request; `Content_Encoding="gzip"` is a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._line.request(method, path, body, named)
        response = self._line.getresponse()
        return Reply(response.status, response.headers, response.read())

    def bid(self, request: Any, exchange: str = EXCHANGE, **headers: str) -> Reply:
        """Ask for bids; bytes go as they are."""
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        return self.call("POST", f"/openrtb2/{exchange}", body, **headers)

    def follow(self, url: str, **macros: str) -> Reply:
        """Call a URL of a bid on this connection, whatever host it names, with its macros replaced."""
        for name, value in macros.items():
            url = url.replace(f"${{AUCTION_{name}}}", value)
        parts = urlsplit(url)
        return self.call("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)


def once(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
    """Send one request on a connection of its own."""
    with Client(port) as client:
        return client.call(method, path, body, **headers)
