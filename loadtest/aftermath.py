"""What follows an auction: notices, pixels, people who click and buy; as unreliable as the real thing."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp

from loadtest import markup
from loadtest.auction import Outcome
from loadtest.market.advertising import Ad
from loadtest.market.live import Live, Visitor
from loadtest.tally import Summary
from loadtest.wire import NotHere, loopback, origin, substitute

SHOPS = (
    ("camera.example", "camera-shop"),
    ("outdoor.example", "outdoor-clothier"),
    ("drugstore.example", "drugstore"),
    ("mobile.example", "mobile-operator"),
)
Spawn = Callable[[Coroutine[Any, Any, None]], None]

_UNSEEN = 0.04
"""Wins that never reach a screen."""
_LATE = 0.05
_ATTEMPTS = 3
_OBJECTING = 0.5
"""How many of those who refuse object to a segment, where one chose the advertisement, rather than to all."""
_EVENTS = ("start", "firstQuartile", "midpoint", "thirdQuartile", "complete")
_STAYS = 0.85
"""How many of a video's viewers reach the next of its events."""


class Habits(NamedTuple):
    """How unreliable this exchange is."""

    repeat: float = 0.03
    lose: float = 0.02
    refuse: float = 0.01
    """How many of those who see an advertisement follow its link and refuse."""
    pace: float = 1.0
    """All waiting times are multiplied by this."""
    haste: float = 3_600.0
    """Orders come so many times as soon as the laws say: an hour passes in a second."""
    timeout_s: float = 5.0
    run: str = ""
    """Makes order numbers unique among runs of one seed."""
    shops: tuple[tuple[str, str], ...] = SHOPS
    """Landing domains and the accounts that their shops report orders to."""


