"""Contacts too young to be in the profiles: bids in flight, and impressions just reported."""

from collections import deque
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from adserver.domain.person import MOST_TOUCHES, PersonKey, Touch
from adserver.domain.set_forward import SetForward
from adserver.metrics import CAPPED_IN_FLIGHT

PENDING_S = 60.0
"""A bid whose impression has not come by then counts no longer: most bids lose, often silently, and
a cap must not wait an hour for them. An impression still later than this may exceed a cap by one."""
PUSHED_S = 5.0
"""Reported impressions are in the profiles well before."""
MAX_YOUNG = MOST_TOUCHES
"""So many young contacts are known of a person, the newest: a flood of requests in one person's name must not make
each cost more than the one before. A profile keeps no more of them either.
"""


class PendingContacts:
    """What frequency caps must know beside the stored profile; one per worker, in memory."""

    def __init__(self, counted: Collection[int] | None = None) -> None:
        """`counted` are the numbers of the line items that any cap counts; without, all of them."""
        self.counted_since_s = 0.0
        """Stored contacts from before may be missing, as the owner last said: 0 if all are there."""
        self._counted = counted
        self._people: dict[PersonKey, dict[bytes, Touch]] = {}
        self._person_of: dict[bytes, tuple[PersonKey, ...]] = {}
        """Whose contact a bid is: a person's, and perhaps their household's as well."""
        self._in_flight: deque[tuple[float, bytes]] = deque()
        self._pushed: deque[tuple[float, bytes]] = deque()
        self._reported: set[bytes] = set()
        self._set_forward = SetForward()

    def expect(self, person: PersonKey, touch: Touch, now_s: float) -> None:
        """Count a bid just made as an impression that will probably come."""
        if self._counted is not None and touch.line_item not in self._counted:
            return
        self._put(person, touch)
        self._in_flight.append((now_s + PENDING_S, touch.bid))

    def report(self, person: PersonKey, touch: Touch, now_s: float) -> None:
        """Count an impression that came true on any worker until the profiles surely have it."""
        if self._counted is not None and touch.line_item not in self._counted:
            return
        self._put(person, touch)
        self._reported.add(touch.bid)
        self._pushed.append((now_s + PUSHED_S, touch.bid))

    def forget(self, bid: bytes) -> None:
        """The bid lost: no impression will come."""
        if bid not in self._reported:
            self._drop(bid)

    def forget_person(self, person: PersonKey) -> None:
        """Let go of all of a person's young contacts."""
        for bid in self._people.pop(person, ()):
            self._let_go(bid, person)

    def pending(self, person: PersonKey) -> Sequence[Touch]:
        """Return a person's young contacts."""
        found = self._people.get(person)
        return tuple(found.values()) if found else ()

    def merged(
        self, person: PersonKey, stored: tuple[Touch, ...], aliases: Sequence[PersonKey] = ()
    ) -> tuple[Touch, ...]:
        """Return stored and young contacts under all keys of a person, an impression that is in both only once.

        An id may have become theirs while a bid for it was in flight. Contacts from before the clock was set forward are as young as they were: caps fail closed.
        """
        if self._set_forward:
            stored = tuple(map(self._moved, stored))
        young = self._people.get(person)
        for alias in aliases:
            theirs = self._people.get(alias)
            if theirs:
                young = theirs if not young else {**theirs, **young}
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
        CAPPED_IN_FLIGHT.set(len(self._person_of) - len(self._reported))

    def clock_set(self, before_s: float, by_s: float) -> None:
        """Follow a clock that was set by so many seconds when it said `before_s`."""
        self._set_forward.note(before_s, by_s)
        for queue in (self._in_flight, self._pushed):
            moved = [(until_s + by_s, bid) for until_s, bid in queue]
            queue.clear()
            queue.extend(moved)
        if by_s > 0:
            for young in self._people.values():
                for bid, touch in young.items():
                    young[bid] = replace(touch, at_s=touch.at_s + int(by_s))

    def _moved(self, touch: Touch) -> Touch:
        by_s = self._set_forward.since(touch.at_s)
        return replace(touch, at_s=touch.at_s + int(by_s)) if by_s else touch

    def _put(self, person: PersonKey, touch: Touch) -> None:
        young = self._people.setdefault(person, {})
        if len(young) >= MAX_YOUNG:
            oldest = next(iter(young))
            del young[oldest]
            self._let_go(oldest, person)
        young[touch.bid] = touch
        known = self._person_of.get(touch.bid, ())
        if person not in known:
            self._person_of[touch.bid] = (*known, person)

    def _let_go(self, bid: bytes, person: PersonKey) -> None:
        others = tuple([each for each in self._person_of.pop(bid, ()) if each != person])
        if others:
            self._person_of[bid] = others
        else:
            self._reported.discard(bid)

    def _drop(self, bid: bytes) -> None:
        for person in self._person_of.pop(bid, ()):
            bids = self._people[person]
            del bids[bid]
            if not bids:
                del self._people[person]
