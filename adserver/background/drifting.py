"""What became of this worker's own bids, and what that says of the landscape's prices."""

from collections import deque
from collections.abc import Callable

import structlog

from adserver.background.served_landscape import PPM, ServedLandscape
from adserver.domain.drift import Drift
from adserver.domain.offer import Offer
from adserver.metrics import LANDSCAPE_LEVEL
from adserver.ports import Clock

MOST_WATCHED = 20_000
"""Bids whose outcome is awaited; of more some are not looked at."""
USUAL_S = 600.0
"""A bid that was not billed by then is taken for lost, unless it is known how long the bills of its exchange take."""
_log = structlog.get_logger()


class _Watched:
    """A bid whose time is not over."""

    __slots__ = ("at_s", "bid", "chance", "won")

    def __init__(self, bid: bytes, at_s: float, chance: float) -> None:
        self.bid = bid
        self.at_s = at_s
        self.chance = chance
        self.won = False


class DriftWatch:
    """Fed by who sends bids and who hears of them; moves the level of prices that the landscape is asked with.

    All bids are judged at the same age: wins are heard of sooner than losses.
    """

    def __init__(
        self, landscape: ServedLandscape, wait_s: Callable[[str], float], clock: Clock
    ) -> None:
        """`wait_s` tells how long bills of an exchange take; 0 as long as nobody knows."""
        self._clock = clock
        self._landscape = landscape
        self._wait_s = wait_s
        self._watched: dict[bytes, _Watched] = {}
        self._waiting: dict[str, deque[_Watched]] = {}
        """By exchange, the oldest first."""
        self._drifts: dict[str, Drift] = {}
        self._served = landscape.served

    def booked(self, bid: bytes, exchange: str, offer: Offer, at_s: float) -> None:
        """Take in a bid that was sent with a price by the landscape."""
        if len(self._watched) < MOST_WATCHED:
            watched = _Watched(bid, at_s, offer.chance * self._landscape.paid(exchange))
            self._watched[bid] = watched
            self._waiting.setdefault(exchange, deque()).append(watched)

    def resolved(self, bid: bytes, charged: int) -> None:
        """Take in that a bid was billed, or lost (0)."""
        watched = self._watched.get(bid)
        if watched is not None:
            watched.won = charged > 0

    def poll(self) -> None:
        """Judge what is old enough; call it now and then."""
        now_s = self._clock.now()
        if self._landscape.served != self._served:  # a new one knows where prices are
            self._served = self._landscape.served
            self._drifts = {}
        for exchange, waiting in self._waiting.items():
            until_s = now_s - (self._wait_s(exchange) or USUAL_S)
            while waiting and waiting[0].at_s <= until_s:
                watched = waiting.popleft()
                del self._watched[watched.bid]
                self._came(exchange, watched, now_s)

    def _came(self, exchange: str, watched: _Watched, now_s: float) -> None:
        drift = self._drifts.get(exchange)
        if drift is None:
            drift = self._drifts[exchange] = Drift(since_s=self._landscape.since_s)
        if drift.came(watched.at_s, now_s, watched.chance, won=watched.won):
            self._landscape.levels = {
                name: round(each.level * PPM) for name, each in self._drifts.items()
            }
            LANDSCAPE_LEVEL.labels(exchange).set(drift.level)
            _log.info("landscape_moved", exchange=exchange, level=round(drift.level, 3))
