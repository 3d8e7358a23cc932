"""A small desk to test endpoints at: keys, a clock, an owner, tickets, and a real HTTP server."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiohttp import ClientResponse, ClientSession
from yarl import URL

from adapters.exchanges.plain_prices import read_plain_price
from adserver.config import Http
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.ticket import Ticket
from adserver.endpoints.admission import Admission
from adserver.endpoints.intake import Intake
from adserver.endpoints.messages import Request
from adserver.endpoints.routes import Answer, Handler
from adserver.endpoints.tokens import Key, TokenVault
from adserver.metrics import REGISTRY
from adserver.processes.http_server import HttpServer
from adserver.validity.judge import ContactJudge
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


class Moment:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now_s = float(NOW_S)

    def now(self) -> float:
        """Return the moment."""
        return self.now_s


class Desk:
    """Everything that the endpoints are built from."""

    def __init__(self) -> None:
        self.owner = FakeOwner()
        self.clock = Moment()
        self.vault = TokenVault([Key(1, b"k" * 32)])
        self.intake = self.make_intake()

    def make_intake(self, judge: ContactJudge | None = None) -> Intake:
        """Return an intake of this desk."""
        return Intake(
            vault=self.vault,
            owner=self.owner,
            clock=self.clock,
            terms=TERMS,
            price_readers={},
            plain=read_plain_price,
            judge=judge,
        )

    def token(self, **changes: object) -> str:
        """Seal the usual ticket with changes."""
        return self.vault.seal(msgspec.structs.replace(TICKET, **changes))


class Client:
    """Calls one handler over HTTP, with paths exactly as written."""

    def __init__(self, session: ClientSession, origin: str) -> None:
        self._session = session
        self.origin = origin
        """Where it serves: `http://127.0.0.1:port`."""

    async def get(self, path: str, **headers: str) -> ClientResponse:
        """GET without following redirects."""
        return await self._session.get(self._url(path), allow_redirects=False, headers=headers)

    async def send(self, method: str, path: str, **body: object) -> ClientResponse:
        """Send any method; `data`, `json` or `headers` as in aiohttp."""
        return await self._session.request(method, self._url(path), **body)  # type: ignore[arg-type]  # a test's shorthand

    def _url(self, path: str) -> URL:
        return URL(self.origin + path, encoded=True)


@asynccontextmanager
async def serving(handler: Handler, admission: Admission | None = None) -> AsyncIterator[Client]:
    """Serve a handler as the site does: the raw path, split, not decoded."""

    def site(request: Request) -> Answer:
        return handler(request, request.target.partition("?")[0][1:].split("/"))

    server = HttpServer(site, admission or Admission(time.monotonic), Http())
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    async with ClientSession() as session:
        yield Client(session, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    listener.close()
    await server.shutdown(1.0)


def counted(name: str, **labels: str) -> float:
    """Return a counter's value."""
    return REGISTRY.get_sample_value(f"{name}_total", labels) or 0.0
