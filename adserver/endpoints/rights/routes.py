"""`/r/`: what people see of their data, what they decide, and how they are forgotten.

    /r/                  what holds, and the choice
    /r/why/{token}       why this ad: the link that an ad carries
    /r/data              everything; with `Accept: application/json` as a file
    /r/erase             what erasing means, and the button
    /r/benefit           what somebody gets for personal advertising
    /r/api/...           the same for programs (`api.py`)

Forms are posted to `/r/choose`, `/r/erase`, `/r/id`, `/r/forget` and `/r/data.json`. They work without scripts and
without cookies, since whom the page was written for stands in the form, sealed.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from adserver.domain.campaign import Catalog
from adserver.domain.choices import CHANGES, Change, Choices
from adserver.domain.person import PersonKey
from adserver.endpoints.messages import Reply, Request, head
from adserver.endpoints.rights.account import Bookkeeper, decided
from adserver.endpoints.rights.api import Api
from adserver.endpoints.rights.deeds import Deeds
from adserver.endpoints.rights.paper import House, Paper, answer_json
from adserver.endpoints.rights.ports import PeopleDesk
from adserver.endpoints.rights.refusals import No, Refused
from adserver.endpoints.rights.sealing import Sealer, Who
from adserver.endpoints.rights.visit import Visit, form_of, has_gpc, lasting, words_of
from adserver.endpoints.rights.who import Doorkeeper
from adserver.endpoints.rights.why import About, Shelf
from adserver.endpoints.tokens import TokenVault
from adserver.ports import Clock

SHOWN = ("", "data", "erase", "benefit")
FORMS = ("choose", "erase", "id", "forget", "data.json")
_BACK = ("", "data", "why")
_MAX_DIGITS = 20
_FILE = head(Content_Disposition='attachment; filename="my-advertising-data.json"')


class Rights:
    """The handler of everything below `/r`."""

    def __init__(
        self,
        *,
        people: PeopleDesk,
        vault: TokenVault,
        pseudonym: Callable[[str, str], PersonKey],
        catalog: Catalog,
        about: About,
        our_id: Callable[[str], str | None],
        secret: bytes,
        clock: Clock,
        home: str = "/r",
        secure: bool = True,
        house: House | None = None,
    ) -> None:
        """`our_id` finds our id of a browser in a `Cookie` header (`IdCookie.read`); `secret` is what all workers
        share; `home` is the path from outside, and `secure` says whether people come by https.
        """
        self._sealer = Sealer(secret, clock)
        self._doors = Doorkeeper(
            vault=vault, pseudonym=pseudonym, our_id=our_id, sealer=self._sealer
        )
        self._shelf = Shelf(catalog)
        self._about = about
        self._deeds = Deeds(people, Bookkeeper(about, self._shelf.advertiser), clock)
        self._paper = Paper(home, house or House(), secure=secure)
        self._api = Api(self._doors, self._deeds, self._shelf, about)

    async def __call__(self, request: Request, parts: Sequence[str]) -> Reply:
        """Answer with a page, below `api` with JSON."""
        if parts[1:2] == ["api"]:
            return await self._api(request, parts[2:])
        bare = Visit(
            words=words_of(request), gpc=has_gpc(request), lasting=lasting(request.query, "")
        )
        allowed = _allowed(parts[1:])
        if request.method not in allowed:
            no = No.WRONG_METHOD if allowed else No.NO_PAGE
            return self._paper.problem(bare, no, allowed)
        try:
            if request.method == "POST":
                return await self._take(request, parts[1], bare)
            return await self._show(request, parts[1:], bare)
        except Refused as refusal:
            return self._paper.problem(bare, refusal.no, allowed)

    # What is shown.

    async def _show(self, request: Request, parts: Sequence[str], bare: Visit) -> Reply:
        match parts:
            case []:
                return self._paper.lead(self._link(bare, ""))
            case ["why", token]:
                return await self._why(request, bare, token)
            case ["data"]:
                visit = self._arrive(request, bare)
                if "application/json" in request.header(b"accept"):
                    return await self._file(visit)
                return await self._page(request, visit, "data", "data")
            case ["erase"]:
                return await self._page(request, self._arrive(request, bare), "erase", "erase")
            case ["benefit"]:
                return self._paper.page("benefit", self._arrive(request, bare), "benefit")
        return await self._home(request, self._arrive(request, bare))

    def _arrive(self, request: Request, bare: Visit, token: str = "") -> Visit:
        """Return the visit with whom we recognise; the ad's token stands in the path or in the query."""
        ad = token or request.query.get("ad", "")
        ticket = self._doors.ticket(ad) if ad else None
        return msgspec.structs.replace(
            bare,
            who=self._doors.who(request, ticket),
            ticket=ticket,
            ad=ad,
            lasting=lasting(request.query, ad),
        )

    async def _page(
        self, request: Request, visit: Visit, name: str, here: str, **values: object
    ) -> Reply:
        """Write a page of what is stored and what holds."""
        choices, account = None, None
        if visit.who.keys:
            choices, account = await self._deeds.see(visit.who, visit.words.language, gpc=visit.gpc)
        typed = bool(self._doors.remembered(request))
        shown = {
            "choices": choices,
            "decided": None if choices is None else decided(choices),
            "account": account,
            "form": self._sealer.seal(visit.who, "form"),
            "typed": typed,
            "said": _said(request.query.get("said", ""), choices, typed=typed),
        }
        return self._paper.page(name, visit, here, shown | values)

    async def _home(self, request: Request, visit: Visit, *, wrong: bool = False) -> Reply:
        """Write the first page, or write it again because what was typed there is wrong."""
        page = await self._page(request, visit, "home", "", wrong=wrong)
        return msgspec.structs.replace(page, status=No.NOT_AN_ID.status) if wrong else page

    async def _why(self, request: Request, bare: Visit, token: str) -> Reply:
        if not token:
            raise Refused(No.MALFORMED)
        visit = self._arrive(request, bare, token)
        why = self._shelf.why(self._doors.ticket(token), self._about, visit.words.language)
        return await self._page(request, visit, "why", f"why/{token}", why=why)

    async def _file(self, visit: Visit) -> Reply:
        seen = await self._deeds.see(visit.who, visit.words.language, gpc=visit.gpc)
        if seen.account is None:
            raise Refused(No.NOT_PROVEN)
        return answer_json(msgspec.json.encode(seen.account), more=_FILE)

    # What is done.

    async def _take(self, request: Request, form: str, bare: Visit) -> Reply:
        fields = form_of(request)
        who = self._sealer.open(fields.get("form", ""), "form")
        visit = self._arrive(request, bare)
        match form:
            case "choose":
                return await self._choose(visit, who, fields)
            case "erase":
                await self._deeds.erase(who)
                return self._paper.lead(self._link(visit, "erase", said="erased"))
            case "data.json":
                return await self._file(msgspec.structs.replace(visit, who=who))
            case "id":
                return await self._look_up(request, visit, fields)
        return self._paper.lead(self._link(visit, "", said="forgotten"), session="")

    async def _choose(self, visit: Visit, who: Who, fields: Mapping[str, str]) -> Reply:
        asked, segment = fields.get("change", ""), fields.get("segment", "0")
        change = next((each for each in CHANGES if each == asked), None)
        back = fields.get("back", "")
        if change is None or back not in _BACK:
            raise Refused(No.UNKNOWN_CHANGE)
        if not (segment.isascii() and segment.isdigit() and len(segment) <= _MAX_DIGITS):
            raise Refused(No.UNKNOWN_SEGMENT)
        ticket = visit.ticket
        of_the_ad = frozenset[int]() if ticket is None else self._shelf.segments(ticket.line_item)
        await self._deeds.decide(
            who, Change(change, int(segment)), gpc=visit.gpc, of_the_ad=of_the_ad
        )
        if back == "why":
            back = f"why/{visit.ad}" if visit.ad else ""
        return self._paper.lead(self._link(visit, back, said=change))

    async def _look_up(self, request: Request, visit: Visit, fields: Mapping[str, str]) -> Reply:
        try:
            typed = self._doors.typed(fields.get("ifa", ""))
        except Refused:
            return await self._home(request, visit, wrong=True)
        session = self._sealer.seal(Who(typed, typed), "session")
        return self._paper.lead(self._link(visit, "", said="known"), session=session)

    def _link(self, visit: Visit, page: str, **more: str) -> str:
        return visit.link(self._paper.home, page, **more)


def _allowed(parts: Sequence[str]) -> tuple[str, ...]:
    """Return the methods that a path knows; none means that there is no such path."""
    match parts:
        case [] | ["why", _]:
            return "GET", "HEAD"
        case [page]:
            shown = ("GET", "HEAD") if page in SHOWN else ()
            return (*shown, "POST") if page in FORMS else shown
    return ()


def _said(said: str, choices: Choices | None, *, typed: bool) -> str:
    """Return what to say was done; a link from elsewhere cannot make us say what is not so."""
    if said == "known":
        return "" if typed else "lost"
    if said == "forgotten":
        return "" if typed else said
    if choices is None:
        return ""
    holds = {
        "opt_out": choices.opted_out,
        "opt_in": not choices.opted_out and not choices.erased,
        "object": bool(choices.objections),
        "agree": True,
        "withdraw": not choices.consented,
        "erased": choices.erased,
    }
    return said if holds.get(said) else ""
