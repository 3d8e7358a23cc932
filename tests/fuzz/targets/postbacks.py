"""Postbacks: Apple's bodies, and partners' queries, forms and JSON."""

import asyncio
import inspect
import json
from collections.abc import Iterator

from adserver.domain.money import Rates
from adserver.domain.notice import Install
from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.postbacks.apple import InvalidPostback, Verifier
from adserver.endpoints.postbacks.partners import Partner, Terms
from adserver.endpoints.postbacks.proofs import SecretPath
from adserver.endpoints.postbacks.routes import SKADNETWORK, Postbacks
from adserver.endpoints.postbacks.skadnetwork import SkAdNetwork
from adserver.endpoints.routes import Site
from adserver.privacy.permission import permit
from adserver.privacy.rules import Rules
from tests.fakes.owner import FakeOwner
from tests.fuzz.target import Target
from tests.unit.endpoints.desk import Desk
from tests.unit.endpoints.postbacks.apples import NETWORK, PUBLIC_KEYS, PUBLISHED, postback

_EXPECTED = {200, 400, 403, 404, 405, 413, 503}
_KINDS = (b"application/json", b"application/x-www-form-urlencoded", b"", b"text/plain; x")
_SECRET = "s" * 22
_desk = Desk()
_token = _desk.token()
_verifier = Verifier(NETWORK, lambda: True, PUBLIC_KEYS)


def _site() -> Site:
    partner = Partner(
        Terms(name="p", click="c", event="e", order="o", revenue="r", currency="cur"),
        SecretPath(_SECRET.encode()),
        vault=_desk.vault, owner=FakeOwner(), clock=_desk.clock, rates=Rates("USD", {"EUR": "0.8"}),
        advertiser_of={41: "shop"}.get,
        permit=lambda signals: permit(signals, Rules(12), 1.8e9, contextual_without_consent=False),
    )  # fmt: skip
    apple = SkAdNetwork(_verifier, FakeOwner(), _desk.clock)
    return Site({"p": Postbacks({"p": partner, SKADNETWORK: apple})})


def check(data: bytes) -> None:
    """Every call is answered in its own kind. What Apple is said to have said is what it signed, within bounds."""
    if not data:
        return
    kind, rest = data[0], data[1:]
    target, _, body = rest.partition(b"\n")
    request = Request(
        "POST" if kind & 1 else "GET", target.decode("latin-1"),
        {b"content-type": _KINDS[kind >> 1 & 3]}, body, 0.0,
    )  # fmt: skip
    reply = asyncio.run(_answer(request))
    assert reply.status in _EXPECTED, reply
    assert b"\n" not in reply.head.replace(b"\r\n", b""), reply
    try:
        install = _verifier.read(body, 1)
    except InvalidPostback:
        return
    assert isinstance(install, Install)
    assert install.source.isdigit()
    assert 1 <= len(install.source) <= 4
    assert install.window in {0, 1, 2}
    assert install.fine_value is None or 0 <= install.fine_value <= 63


async def _answer(request: Request) -> Reply:
    answer = _site()(request)
    return await answer if inspect.isawaitable(answer) else answer


def seeds() -> Iterator[bytes]:
    """Yield postbacks of all versions, and a partner's in each form."""
    for said in (*PUBLISHED, *map(postback, PUBLIC_KEYS)):
        yield b"\x01/p/skadnetwork\n" + json.dumps(said).encode()
    yield f"\x00/p/p/{_SECRET}?c={_token}&e=install&o=7&r=1.5&cur=eur&gdpr=0".encode()
    yield f"\x03/p/p/{_SECRET}\nc={_token}&e=install".encode()
    yield f'\x01/p/p/{_SECRET}\n{{"c": "{_token}", "e": "x", "r": 2.5, "cur": null}}'.encode()


TARGET = Target(check, seeds, 2_048)
