"""Whether contacts are all known, looked at once a second: if some were lost, what they count for waits until they are
back.
"""

import asyncio
from math import inf
from time import monotonic

import structlog

from adserver.domain.campaign import Catalog
from adserver.domain.notice import Fact, Notice
from adserver.domain.week import HOUR_S
from adserver.errors import Unavailable
from adserver.metrics import CONTACT_DELAY, CONTACT_LAG, COUNTED_SINCE
from adserver.ports import Clock
from adserver.ports.people import Contacts, Recounted
from adserver.processes.owner.commits import Commits
from adserver.processes.owner.workers import Workers

EVERY_S = 1.0

_lag, _delay = CONTACT_LAG.labels(), CONTACT_DELAY.labels()
_log = structlog.get_logger()


class Recounting:
    """Watches over the contacts of a store that may lose them."""

    def __init__(
        self, contacts: Contacts, catalog: Catalog, commits: Commits, workers: Workers, clock: Clock
    ) -> None:
        self._contacts = contacts if isinstance(contacts, Recounted) else None
        self._commits = commits
        self._workers = workers
        self._clock = clock
        self._closed = False
        self.load(catalog)
        if self._contacts is not None:
            workers.counted_since_s = inf  # until we have looked

    def load(self, catalog: Catalog) -> None:
        """Follow another catalog: contacts are kept as long as its longest cap counts them."""
        if self._contacts is not None:
            self._contacts.keep_contacts(longest_cap_s(catalog))

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            if self._contacts is not None:
                self._workers.tell_counted(await self._look(self._contacts))
            await asyncio.sleep(EVERY_S)

    async def _look(self, contacts: Recounted) -> float:
        """Return since when contacts are known."""
        loop = asyncio.get_running_loop()
        now_s = self._clock.now()
        try:
            since_s = await loop.run_in_executor(None, contacts.counted_since_s, now_s)
        except Unavailable as error:
            since_s = inf
            why = str(error)
        else:
            why = "" if since_s < inf else "contacts are missing"
        if since_s == inf:
            self._commits.then(
                _again
            )  # what waits to be added is tried again, even if nothing else comes
        COUNTED_SINCE.set(since_s)
        if since_s == inf and not self._closed:
            _log.error("caps_closed", error=why)
        elif since_s < inf and self._closed:
            _log.warning("caps_open", seconds=int(now_s - since_s) if since_s else 0)
        self._closed = since_s == inf
        return since_s


def counts(fact: Fact, arrived_s: float) -> None:
    """Note that an impression counts from now on everywhere; `arrived_s` is when the owner heard of it, monotonic."""
    if isinstance(fact, Notice) and fact.kind == "impression":
        _lag.observe(monotonic() - arrived_s)
        _delay.observe(max(0, fact.at_s - fact.ticket.at_s))


def longest_cap_s(catalog: Catalog) -> int:
    """Return the longest window of any cap, seconds; 0 without caps."""
    longest = 0
    for advertiser in catalog.advertisers:
        for campaign in advertiser.campaigns:
            for order in campaign.insertion_orders:
                items = [cap for item in order.line_items for cap in item.caps]
                caps = (*advertiser.caps, *campaign.caps, *order.caps, *items)
                longest = max([longest, *(cap.hours for cap in caps)])
    return longest * HOUR_S


def _again() -> None:
    pass
