"""Contacts too young to be in the profiles: bids in flight, and impressions just reported."""

from collections import deque
from collections.abc import Sequence

from adserver.domain.person import PersonKey, Touch

PENDING_S = 60.0
"""A bid whose impression has not come by then counts no longer: most bids lose, often silently, and
a cap must not wait an hour for them. An impression still later than this may exceed a cap by one."""
PUSHED_S = 5.0
"""Reported impressions are in the profiles well before."""


class PendingContacts:
    """What frequency caps must know beside the stored profile; one per worker, in memory."""

    def __init__(self) -> None:
        self._people: dict[PersonKey, dict[bytes, Touch]] = {}
        self._person_of: dict[bytes, PersonKey] = {}
        self._in_flight: deque[tuple[float, bytes]] = deque()
        self._pushed: deque[tuple[float, bytes]] = deque()
        self._reported: set[bytes] = set()

    def expect(self, person: PersonKey, touch: Touch, now_s: float) -> None:
        """Count a bid just made as an impression that will probably come."""
        self._put(person, touch)
        self._in_flight.append((now_s + PENDING_S, touch.bid))

    def report(self, person: PersonKey, touch: Touch, now_s: float) -> None:
        """Count an impression that came true on any worker until the profiles surely have it."""
        self._put(person, touch)
        self._reported.add(touch.bid)
        self._pushed.append((now_s + PUSHED_S, touch.bid))

    def forget(self, bid: bytes) -> None:
        """The bid lost: no impression will come."""
        if bid not in self._reported:
            self._drop(bid)

    def pending(self, person: PersonKey) -> Sequence[Touch]:
        """Return a person's young contacts."""
        found = self._people.get(person)
        return tuple(found.values()) if found else ()

    def merged(self, person: PersonKey, stored: tuple[Touch, ...]) -> tuple[Touch, ...]:
        """Return stored and young contacts, an impression that is in both only once."""
        young = self._people.get(person)
        if not young:
            return stored
        known = {touch.bid for touch in stored if touch.kind == "impression"}
        return (*stored, *(touch for bid, touch in young.items() if bid not in known))

    def expire(self, now_s: float) -> None:
        """Let go of what is old; called a few times a second."""
        while self._in_flight and self._in_flight[0][0] <= now_s:
            self.forget(self._in_flight.popleft()[1])
        while self._pushed and self._pushed[0][0] <= now_s:
            bid = self._pushed.popleft()[1]
            self._reported.discard(bid)
            self._drop(bid)

    def _put(self, person: PersonKey, touch: Touch) -> None:
        self._people.setdefault(person, {})[touch.bid] = touch
        self._person_of[touch.bid] = person

    def _drop(self, bid: bytes) -> None:
        person = self._person_of.pop(bid, None)
        if person is None:
            return
        bids = self._people[person]
        del bids[bid]
        if not bids:
            del self._people[person]
