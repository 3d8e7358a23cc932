"""`/r/api/`: what the pages do, for programs.

    POST /r/api/why      {"token"}                        why this ad
    POST /r/api/data     {"ifa"}                          everything that is stored
    POST /r/api/choices  {"change", "segment", who}       decide; without a change, what holds
    POST /r/api/erase    {who}                            be forgotten
    GET  /r/api/schema                                    the form of `data`, as JSON Schema

Who is asked about: our cookie, an advertising id (`ifa`), the token of an ad (`token`), in any combination.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from adserver.domain.choices import CHANGES, Change
from adserver.domain.ticket import Ticket
from adserver.endpoints.messages import Reply, Request, head
from adserver.endpoints.replies import REASON, RETRY_AFTER_S
from adserver.endpoints.rights.account import FORMAT, Account, decided
from adserver.endpoints.rights.deeds import Deeds
from adserver.endpoints.rights.paper import answer_json
from adserver.endpoints.rights.refusals import No, Refused
from adserver.endpoints.rights.sealing import Who
from adserver.endpoints.rights.visit import Asked, asked_of, has_gpc, words_of
from adserver.endpoints.rights.who import Doorkeeper
from adserver.endpoints.rights.why import About, Shelf
from adserver.endpoints.rights.words import Words

_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": FORMAT,
    **msgspec.json.schema(Account),
}
ROUTES: Mapping[str, tuple[str, ...]] = {
    "why": ("POST",),
    "data": ("POST",),
    "choices": ("POST",),
    "erase": ("POST",),
    "schema": ("GET", "HEAD"),
}
"""Their methods."""


class Api:
    """The handler of everything below `/r/api`."""

    def __init__(self, doors: Doorkeeper, deeds: Deeds, shelf: Shelf, about: About) -> None:
        self._doors = doors
        self._deeds = deeds
        self._shelf = shelf
        self._about = about
        self._schema = msgspec.json.encode(_SCHEMA)

    async def __call__(self, request: Request, parts: Sequence[str]) -> Reply:
        """Answer with JSON, a refusal as a problem (RFC 9457) in the language that was asked for."""
        words = words_of(request)
        route = parts[0] if len(parts) == 1 else ""
        allowed = ROUTES.get(route, ())
        if request.method not in allowed:
            no = No.WRONG_METHOD if allowed else No.NO_PAGE
            return _problem(Refused(no), words, allowed)
        if route == "schema":
            return answer_json(self._schema, kind="application/schema+json")
        try:
            return await self._answer(request, route, words)
        except Refused as refusal:
            return _problem(refusal, words, allowed)

    async def _answer(self, request: Request, route: str, words: Words) -> Reply:
        asked, gpc = asked_of(request), has_gpc(request)
        ticket = self._doors.ticket(asked.token) if asked.token or route == "why" else None
        if route == "why" and ticket is not None:
            return _said(self._shelf.why(ticket, self._about, words.language))
        typed = self._doors.typed(asked.ifa) if asked.ifa else ()
        who = self._doors.who(request, ticket, typed)
        if route == "erase":
            return _said({"erased": True, "known": await self._deeds.erase(who)})
        if route == "choices" and asked.change:
            return await self._decide(who, asked, ticket, gpc=gpc)
        seen = await self._deeds.see(who, words.language, gpc=gpc)
        if route == "choices":
            return _said(decided(seen.choices))
        if seen.account is None:
            raise Refused(No.NOT_PROVEN, "ifa")
        return _said(seen.account)

    async def _decide(self, who: Who, asked: Asked, ticket: Ticket | None, *, gpc: bool) -> Reply:
        change = next((each for each in CHANGES if each == asked.change), None)
        if change is None:
            raise Refused(No.UNKNOWN_CHANGE, "change")
        of_the_ad = frozenset[int]() if ticket is None else self._shelf.segments(ticket.line_item)
        choices = await self._deeds.decide(
            who, Change(change, asked.segment), gpc=gpc, of_the_ad=of_the_ad
        )
        return _said(decided(choices))


def _said(answer: Any) -> Reply:
    return answer_json(msgspec.json.encode(answer))


def _problem(refusal: Refused, words: Words, allowed: Sequence[str]) -> Reply:
    no = refusal.no
    fields = {
        "title": words("no_title"),
        "status": no.status,
        "detail": words(f"no_{no.value}"),
        "code": no.value,
    }
    more = f"{REASON}: {no.value}\r\n".encode() + head(Content_Language=words.language)
    if no is No.WRONG_METHOD:
        more += head(Allow=", ".join(allowed))
    if no is No.UNAVAILABLE:
        more += head(Retry_After=RETRY_AFTER_S)
    body = msgspec.json.encode(fields | {"field": refusal.field} if refusal.field else fields)
    return answer_json(body, no.status, "application/problem+json", more)