class Aftermath:
    """Delivers notices and plays people; every failure is counted by name in the summary."""

    def __init__(
        self,
        base: str,
        session: aiohttp.ClientSession,
        summary: Summary,
        spawn: Spawn,
        habits: Habits,
        market: Live,
    ) -> None:
        self._market = market
        self._base = origin(base)
        self._session = session
        self._summary = summary
        self._spawn = spawn
        self._habits = habits
        self._timeout = aiohttp.ClientTimeout(total=habits.timeout_s)
        self.refusers: set[str] = set()
        """Ids of screens whose opt-out was acknowledged."""

    def begin(self, outcome: Outcome, visitor: Visitor, dice: Random) -> None:
        """Start everything that follows from one bid's outcome."""
        if not outcome.won:
            self._notify("loss", _filled(outcome, outcome.bid.loss_url), 0.2, dice)
            return
        self._summary.wins += 1
        self._notify("win", _filled(outcome, outcome.bid.win_url), 0.2, dice)
        if dice.random() >= _UNSEEN:
            self._spawn(self._screen(outcome, visitor, dice))

    async def _screen(self, outcome: Outcome, visitor: Visitor, dice: Random) -> None:
        """The advertisement appears, is billed, perhaps watched, clicked, bought from."""
        bid = outcome.bid
        media = visitor.spaces[bid.imp].media
        late = 10.0 if dice.random() < _LATE else 1.0
        await self._wait(late * dice.uniform(0.05, 0.4))
        try:
            addresses = markup.read(media, _filled(outcome, bid.markup))
        except ValueError as error:
            self._summary.error("bad_markup", str(error))
            return
        if not addresses.impressions:
            self._summary.error("no_impression_pixel", bid.creative)
        for url in addresses.impressions:
            self._notify("impression", url, 0.05, dice)
        self._notify("billing", _filled(outcome, bid.billing_url), 0.2, dice)
        self._summary.impressions += 1
        self._summary.spend[bid.domain] += bid.dollars(outcome.clearing)
        await self._watch(addresses, dice)
        ad = self._market.ad(bid.domain, bid.line, bid.creative, media, bid.size)
        chance = self._market.sees(visitor, bid.imp, ad)
        person = visitor.person
        if addresses.why and person.consents and person.id and dice.random() < self._habits.refuse:
            await self._refuse(addresses.why, person.id, dice)
            return
        if dice.random() < chance:
            await self._wait(dice.uniform(0.3, 0.9))  # nobody is faster
            await self._click(addresses.clicks, visitor, ad, dice)

    async def _refuse(self, why: str, screen: str, dice: Random) -> None:
        """Follow the link in the corner, and opt out or object to what chose the advertisement."""
        home, _, token = why.partition("/why/")
        told = await self._post(f"{home}/api/why", {"token": token})
        if told is None:
            return
        groups: list[dict[str, Any]] = told["groups"]
        change: dict[str, Any] = {"token": token, "change": "opt_out"}
        objects = bool(groups) and dice.random() < _OBJECTING
        if objects:
            change |= {"change": "object", "segment": groups[0]["segment"]}
        if await self._post(f"{home}/api/choices", change) is None:
            return
        if objects:
            self._summary.objections += 1
        else:
            self.refusers.add(screen)
            self._summary.opt_outs += 1

    async def _watch(self, addresses: markup.Markup, dice: Random) -> None:
        watched = {"start"}
        for earlier, later in pairwise(_EVENTS):
            if earlier in watched and dice.random() < _STAYS:
                watched.add(later)
        for name, url in addresses.events:
            if name in watched:
                await self._wait(0.05)
                if await self._get("video_event", url) is not None:
                    self._summary.notices["video_event"] += 1

    async def _click(self, urls: tuple[str, ...], visitor: Visitor, ad: Ad, dice: Random) -> None:
        if not urls:
            self._summary.error("no_click_url", ad.advertiser)
            return
        ticket = ""
        for url in urls:
            location = await self._get("click", url)
            if location is None:
                return  # counted by its kind; nobody arrives anywhere
            ticket = ticket or "".join(parse_qs(urlsplit(location).query).get("adclick", [])[:1])
        self._summary.clicks += 1
        if not ticket:  # somebody who may not be measured: nothing ties an order to the click
            return
        order = self._market.order(visitor, ad, dice)
        if order is None:
            return
        delay_s, cents = order
        await self._wait(delay_s / self._habits.haste)
        query = urlencode(
            {
                "order": f"{self._habits.run}-{dice.getrandbits(64):x}",
                "value": f"{cents / 100:.2f}",
                "adclick": ticket,
            }
        )
        if (
            await self._get("order", f"{self._base}/c/{self._shop(ad.advertiser)}?{query}")
            is not None
        ):
            self._summary.orders += 1

    def _notify(self, kind: str, url: str, within_s: float, dice: Random) -> None:
        """Send a notice a little later: sometimes twice, sometimes never, sometimes much later."""
        if not url:
            return
        fate = dice.random()
        if fate < self._habits.lose:
            self._summary.lost[kind] += 1
            return
        twice = fate < self._habits.lose + self._habits.repeat
        late = 10.0 if dice.random() < _LATE else 1.0
        self._spawn(self._deliver(kind, url, late * dice.uniform(0.0, within_s), twice=twice))

    async def _deliver(self, kind: str, url: str, wait_s: float, *, twice: bool) -> None:
        await self._wait(wait_s)
        if await self._get(kind, url) is not None:
            self._summary.notices[kind] += 1
        if twice:
            await self._wait(0.2)
            if await self._get(kind, url) is not None:
                self._summary.repeated[kind] += 1

    async def _get(self, kind: str, url: str) -> str | None:
        """Fetch, again on 503 or no answer; return the redirect's target ("" if none), None if it failed."""
        try:
            loopback(url)
        except NotHere as error:
            self._summary.error(f"{kind}_elsewhere", str(error))
            return None
        trouble = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._summary.retried[kind] += 1
                await self._wait(0.3 * attempt)
            try:
                async with self._session.get(
                    url, allow_redirects=False, timeout=self._timeout
                ) as answer:
                    await answer.read()
                    if answer.status < 400:  # noqa: PLR2004 - success or a redirect
                        return answer.headers.get("Location", "")
                    trouble = f"status_{answer.status}"
                    if answer.status != 503:  # noqa: PLR2004 - only "not now" is worth another try
                        break
            except (aiohttp.ClientError, TimeoutError) as error:
                trouble = "timeout" if isinstance(error, TimeoutError) else "connection"
        self._summary.error(f"{kind}_{trouble}", url)
        return None

    async def _post(self, url: str, fields: dict[str, Any]) -> dict[str, Any] | None:
        """Post JSON; return what comes back, or nothing if it failed, counted."""
        try:
            async with self._session.post(url, json=fields, timeout=self._timeout) as answer:
                if answer.status == 200:  # noqa: PLR2004 - anything else is a failure
                    told: dict[str, Any] = await answer.json()
                    return told
                self._summary.error(f"rights_status_{answer.status}", url.rpartition("/")[2])
        except (aiohttp.ClientError, TimeoutError) as error:
            self._summary.error("rights_connection", repr(error))
        return None

    def _shop(self, domain: str) -> str:
        """Return a shop's account; one that we do not know is called as its domain begins."""
        return dict(self._habits.shops).get(domain, domain.partition(".")[0])

    async def _wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self._habits.pace)


def _filled(outcome: Outcome, text: str) -> str:
    bid = outcome.bid
    macros = {
        **bid.macros,
        "AUCTION_PRICE": f"{outcome.clearing / 1e6:.6f}" if outcome.won else "",
        "AUCTION_MBR": f"{outcome.clearing / bid.price:.4f}" if outcome.won else "",
        "AUCTION_LOSS": str(outcome.loss),
        "AUCTION_MIN_TO_WIN": f"{outcome.minimum / 1e6:.6f}",
        "AUCTION_MULTIPLIER": "1",
    }
    return substitute(text, macros)
