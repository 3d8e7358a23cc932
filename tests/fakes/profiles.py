"""Profiles in a dict, both to read and to write; held to the same contract suite as LMDB."""

from collections.abc import Iterable, Sequence

from adserver.domain.person import NOBODY, PersonKey, Profile, Touch
from adserver.errors import Unavailable

MAX_TOUCHES = 64
TOUCHES_S = 30 * 24 * 3_600


class FakeProfiles:
    """`ports.Profiles`, `ports.Contacts` and `ports.Audiences` at once."""

    def __init__(self, profiles: dict[PersonKey, Profile] | None = None) -> None:
        self.profiles = dict(profiles or {})
        self.broken = False
        """Set it, and every call raises `Unavailable`."""

    def profile(self, person: PersonKey) -> Profile:
        """Return what was put."""
        return self._known(person)

    def put_segments(self, people: Iterable[tuple[PersonKey, Sequence[int]]]) -> int:
        """Replace segments, keep contacts."""
        given = {person: tuple(segments) for person, segments in people}
        for person, segments in given.items():
            self.profiles[person] = Profile(segments, self._known(person).touches)
        return len(given)

    def add_touches(self, touches: Sequence[tuple[PersonKey, Touch]]) -> None:
        """Merge contacts, the newest last."""
        for person in {person for person, _ in touches}:
            known = self._known(person)
            merged = {(touch.bid, touch.kind): touch for who, touch in touches if who == person}
            merged |= {(touch.bid, touch.kind): touch for touch in known.touches}
            ordered = sorted(merged.values(), key=lambda touch: touch.at_s)[-MAX_TOUCHES:]
            newest = ordered[-1].at_s
            recent = tuple(touch for touch in ordered if touch.at_s > newest - TOUCHES_S)
            self.profiles[person] = Profile(known.segments, recent)

    def touches(self, person: PersonKey) -> tuple[Touch, ...]:
        """Return contacts, oldest first."""
        return self._known(person).touches

    def erase(self, person: PersonKey) -> bool:
        """Forget somebody; tell whether they were known."""
        return self.profiles.pop(person, None) is not None

    def _known(self, person: PersonKey) -> Profile:
        if self.broken:
            raise Unavailable("profiles: the fake is told to fail")
        return self.profiles.get(person, NOBODY)
