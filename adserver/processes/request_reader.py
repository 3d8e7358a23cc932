"""From bytes to requests, within bounds.

llhttp, which knows where a request ends and refuses what is ambiguous, is called through httptools. Here is what a
parser cannot know: how much is too much, and what we do not do.
"""

from collections import deque
from enum import Enum

import httptools
import structlog

from adserver.endpoints.messages import Reply, Request
from adserver.metrics import HTTP_REFUSED
from adserver.openrtb.codec import MAX_BODY_BYTES

MAX_HEAD_BYTES = 16_384
MAX_HEADERS = 100
MAX_FRAMED_BYTES = 2 * MAX_BODY_BYTES
"""With the frames of its chunks a body has at most so many bytes."""
MAX_WAITING = 64
"""So many requests may come without their replies being read; then the connection ends."""

MAX_LENGTH_DIGITS = 20
"""A longer Content-Length is none that we read, whatever noughts it begins with; Python converts 4,300 digits at most."""
_ONCE = frozenset({b"host", b"content-encoding", b"content-type", b"transfer-encoding"})
"""Headers that mean nothing certain when they come twice."""
_REFUSED = {status: HTTP_REFUSED.labels(str(status)) for status in (400, 417, 431, 500)}
_log = structlog.get_logger()


class Stage(Enum):
    """What the next bytes belong to."""

    NOTHING = 0  # no request has begun
    HEAD = 1
    BODY = 2


class RequestReader:
    """Reads one connection's bytes; what it found is in `found`, in order.

    A refusal stands there as a reply, since those before it must be answered first.
    """

    __slots__ = (
        "_arrived_s",
        "_body",
        "_body_bytes",
        "_fault",
        "_fed",
        "_head_bytes",
        "_headers",
        "_is_left",
        "_keeps",
        "_parser",
        "_target",
        "count",
        "found",
        "is_expected",
        "over",
        "peer",
        "refused",
        "stage",
    )

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self.found: deque[Request | Reply] = deque()
        self.stage = Stage.NOTHING
        self.peer = ""
        """The address at the other end, for the requests."""
        self.count = 0
        """Requests read so far."""
        self.over = False
        """Set when nothing more is read from this connection."""
        self.refused = False
        """Set when it is over though more may be on its way."""
        self.is_expected = False
        """Set when the client waits for our consent to send the body (RFC 9110, 10.1.1)."""
        self._fed = 0
        self._arrived_s = 0.0
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._head_bytes = 0
        self._keeps = True
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._fault = 0
        self._is_left = False

    def feed(self, data: bytes, arrived_s: float) -> None:
        """Read on; `arrived_s` is the earliest moment at which these bytes can have come."""
        if self.over or self._is_left:
            return
        self._fed += len(data)
        self._arrived_s = arrived_s
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.over = True  # we speak nothing else: it was answered as if it had not asked
        except httptools.HttpParserError as error:
            bug = isinstance(error, httptools.HttpParserCallbackError)
            if bug:
                _log.exception("http_failed")
            self._refuse(500 if bug else 400)
        if self.stage is Stage.HEAD and self._fed > MAX_HEAD_BYTES:
            self._refuse(431)
        elif self.stage is Stage.BODY and self._fed > MAX_FRAMED_BYTES:
            self._overflow()

    def leave(self) -> None:
        """Read no more, since the connection is gone.

        Parser and reader know each other: with what was read last they would wait for the collector, which looks
        seldom, and a crowd of short connections would stretch the heap.
        """
        self._is_left = True
        del self._parser

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Begin a head."""
        self.stage = Stage.HEAD
        self._target = b""
        self._headers = {}
        self._head_bytes = 0
        self._body = []
        self._body_bytes = 0
        self._fault = 0

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line's target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header; trailers are passed over."""
        if self.stage is not Stage.HEAD:
            return
        name = name.lower()
        if name in self._headers and name in _ONCE:
            self._fault = 400
        self._headers[name] = value
        self._head_bytes += len(name) + len(value)

    def on_headers_complete(self) -> None:
        """Judge the head before the body is read."""
        self.stage = Stage.BODY
        headers = self._headers
        length = headers.get(b"content-length", b"0")
        fault = self._fault or self._version()
        if len(headers) > MAX_HEADERS or self._head_bytes + len(self._target) > MAX_HEAD_BYTES:
            fault = 431
        elif b"transfer-encoding" in headers and headers[b"transfer-encoding"] != b"chunked":
            fault = fault or 400
        elif b"expect" in headers and headers[b"expect"].lower() != b"100-continue":
            fault = fault or 417
        if fault:
            self._refuse(fault)
        elif len(length) > MAX_LENGTH_DIGITS or int(length) > MAX_BODY_BYTES:
            self._overflow()
        else:
            self.is_expected = b"expect" in headers

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self.over:
            return
        self._body.append(body)
        self._body_bytes += len(body)
        if self._body_bytes > MAX_BODY_BYTES:
            self._overflow()

    def on_message_complete(self) -> None:
        """Hand the request over."""
        if self.over:
            return
        body = self._body
        self._find(body[0] if len(body) == 1 else b"".join(body), excessive=False)
        self.stage = Stage.NOTHING
        self.is_expected = False
        self._fed = 0
        self.over = not (self._keeps and self._parser.should_keep_alive())
        if len(self.found) >= MAX_WAITING:
            self.over = self.refused = True

    def _version(self) -> int:
        """Return the fault of the version, or 0. Before 1.1 a connection serves one request."""
        version = self._parser.get_http_version()
        self._keeps = version == "1.1"
        if self._keeps:
            return 0 if b"host" in self._headers else 400
        # Older servers knew no transfer codings: one between us may see another end of this request.
        return 0 if version == "1.0" and b"transfer-encoding" not in self._headers else 400

    def _find(self, body: bytes, *, excessive: bool) -> None:
        self.count += 1
        self.found.append(
            Request(
                self._parser.get_method().decode("ascii"),
                self._target.decode("latin-1"),
                self._headers,
                body,
                self._arrived_s,
                excessive,
                self.peer,
            )
        )

    def _overflow(self) -> None:
        """Let whoever is asked say that the body is too long, and read no more of it."""
        if not self.over:
            self._find(b"", excessive=True)
            self.over = self.refused = True

    def _refuse(self, status: int) -> None:
        """Answer with a status; where the next request begins is unknown."""
        if not self.over:
            _REFUSED[status].inc()
            _log.info("no_http_refused", status=status)
            self.found.append(Reply(status, close=True))
            self.over = self.refused = True
