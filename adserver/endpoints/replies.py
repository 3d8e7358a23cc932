"""The few kinds of answer that notices, pixels, clicks and orders get.

A handler is `handler(request, parts)` and returns a reply, or a coroutine that will: `parts` is the raw path behind
its first slash, split at slashes and not percent-decoded: `("n", "win", "<token>")`.
"""

from http import HTTPStatus
from urllib.parse import quote

import msgspec

from adserver.endpoints.messages import Reply, head

REASON = "X-Adserver-Reason"
"""The header that says why something was refused, as a closed, short code."""

RETRY_AFTER_S = "2"
"""For 503: an owner that died is back within two seconds or so."""

PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
"""A transparent GIF of one by one pixels, 43 bytes."""

_JSON = head(Content_Type="application/json")
_PROBLEM = head(Content_Type="application/problem+json")
_TEXT = head(Content_Type="text/plain; charset=utf-8")
_GIF = head(Content_Type="image/gif")
_NO_STORE = head(Cache_Control="no-store")
_RETRY = head(Retry_After=RETRY_AFTER_S)
_WRITTEN = "!#$%&'()*+,/:;=?@[]~"
"""What may stand in an address as it is; all else is percent-encoded, line ends first of all."""


def empty(status: int, reason: str = "") -> Reply:
    """Answer a machine that reads the status only."""
    return Reply(status, b"", _head(status, reason))


def pixel(status: int, reason: str = "") -> Reply:
    """Answer an `<img>` or a player: whatever the status, nothing broken is shown."""
    return Reply(status, PIXEL, _GIF + _head(status, reason))


def sentence(status: int, text: str, reason: str = "") -> Reply:
    """Answer a person who followed a link."""
    return Reply(status, f"{text}\n".encode(), _TEXT + _head(status, reason))


def redirect(address: str) -> Reply:
    """Lead a person on; the address must have passed `web_address`."""
    return Reply(302, b"", head(Location=quote(address, _WRITTEN)) + _NO_STORE)


def json(fields: dict[str, object], reason: str = "") -> Reply:
    """Answer a program."""
    return Reply(200, msgspec.json.encode(fields), _JSON + _head(HTTPStatus.OK, reason))


def problem(status: int, detail: str, field: str = "") -> Reply:
    """Answer a program's mistake (RFC 9457), naming the field to mend."""
    fields = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    body = msgspec.json.encode(fields | {"field": field} if field else fields)
    return Reply(status, body, _PROBLEM + _head(status, ""))


def wrong_method(*allowed: str) -> Reply:
    """Answer a method that the path does not know."""
    return Reply(HTTPStatus.METHOD_NOT_ALLOWED, b"", head(Allow=", ".join(allowed)))


def _head(status: int, reason: str) -> bytes:
    lines = _NO_STORE
    if reason:
        lines += f"{REASON}: {reason}\r\n".encode("ascii")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        lines += _RETRY
    return lines
