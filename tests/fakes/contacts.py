"""People's contacts in a dict."""

from collections.abc import Sequence

from adserver.domain.person import Interest, PersonKey, Touch
from adserver.errors import Unavailable


class FakeContacts:
    """A `Contacts` in memory; fails while `broken`."""

    def __init__(self) -> None:
        self.people: dict[PersonKey, list[Touch]] = {}
        self.interests: list[tuple[PersonKey, Interest]] = []
        self.broken = False

    def add_touches(self, touches: Sequence[tuple[PersonKey, Touch]]) -> None:
        """Remember each contact once."""
        if self.broken:
            raise Unavailable("contacts are broken")
        for person, touch in touches:
            known = self.people.setdefault(person, [])
            if all((t.bid, t.kind) != (touch.bid, touch.kind) for t in known):
                known.append(touch)

    def touches(self, person: PersonKey) -> Sequence[Touch]:
        """Return them in the order in which they came."""
        return tuple(self.people.get(person, ()))

    def add_interests(self, interests: Sequence[tuple[PersonKey, Interest]]) -> None:
        """Remember each interest once."""
        if self.broken:
            raise Unavailable("contacts are broken")
        self.interests += [each for each in interests if each not in self.interests]
