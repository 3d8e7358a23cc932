"""One keep-alive HTTP/1.1 connection with at most one request under way, as cheap as asyncio allows."""

import asyncio
from typing import Protocol, cast

_NO_BODY = (204, 304)
_LAST = b"onnection: close"


class Unframed(ValueError):
    """The response does not say where it ends, so nothing after it can be trusted."""


class Listener(Protocol):
    """Who wants to know what becomes of requests."""

    def answered(self, connection: "Connection", status: int) -> None:
        """A response is complete; the connection is free again."""

    def lost(self, connection: "Connection", reason: str) -> None:
        """The connection is gone; a request that was under way has no answer."""


class Connection(asyncio.Protocol):
    """Sends whole requests as bytes and finds the end of each response by its declared length."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self.answer = b""
        """The newest whole response."""
        self.leaving = False
        """Set when an answer said that it was the connection's last; the other side will close."""
        self._fault = "closed"
        self.intended_s = 0.0
        """When the request under way should have been sent."""
        self.sent_s = 0.0
        self.busy = False

    def send(self, request: bytes, intended_s: float, now_s: float) -> None:
        """Send one request; the connection must be free."""
        assert self._transport is not None  # noqa: S101 - only connected ones are handed out
        self.intended_s, self.sent_s, self.busy = intended_s, now_s, True
        self._transport.write(request)

    def close(self) -> None:
        """Close without further notice to the listener than `lost`."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._transport = None
        self._listener.lost(self, type(exc).__name__ if exc else self._fault)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop: collect until the response is whole."""
        self._received += data
        try:
            found = parse(self._received)
        except Unframed:
            self._fault = "unframed"
            self.close()
            return
        if found is None:
            return
        status, end = found
        self.answer, self._received = self._received[:end], self._received[end:]
        self.leaving = self.answer.find(_LAST, 0, self.answer.find(b"\r\n\r\n")) > 0
        self.busy = False
        self._listener.answered(self, status)


def parse(received: bytes) -> tuple[int, int] | None:
    """Return status and length of a whole response, `None` if more is to come. Raises `Unframed`."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    try:
        status = int(received[9:12])
        if status in _NO_BODY:
            return status, head_end + 4
        head = received[:head_end].lower()
        at = head.index(b"\r\ncontent-length:") + 17
        line_end = head.find(b"\r\n", at)
        end = head_end + 4 + int(head[at:] if line_end < 0 else head[at:line_end])
    except ValueError:
        raise Unframed("no status or no length") from None
    return (status, end) if len(received) >= end else None
