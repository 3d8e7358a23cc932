"""`/m/{exchange}` and `/m/{exchange}/{their id}`: which browser of ours is which of an exchange's, consent first.

Without their id we tell the exchange ours, by leading the browser to the address that was agreed on; with it, we
note that both are the same person's. The second never leads on, so that two who match each other come to an end.

The privacy signals are read first. Without permission no cookie is read or set; one that came all the same is
deleted where somebody said no. Our cookie's id is what exchanges send back as `buyeruid`.
"""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote

from msgspec.structs import replace

from adserver.domain.choices import Choices
from adserver.domain.consent import Permission, Signals
from adserver.domain.person import PersonKey
from adserver.endpoints.browser_signals import browser_signals, says_nothing
from adserver.endpoints.cookies import IdCookie, new_id
from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.replies import empty, pixel, redirect, wrong_method
from adserver.endpoints.sync_url import SyncUrl
from adserver.errors import Unavailable
from adserver.metrics import MATCHES
from adserver.openrtb.partners import stands_for_somebody

OURS, THEIRS = "buyeruid", "user"
"""The kinds of both ids, as they come back in bid requests."""


class Outcome(StrEnum):
    """What became of a call; the label of its metric, and where nothing was done the reason in the header."""

    SENT = "sent"  # our id is on its way to the exchange
    LINKED = "linked"  # their id is now known to be the same person's as our cookie
    COOKIE_SET = "cookie_set"  # a new browser: their id is noted when it shows the cookie
    NOTHING_TO_DO = "nothing_to_do"  # a known browser, and nobody to tell
    NO_SIGNAL = "no_signal"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    BAD_ID = "bad_id"
    UNAVAILABLE = "unavailable"


DONE = frozenset({Outcome.SENT, Outcome.LINKED, Outcome.COOKIE_SET, Outcome.NOTHING_TO_DO})


class Linker(Protocol):
    """Who remembers which ids are one person's."""

    async def link(self, pairs: Sequence[tuple[PersonKey, PersonKey]]) -> int:
        """Join ids: the first of a pair stands for the person, the second is from now on another id of theirs.

        Returns how many were new. Durable when it returns. Raises `Unavailable`.
        """


class Matching:
    """The endpoint."""

    def __init__(
        self,
        *,
        exchanges: Mapping[str, SyncUrl | None],
        cookie: IdCookie,
        permit: Callable[[Signals], Permission],
        choices: Callable[[Sequence[PersonKey]], Awaitable[Choices]],
        linker: Linker,
        pseudonym: Callable[[str, str], PersonKey],
        without_signals: bool = False,
        dice: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Match browsers with these exchanges; those without an address only tell us.

        `choices` returns what the person behind these ids decided with us, and raises `Unavailable`.
        `without_signals`: does a browser count that sends no privacy signal at all?
        """
        self._exchanges = exchanges
        self._cookie = cookie
        self._permit = permit
        self._choices = choices
        self._linker = linker
        self._pseudonym = pseudonym
        self._without_signals = without_signals
        self._dice = dice

    async def __call__(self, request: Request, parts: Sequence[str]) -> Reply:
        """Answer with a redirect or a pixel, whatever came."""
        if request.method != "GET":
            return wrong_method("GET")
        match parts:
            case [_, exchange] if exchange in self._exchanges:
                theirs = request.query.get("uid")
            case [_, exchange, raw] if exchange in self._exchanges:
                theirs = unquote(raw)
            case _:
                return empty(HTTPStatus.NOT_FOUND)
        return await self._match(exchange, theirs, request)

    async def _match(self, exchange: str, theirs: str | None, request: Request) -> Reply:
        signals = browser_signals(request)
        header = request.header(b"cookie")
        if says_nothing(signals) and not self._without_signals:
            return _answer(exchange, Outcome.NO_SIGNAL)
        if not self._permit(signals).identify:
            refused = _answer(exchange, Outcome.NO_CONSENT)
            return (
                _with(refused, self._cookie.delete()) if self._cookie.arrived(header) else refused
            )
        if theirs is not None and not _is_id(theirs):
            return _answer(exchange, Outcome.BAD_ID)
        ours = self._cookie.read(header)
        if ours is None:
            return self._meet(exchange, theirs, signals)
        try:
            return await self._meet_again(exchange, theirs, ours, signals)
        except Unavailable:
            return _answer(exchange, Outcome.UNAVAILABLE)

    def _meet(self, exchange: str, theirs: str | None, signals: Signals) -> Reply:
        """Give a browser its id. Nothing is noted before it comes back with it: many keep no cookies."""
        ours = new_id(self._dice)
        reply = (
            self._lead_on(exchange, ours, signals, Outcome.COOKIE_SET)
            if theirs is None
            else _answer(exchange, Outcome.COOKIE_SET)
        )
        return _with(reply, self._cookie.set(ours))

    async def _meet_again(
        self, exchange: str, theirs: str | None, ours: str, signals: Signals
    ) -> Reply:
        keys = [self._pseudonym(OURS, ours)]
        if theirs is not None:
            keys.append(self._pseudonym(THEIRS, theirs))
        choices = await self._choices(keys)
        if choices.refuses:
            return _answer(exchange, Outcome.OPTED_OUT)  # the cookie stays: it is how we know them
        if theirs is None:
            return self._lead_on(exchange, ours, signals, Outcome.NOTHING_TO_DO)
        await self._linker.link([(keys[0], keys[1])])
        return _answer(exchange, Outcome.LINKED)

    def _lead_on(self, exchange: str, ours: str, signals: Signals, otherwise: Outcome) -> Reply:
        address = self._exchanges[exchange]
        if address is None:
            return _answer(exchange, otherwise)
        MATCHES.labels(exchange, Outcome.SENT.value).inc()
        return redirect(address.filled(ours, signals))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isprintable() and stands_for_somebody(text)


def _answer(exchange: str, outcome: Outcome) -> Reply:
    """Return a pixel. A browser does nothing with its status, but who looks for a mistake does with the reason."""
    MATCHES.labels(exchange, outcome.value).inc()
    status = HTTPStatus.SERVICE_UNAVAILABLE if outcome is Outcome.UNAVAILABLE else HTTPStatus.OK
    return pixel(status, "" if outcome in DONE else outcome.value)


def _with(reply: Reply, line: bytes) -> Reply:
    return replace(reply, head=reply.head + line)
