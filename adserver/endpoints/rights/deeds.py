"""What can be seen and done: the checks that pages and API share, then a question to the owner."""

from collections.abc import Container
from typing import NamedTuple

from adserver.domain.choices import Change, ChangeKind, Choices
from adserver.endpoints.rights.account import Account, Bookkeeper
from adserver.endpoints.rights.ports import PeopleDesk
from adserver.endpoints.rights.refusals import No, Refused
from adserver.endpoints.rights.sealing import Who
from adserver.errors import Unavailable
from adserver.metrics import RIGHTS
from adserver.ports import Clock

NARROWING: tuple[ChangeKind, ...] = ("opt_out", "object", "withdraw")
"""Decisions that allow less: they need no proof."""
WIDENING: tuple[ChangeKind, ...] = ("opt_in", "agree")
"""Decisions that allow more. A `consent` is not given here: it needs an advertiser who asks for it."""


class Seen(NamedTuple):
    """What there is to show."""

    choices: Choices
    """Of all ids."""
    account: Account | None
    """Of the proven ids; nothing if there are none."""


class Deeds:
    """Raises `Refused` with `unavailable` when the owner does not answer: then nothing was changed."""

    def __init__(self, people: PeopleDesk, bookkeeper: Bookkeeper, clock: Clock) -> None:
        self._people = people
        self._bookkeeper = bookkeeper
        self._clock = clock

    async def see(self, who: Who, language: str, *, gpc: bool) -> Seen:
        """Return what holds and what is stored, after following the browser's own "no".

        Global Privacy Control is a decision, not a wish: Californian law (CCPA regulations, section 7025) has it
        followed at once and for what is known under a pseudonym, and nobody who set it expects to be asked again. So
        it is stored when the page is opened, and the page says so.
        """
        if not who.keys:
            raise Refused(No.NOBODY)
        try:
            dossier, names = await self._people.dossier(who.keys)
            choices = dossier.choices
            if gpc and not choices.opted_out:
                choices = await self._people.choose(who.keys, Change("opt_out"))
                RIGHTS.labels("gpc").inc()
            if not who.proven:
                return Seen(choices, None)
            if set(who.proven) != set(who.keys) or choices is not dossier.choices:
                dossier, names = await self._people.dossier(who.proven)
        except Unavailable:
            raise Refused(No.UNAVAILABLE) from None
        now_s = self._clock.now()
        return Seen(choices, self._bookkeeper.account(dossier, names, now_s, language))

    async def decide(
        self, who: Who, change: Change, *, gpc: bool, of_the_ad: Container[int] = ()
    ) -> Choices:
        """Keep a decision and return what holds now. What was asked for can be of the ad, or of the person."""
        if not who.keys:
            raise Refused(No.NOBODY)
        ids = who.keys
        if change.kind in WIDENING:
            ids = who.proven
            if not ids:
                raise Refused(No.NOT_PROVEN)
            if gpc and change.kind == "opt_in":
                raise Refused(No.GPC)
        elif change.kind not in NARROWING:
            raise Refused(No.UNKNOWN_CHANGE, "change")
        try:
            if change.kind == "object" and change.segment not in of_the_ad:
                await self._expect(who, change.segment)
            choices = await self._people.choose(ids, change)
        except Unavailable:
            raise Refused(No.UNAVAILABLE) from None
        RIGHTS.labels(change.kind).inc()
        return choices

    async def erase(self, who: Who) -> bool:
        """Forget somebody; return whether anything was known."""
        if not who.keys:
            raise Refused(No.NOBODY)
        try:
            known = await self._people.erase(who.keys)
        except Unavailable:
            raise Refused(No.UNAVAILABLE) from None
        RIGHTS.labels("erase").inc()
        return known

    async def _expect(self, who: Who, segment: int) -> None:
        """Refuse an objection to what they are not in: a record of such would grow without end."""
        # Asked of the proven ids only: whoever has an ad's link must not find out by trying.
        if who.proven:
            dossier, _ = await self._people.dossier(who.proven)
            if any(each.segment == segment for each in dossier.memberships):
                return
        raise Refused(No.UNKNOWN_SEGMENT, "segment")
