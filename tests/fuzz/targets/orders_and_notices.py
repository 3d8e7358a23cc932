"""Orders, notices, pixels and clicks: their paths, queries and bodies."""

import asyncio
import inspect
from collections.abc import Iterator
from urllib.parse import quote

from adapters.exchanges.plain_prices import read_plain_price
from adserver.domain.person import pseudonymiser
from adserver.endpoints.conversions import Conversions
from adserver.endpoints.intake import Intake
from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.notices import Notices
from adserver.endpoints.routes import Site
from adserver.endpoints.tracking import Tracking
from adserver.privacy.permission import permit
from adserver.privacy.rules import Rules
from tests.fakes.owner import FakeOwner
from tests.fuzz.target import Target
from tests.unit.endpoints.desk import TERMS, Desk

_EXPECTED = {200, 302, 400, 404, 405, 410, 413}
_KINDS = (b"application/json", b"application/x-www-form-urlencoded", b"", b"text/plain; x")
_desk = Desk()
_token = _desk.token()


def _site() -> Site:
    intake = Intake(
        vault=_desk.vault, owner=FakeOwner(), clock=_desk.clock, terms=TERMS, price_readers={}, plain=read_plain_price,
    )  # fmt: skip
    conversions = Conversions(
        vault=_desk.vault, owner=FakeOwner(), clock=_desk.clock,
        is_advertiser="tents".__eq__, pseudonym=pseudonymiser(b"s" * 32),
        permit=lambda signals: permit(signals, Rules(12), 1.8e9, contextual_without_consent=False),
    )  # fmt: skip
    tracking = Tracking(intake, {42: "https://shop.example/"}.get)
    return Site({"c": conversions, "n": Notices(intake), "t": tracking, "v": tracking})


def check(data: bytes) -> None:
    """Every target and body gets an answer of its own kind, never a fault of ours, and the books stay whole."""
    if not data:
        return
    kind, rest = data[0], data[1:]
    target, _, body = rest.partition(b"\n")
    request = Request(
        "POST" if kind & 1 else "GET", target.decode("latin-1"),
        {b"content-type": _KINDS[kind >> 1 & 3], b"accept": b"image/*" if kind & 8 else b""}, body, 0.0,
    )  # fmt: skip
    reply = asyncio.run(_answer(request))
    assert reply.status in _EXPECTED, reply
    assert b"\n" not in reply.head.replace(b"\r\n", b""), reply


async def _answer(request: Request) -> Reply:
    answer = _site()(request)
    return await answer if inspect.isawaitable(answer) else answer


def seeds() -> Iterator[bytes]:
    """Yield requests of all kinds."""
    token = _token.encode()
    yield b"\x00/n/billing/" + token + b"?p=1.25"
    yield b"\x00/n/loss/" + token + b"?p=1&r=102"
    yield b"\x00/t/click/" + token
    yield b"\x00/t/impression/" + token
    yield b"\x00/v/" + token + b"/first_quartile"
    yield b"\x08/c/tents?order=7&value=19.90&adclick=" + token + b"&ifa=AB-1"
    yield b'\x01/c/tents\n{"order": 7, "value": "1.5", "user": "u", "adclick": null}'
    yield b"\x03/c/tents?order=8\nvalue=2&user=" + quote("ü\x00").encode()


TARGET = Target(check, seeds, 2_048)
