"""The owner in memory: counts each fact once, as the real one does, and can be told to be out."""

import asyncio

from adserver.domain.notice import Conversion, Fact, Install, Notice
from adserver.errors import Unavailable


class FakeOwner:
    """Keeps what it was given, in order, repetitions left out."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.conversions: list[Conversion] = []
        self.installs: list[Install] = []
        self.available = True
        self.ready = asyncio.Event()
        """Unset, it makes nothing durable yet, nor says that it cannot."""
        self.ready.set()
        self._seen: set[tuple[object, ...]] = set()

    async def record(self, fact: Fact) -> bool:
        """Return True the first time, False for a repetition. Raises `Unavailable` when told to."""
        await self.ready.wait()
        if not self.available:
            raise Unavailable("the owner is out")
        mark: tuple[object, ...]
        if isinstance(fact, Notice):
            mark = ("notice", fact.ticket.bid, fact.kind)
        elif isinstance(fact, Conversion):
            mark = ("order", fact.advertiser, fact.order)
        else:
            mark = ("install", fact.transaction)
        if mark in self._seen:
            return False
        self._seen.add(mark)
        if isinstance(fact, Notice):
            self.notices.append(fact)
        elif isinstance(fact, Conversion):
            self.conversions.append(fact)
        else:
            self.installs.append(fact)
        return True
