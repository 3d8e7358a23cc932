"""`/t/{impression|click}/{token}` and `/v/{token}/{event}`: what a person's device tells us.

Of the person only what the encrypted ticket carries is recorded: no address, no user agent, no cookie. Address and
user agent are looked at, to tell people from machines.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from adserver.domain.notice import Kind
from adserver.domain.ticket import Ticket
from adserver.domain.web_address import web_address
from adserver.endpoints.intake import Intake, Outcome
from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.replies import empty, pixel, redirect, sentence, wrong_method
from adserver.endpoints.suspicion import Visitor, Visitors
from adserver.endpoints.tokens import CLICK_PARAMETER

VIDEO_EVENTS: Mapping[str, Kind] = {
    "start": "start",
    "first_quartile": "first_quartile",
    "midpoint": "midpoint",
    "third_quartile": "third_quartile",
    "complete": "complete",
    "skip": "skip",
    "click": "click",
}
"""By name in the address. `click` is for who calls it beside a link of their own that leads on: it only counts."""
USUAL: Mapping[int, str] = {}
PLACES = frozenset(map(str, range(1, 10)))
"""Which of several products was clicked, behind the token; the first has none."""
PATIENCE_S = 0.25
"""How long a person who clicked waits for our books."""


def _no_product(creative: int, product: int) -> None:
    """Know no products."""


class Tracking:
    """The endpoints behind pixels, links and players.

    Pixels get 200 only when the fact is durable, otherwise 503. A browser does not repeat an `<img>`, but
    players, SDKs and exchanges that call from their servers do, and a 200 would be a promise we did not keep;
    the answer is an image in any case, so nobody sees a broken one.
    """

    def __init__(
        self,
        intake: Intake,
        landing_page: Callable[[int], str | None],
        patience_s: float = PATIENCE_S,
        visitors: Visitors | None = None,
        click_parameters: Mapping[int, str] = USUAL,
        product_page: Callable[[int, int], str | None] = _no_product,
    ) -> None:
        """`click_parameters` are those that differ from the usual one, by creative; empty: nothing is handed on."""
        self._intake = intake
        self._landing_page = landing_page
        self._product_page = product_page
        self._visitors = visitors
        self._click_parameters = click_parameters
        self._patience_s = patience_s
        self._under_way: set[asyncio.Task[Outcome]] = set()

    async def __call__(self, request: Request, parts: Sequence[str]) -> Reply:
        """Answer a pixel with a pixel and a click with a redirect."""
        if request.method != "GET":
            return wrong_method("GET")
        match parts:
            case ["t", "impression", token]:
                return await self._pixel("impression", token, request)
            case ["t", "viewable", token]:
                return await self._pixel("viewable", token, request)
            case ["t", "click", token]:
                return await self._click(token, request)
            case ["t", "click", token, place] if place in PLACES:
                return await self._click(token, request, int(place))
            case ["v", token, event] if event in VIDEO_EVENTS:
                return await self._pixel(VIDEO_EVENTS[event], token, request)
        return empty(404)

    async def drain(self) -> None:
        """Wait for the clicks that are still being recorded, before the process ends."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    def _visitor(self, request: Request) -> Visitor | None:
        return None if self._visitors is None else self._visitors.visitor(request)

    async def _pixel(self, kind: Kind, token: str, request: Request) -> Reply:
        outcome = await self._intake.take(kind, token, request.query, self._visitor(request))
        return pixel(outcome.status, outcome.reason)

    async def _click(self, token: str, request: Request, place: int = 0) -> Reply:
        """Lead on to the advertiser's page, which comes from the catalog and never from the request.

        The click is recorded first, if that takes no longer than our patience; a slow record goes on behind
        the redirect and is counted by what becomes of it. A click after its time leads on and counts nothing.
        """
        ticket = self._intake.open("click", token)
        if isinstance(ticket, Outcome):
            return sentence(
                400, "This link is damaged: some of its letters are missing or changed.", ticket
            )
        landing = self._landing(ticket, place)
        if landing is None:
            gone = self._intake.count("click", Outcome.UNLINKED)
            return sentence(gone.status, "What this advertisement led to is gone.", gone)
        notice = self._intake.notice("click", ticket, {}, self._visitor(request))
        if notice.at_s > ticket.click_until_s:
            self._intake.count("click", Outcome.EXPIRED)
            return redirect(landing)
        recording = asyncio.create_task(self._intake.record(notice))
        self._under_way.add(recording)
        recording.add_done_callback(self._under_way.discard)
        await asyncio.wait({recording}, timeout=self._patience_s)
        parameter = self._click_parameters.get(ticket.creative, CLICK_PARAMETER)
        # Without permission to measure, nothing may tie the order to the click.
        hands_on = ticket.measured and parameter
        return redirect(_with_click(landing, parameter, token) if hands_on else landing)

    def _landing(self, ticket: Ticket, place: int) -> str | None:
        """Return the page of the product in that place, as far as there is one, or else of the creative."""
        landing = None
        if place < len(ticket.products):
            landing = self._product_page(ticket.creative, ticket.products[place])
        landing = landing or self._landing_page(ticket.creative)
        try:
            return None if landing is None else web_address(landing, secure=False)
        except ValueError:  # refused when the catalog was loaded; a redirect does not rely on that
            return None


def _with_click(landing: str, parameter: str, token: str) -> str:
    """Add the token to the query of an address, before its fragment."""
    address, mark, fragment = landing.partition("#")
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{parameter}={token}{mark}{fragment}"
