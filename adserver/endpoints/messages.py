"""What passes through the public port: a request that is all there, and its reply."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

import msgspec

MAX_FIELDS = 100
"""A query with more fields is read as if it had none."""


class Request(msgspec.Struct, gc=False):
    """One HTTP request, read to its end, as it came: nothing is unpacked or percent-decoded."""

    method: str
    target: str
    """Path and query, as in the request line."""
    headers: Mapping[bytes, bytes]
    """By lower-case name; of a repeated header the last value."""
    body: bytes
    arrived_s: float
    """The earliest moment at which its last bytes can have come, by the monotonic clock."""
    excessive: bool = False
    """Set if the body is longer than we read; then it is not here."""
    peer: str = ""
    """The address at the other end of the connection: a person's, or a proxy's."""

    def header(self, name: bytes) -> str:
        """Return a header's value, or an empty text."""
        return self.headers.get(name, b"").decode("latin-1")

    @property
    def query(self) -> dict[str, str]:
        """The fields of the query, percent-decoded; of a repeated one the first."""
        text = self.target.partition("?")[2].partition("#")[0]
        if not text:
            return {}
        try:
            return dict(
                reversed(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
            )
        except ValueError:
            return {}


class Reply(msgspec.Struct, frozen=True):
    """What is answered; the connection adds what it knows itself: date, length, whether it goes on."""

    status: int
    body: bytes = b""
    head: bytes = b""
    """Further header lines, each ended by CR LF."""
    close: bool = False
    """Set to end the connection with this reply."""
    confirm: "Callable[[bool], Reply | None] | None" = None
    """Called once, just before the reply is written, or with False if nobody is there to take it; may return
    another one to send in its place.
    """


def head(**fields: str) -> bytes:
    """Return header lines; an underscore in a name stands for a hyphen. Values are ours, never a stranger's."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items()]
    return "".join(lines).encode("ascii")


def on_the_wire(reply: Reply, date: bytes, *, bodiless: bool, close: bool) -> bytes:
    """Return a reply as it is sent; `date` is a whole header line. To HEAD one answers `bodiless`."""
    body = reply.body
    length = b"" if reply.status == HTTPStatus.NO_CONTENT else b"Content-Length: %d\r\n" % len(body)
    return b"".join(
        (
            _STATUS[reply.status],
            date,
            reply.head,
            length,
            b"Connection: close\r\n\r\n" if close else b"\r\n",
            b"" if bodiless else body,
        )
    )


_STATUS = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii")
    for status in HTTPStatus
}
