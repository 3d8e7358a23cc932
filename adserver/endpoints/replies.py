"""The few kinds of answer that notices, pixels, clicks and orders get.

A handler is `await handler(request, parts)`: `parts` is the raw path behind its first slash, split at
slashes and not percent-decoded: `("n", "win", "<token>")`.
"""

from http import HTTPStatus

import msgspec
from aiohttp import web

REASON = "X-Adserver-Reason"
"""The header that says why something was refused, as a closed, short code."""

RETRY_AFTER_S = "2"
"""For 503: an owner that died is back within two seconds or so."""

PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
"""A transparent GIF of one by one pixels, 43 bytes."""


def empty(status: int, reason: str = "") -> web.Response:
    """Answer a machine that reads the status only."""
    return web.Response(status=status, headers=_headers(status, reason))


def pixel(status: int, reason: str = "") -> web.Response:
    """Answer an `<img>` or a player: whatever the status, nothing broken is shown."""
    return web.Response(
        status=status, body=PIXEL, content_type="image/gif", headers=_headers(status, reason)
    )


def sentence(status: int, text: str, reason: str = "") -> web.Response:
    """Answer a person who followed a link."""
    return web.Response(status=status, text=f"{text}\n", headers=_headers(status, reason))


def redirect(address: str) -> web.Response:
    """Lead a person on; the address must have passed `web_address`."""
    return web.Response(status=302, headers={"Location": address, "Cache-Control": "no-store"})


def json(fields: dict[str, object], reason: str = "") -> web.Response:
    """Answer a program."""
    return web.Response(
        body=msgspec.json.encode(fields),
        content_type="application/json",
        headers=_headers(HTTPStatus.OK, reason),
    )


def problem(status: int, detail: str, field: str = "") -> web.Response:
    """Answer a program's mistake (RFC 9457), naming the field to mend."""
    fields = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return web.Response(
        status=status,
        body=msgspec.json.encode(fields | {"field": field} if field else fields),
        content_type="application/problem+json",
        headers=_headers(status, ""),
    )


def wrong_method(*allowed: str) -> web.Response:
    """Answer a method that the path does not know."""
    return web.Response(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(allowed)})


def _headers(status: int, reason: str) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if reason:
        headers[REASON] = reason
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = RETRY_AFTER_S
    return headers
