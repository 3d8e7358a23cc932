"""What is stored of people, in a dict: the owner's side of their rights, without a disk."""

from collections.abc import Mapping, Sequence

import msgspec

from adserver.domain.choices import NO_CHOICES, Change, Choices, changed, erased, strictest
from adserver.domain.person import Dossier, PersonKey
from adserver.errors import Unavailable


class FakePeopleDesk:
    """Keeps a dossier and choices per id; several ids are shown as one person's, unlinked."""

    def __init__(self, now_s: int) -> None:
        self.dossiers: dict[PersonKey, Dossier] = {}
        self.choices: dict[PersonKey, Choices] = {}
        self.names: dict[int, str] = {}
        self.available = True
        self.asked: list[tuple[PersonKey, ...]] = []
        """Whose dossiers were asked for."""
        self._now_s = now_s

    async def choose(self, ids: Sequence[PersonKey], change: Change) -> Choices:
        """Keep a decision for each id."""
        self._answer()
        for key in ids:
            self.choices[key] = changed(self.choices.get(key, NO_CHOICES), change, self._now_s)
        return self._strictest(ids)

    async def dossier(self, ids: Sequence[PersonKey]) -> tuple[Dossier, Mapping[int, str]]:
        """Return what is there of these ids together."""
        self._answer()
        self.asked.append(tuple(ids))
        found = [self.dossiers[key] for key in ids if key in self.dossiers]
        whole = Dossier(
            memberships=tuple(each for one in found for each in one.memberships),
            touches=tuple(each for one in found for each in one.touches),
            interests=tuple(each for one in found for each in one.interests),
            linked=sum(one.linked for one in found),
        )
        return msgspec.structs.replace(whole, choices=self._strictest(ids)), self.names

    async def erase(self, ids: Sequence[PersonKey]) -> bool:
        """Forget what is there, keep the tombstone."""
        self._answer()
        known = any(key in self.dossiers for key in ids)
        for key in ids:
            self.dossiers.pop(key, None)
            self.choices[key] = erased(self.choices.get(key, NO_CHOICES), self._now_s)
        return known

    def _strictest(self, ids: Sequence[PersonKey]) -> Choices:
        return strictest(tuple(self.choices.get(key, NO_CHOICES) for key in ids))

    def _answer(self) -> None:
        if not self.available:
            raise Unavailable("people: the fake is told to fail")
