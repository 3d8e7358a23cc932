"""A small desk to test endpoints at: keys, a clock, an owner, tickets, and a real HTTP server."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal, InvalidOperation

import msgspec
from aiohttp import ClientResponse, web
from aiohttp.test_utils import RawTestServer, TestClient
from yarl import URL

from adserver.domain.exchange import ExchangeTerms
from adserver.domain.ticket import Ticket
from adserver.endpoints.intake import Intake
from adserver.endpoints.tokens import Key, TokenVault
from adserver.metrics import REGISTRY
from tests.fakes.owner import FakeOwner

NOW_S = 1_790_000_000
TICKET = Ticket(
    bid=bytes(range(16)),
    at_s=NOW_S - 60,
    exchange="north",
    line_item=41,
    creative=42,
    media_type=1,
    reserved=1_200_000,
    price=1_000_000,
    wire_price=1_100_000,
    lease=3,
    bill_until_s=NOW_S + 600,
    click_until_s=NOW_S + 86_400,
    person=b"p" * 16,
)
TERMS = {
    "north": ExchangeTerms(name="north"),
    "south": ExchangeTerms(name="south", billable_banner="impression", billable_video="win"),
}
Handler = Callable[[web.BaseRequest, Sequence[str]], Awaitable[web.Response]]


class Moment:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now_s = float(NOW_S)

    def now(self) -> float:
        """Return the moment."""
        return self.now_s


def read_price(text: str | None) -> int | str:
    """Read a plain number, as the generic dialect does, or say that there is none."""
    try:
        return int(Decimal(text or "") * 1_000_000)
    except (InvalidOperation, ValueError, OverflowError):
        return "no price"


class Desk:
    """Everything that the endpoints are built from."""

    def __init__(self) -> None:
        self.owner = FakeOwner()
        self.clock = Moment()
        self.vault = TokenVault([Key(1, b"k" * 32)])
        self.intake = Intake(
            vault=self.vault,
            owner=self.owner,
            clock=self.clock,
            terms=TERMS,
            read_price=read_price,
        )

    def token(self, **changes: object) -> str:
        """Seal the usual ticket with changes."""
        return self.vault.seal(msgspec.structs.replace(TICKET, **changes))


class Client:
    """Calls one handler over HTTP, with paths exactly as written."""

    def __init__(self, client: "TestClient[web.BaseRequest, None]") -> None:
        self._client = client

    async def get(self, path: str, **headers: str) -> ClientResponse:
        """GET without following redirects."""
        url = URL(path, encoded=True)
        return await self._client.get(url, allow_redirects=False, headers=headers)

    async def send(self, method: str, path: str, **body: object) -> ClientResponse:
        """Send any method; `data`, `json` or `headers` as in aiohttp."""
        return await self._client.request(method, URL(path, encoded=True), **body)  # type: ignore[arg-type]  # a test's shorthand


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[Client]:
    """Serve a handler as the dispatcher does: the raw path, split, not decoded."""

    async def dispatch(request: web.BaseRequest) -> web.StreamResponse:
        return await handler(request, request.rel_url.raw_path[1:].split("/"))

    client: TestClient[web.BaseRequest, None] = TestClient(RawTestServer(dispatch))
    async with client:
        yield Client(client)


def counted(name: str, **labels: str) -> float:
    """Return a counter's value."""
    return REGISTRY.get_sample_value(f"{name}_total", labels) or 0.0
