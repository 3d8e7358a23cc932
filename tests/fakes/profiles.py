"""Profiles in dicts, to read and to write; held to the same contract suite as the real stores."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adserver.domain.choices import (
    NO_CHOICES,
    Change,
    Choices,
    Dated,
    changed,
    erased,
    is_news,
    strictest,
)
from adserver.domain.grant import Grant, Use
from adserver.domain.person import (
    NOBODY,
    Dossier,
    Found,
    Interest,
    Membership,
    PersonKey,
    Profile,
    Touch,
)
from adserver.errors import Unavailable

NEWEST = 64
DAY_S = 24 * 3_600
TOUCHES_S = 30 * DAY_S
INTERESTS_S = 90 * DAY_S


@dataclass
class _Person:
    memberships: list[Membership] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    interests: list[Interest] = field(default_factory=list)

    @property
    def known(self) -> bool:
        return bool(self.memberships or self.touches or self.interests)


class FakeProfiles:
    """`ports.Profiles`, `ports.Contacts`, `ports.Audiences` and `ports.People` at once."""

    def __init__(self) -> None:
        self.people: dict[PersonKey, _Person] = {}
        self.broken = False
        """Set it, and every call raises `Unavailable`."""
        self._root: dict[PersonKey, PersonKey] = {}
        self._choices: dict[PersonKey, Choices] = {}
        self._names: dict[int, str] = {}

    def find(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Follow the first id that leads anywhere."""
        self._answer()
        choices = strictest(tuple(self._choices_behind(key) for key in ids))
        for key in ids:
            root = self._root.get(key, key)
            if root != key or self._known(root):
                profile = NOBODY if _forbids(choices) else self._profile(root, now_s)
                return Found(root, profile, choices)
        return Found(ids[0], NOBODY, choices)

    def put_segments(
        self, people: Iterable[tuple[PersonKey, Sequence[int]]], grant: Grant, day: int
    ) -> int:
        """Replace what the source said."""
        self._answer()
        said: dict[PersonKey, dict[int, None]] = {}
        for key, segments in people:
            root = self._root.get(key, key)
            if not any(_forbids(self._choices.get(each)) for each in (key, root)):
                joined = said.get(root, {}) if self._aliases(root) else {}
                said[root] = joined | dict.fromkeys(segments)
        for root, numbers in said.items():
            person = self.people.setdefault(root, _Person())
            kept = [each for each in person.memberships if each.grant.source != grant.source]
            person.memberships = _current(kept, day)
            person.memberships += [Membership(number, grant, day) for number in numbers]
        return len(said)

    def put_names(self, names: Mapping[int, str]) -> None:
        """Remember names."""
        self._answer()
        self._names.update(names)

    def link(self, pairs: Iterable[tuple[PersonKey, PersonKey]]) -> int:
        """Move what is known of the second to the first."""
        self._answer()
        return sum(
            self._join(self._root.get(first, first), first, second) for first, second in pairs
        )

    def add_touches(self, touches: Sequence[tuple[PersonKey, Touch]]) -> None:
        """Merge contacts, the newest last."""
        self._answer()
        for key, touch in touches:
            if (person := self._writable(key, touch.at_s)) is not None:
                _add_touches(person, [touch])

    def add_interests(self, interests: Sequence[tuple[PersonKey, Interest]]) -> None:
        """Merge interests, the newest last."""
        self._answer()
        for key, interest in interests:
            if (person := self._writable(key, interest.at_s)) is not None:
                _add_interests(person, [interest])

    def touches(self, person: PersonKey) -> tuple[Touch, ...]:
        """Return contacts, oldest first."""
        self._answer()
        return tuple(self.people.get(self._root.get(person, person), _Person()).touches)

    def choose(self, ids: Sequence[PersonKey], change: Change, at_s: int) -> Choices:
        """Change the choices of all ids."""
        self._answer()
        everybody = self._everybody(ids)
        for key in everybody:
            self._choices[key] = changed(self._choices.get(key, NO_CHOICES), change, at_s)
        return strictest(tuple(self._choices[key] for key in everybody))

    def choose_each(self, decisions: Iterable[tuple[PersonKey, Dated]]) -> Counter[str]:
        """Keep what is news."""
        kept = Counter[str]()
        for person, dated in decisions:
            if is_news(dated, self.dossier([person]).choices):
                self.choose([person], Change(dated.kind), dated.at_s)
                kept[dated.kind] += 1
        return kept

    def dossier(self, ids: Sequence[PersonKey]) -> Dossier:
        """Return what is there."""
        self._answer()
        everybody = self._everybody(ids)
        roots = dict.fromkeys(self._root.get(key, key) for key in ids)
        people = [self.people.get(root, _Person()) for root in roots]
        return Dossier(
            tuple(each for person in people for each in person.memberships),
            tuple(each for person in people for each in person.touches),
            tuple(each for person in people for each in person.interests),
            strictest(tuple(self._choices[key] for key in everybody if key in self._choices)),
            len(everybody - set(ids)),
        )

    def names(self, numbers: Iterable[int]) -> dict[int, str]:
        """Return names."""
        self._answer()
        return {number: self._names[number] for number in numbers if number in self._names}

    def erase(self, ids: Sequence[PersonKey], at_s: int) -> bool:
        """Forget somebody; tell whether they were known."""
        self._answer()
        everybody = self._everybody(ids)
        known = any(self._known(key) or key in self._root for key in everybody)
        for key in everybody:
            self.people.pop(key, None)
            self._root.pop(key, None)
            self._choices[key] = erased(self._choices.get(key, NO_CHOICES), at_s)
        return known

    def _answer(self) -> None:
        if self.broken:
            raise Unavailable("profiles: the fake is told to fail")

    def _known(self, key: PersonKey) -> bool:
        return self.people.get(key, _Person()).known or bool(self._aliases(key))

    def _aliases(self, root: PersonKey) -> set[PersonKey]:
        return {alias for alias, to in self._root.items() if to == root}

    def _everybody(self, ids: Sequence[PersonKey]) -> set[PersonKey]:
        roots = {self._root.get(key, key) for key in ids}
        return {*ids, *roots, *(alias for root in roots for alias in self._aliases(root))}

    def _choices_behind(self, key: PersonKey) -> Choices:
        keys = {key, self._root.get(key, key)}
        return strictest(tuple(self._choices[each] for each in keys if each in self._choices))

    def _profile(self, root: PersonKey, now_s: float) -> Profile:
        person = self.people.get(root, _Person())
        today = int(now_s) // DAY_S
        usable = [
            each.segment
            for each in person.memberships
            if Use.SELECT in each.grant.uses and each.grant.holds(each.day, today)
        ]
        recent = [each for each in person.interests if each.at_s > now_s - INTERESTS_S]
        segments = tuple(dict.fromkeys(usable))
        aliases = tuple(self._aliases(root))
        return Profile(segments, tuple(person.touches), tuple(recent), aliases)

    def _writable(self, key: PersonKey, at_s: int) -> _Person | None:
        root = self._root.get(key, key)
        if any(_forbids(self._choices.get(each)) for each in (key, root)):
            return None
        person = self.people.setdefault(root, _Person())
        person.memberships = _current(person.memberships, at_s // DAY_S)
        return person

    def _join(self, root: PersonKey, first: PersonKey, second: PersonKey) -> bool:
        before = self._root.get(second, second)
        if root == before:
            return False
        moving = {second} if before != second else {second, *self._aliases(second)}
        kept = [self._choices[key] for key in {first, root, *moving} if key in self._choices]
        if any(each.erased for each in kept):
            return False
        if kept:
            whole = strictest(tuple(kept))
            everybody = {first, root, *moving, *self._aliases(root)}
            self._choices.update(dict.fromkeys(everybody, whole))
            if whole.opted_out:
                return False
        person = self.people.setdefault(root, _Person())
        other = self.people.pop(second, _Person())
        person.memberships = list(dict.fromkeys((*person.memberships, *other.memberships)))
        _add_touches(person, other.touches)
        _add_interests(person, other.interests)
        self._root.update(dict.fromkeys(moving, root))
        return True


def _forbids(choices: Choices | None) -> bool:
    return choices is not None and choices.refuses


def _current(memberships: Sequence[Membership], today: int) -> list[Membership]:
    return [each for each in memberships if today - each.day < each.grant.keep_days]


def _add_touches(person: _Person, touches: Sequence[Touch]) -> None:
    merged = {(touch.bid, touch.kind): touch for touch in (*touches, *person.touches)}
    ordered = sorted(merged.values(), key=lambda touch: touch.at_s)[-NEWEST:]
    person.touches = [each for each in ordered if each.at_s > ordered[-1].at_s - TOUCHES_S]


def _add_interests(person: _Person, interests: Sequence[Interest]) -> None:
    merged = dict.fromkeys((*person.interests, *interests))
    ordered = sorted(merged, key=lambda interest: interest.at_s)[-NEWEST:]
    person.interests = [each for each in ordered if each.at_s > ordered[-1].at_s - INTERESTS_S]
