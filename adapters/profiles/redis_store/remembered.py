"""What a worker remembers of people it met in the last minute, for moments in which the store does not answer."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from adserver.domain.choices import NO_CHOICES, Choices
from adserver.domain.person import PersonKey

LIFE_S = 60.0
"""What is older is not used: the person may have decided something since, which nobody could see."""


class Known(NamedTuple):
    """Whom the ids of a request lead to, and what the store has of them, still packed."""

    person: PersonKey
    body: bytes | None
    """A record's body; None for a stranger, of whom it is remembered that they decided nothing."""
    choices: Choices = NO_CHOICES
    unreadable: bool = False
    """Whether something of them cannot be read: then nobody knows what they have seen."""


class Remembered:
    """The last so many people, by the ids that a request named them with."""

    def __init__(self, most: int, monotonic: Callable[[], float]) -> None:
        self.generation = 0
        """Changes whenever somebody is let go of: what was asked before must not be kept after."""
        self._most = most
        self._monotonic = monotonic
        self._known: dict[tuple[PersonKey, ...], tuple[float, Known]] = {}

    def keep(self, ids: Sequence[PersonKey], known: Known) -> None:
        """Remember somebody; whoever is too old, or the oldest of too many, goes."""
        key, now_s = tuple(ids), self._monotonic()
        self._known.pop(key, None)
        self._known[key] = now_s, known
        while self._known:
            oldest = next(iter(self._known))
            if len(self._known) <= self._most and self._known[oldest][0] > now_s - LIFE_S:
                return
            del self._known[oldest]

    def recall(self, ids: Sequence[PersonKey]) -> Known | None:
        """Return what was known of them less than a minute ago."""
        found = self._known.get(tuple(ids))
        return found[1] if found and found[0] > self._monotonic() - LIFE_S else None

    def forget(self, people: Collection[PersonKey]) -> None:
        """Let go of whoever has one of these keys; rare, so all are looked through."""
        self.generation += 1
        gone = set(people)
        for ids in [
            ids
            for ids, (_, known) in self._known.items()
            if known.person in gone or not gone.isdisjoint(ids)
        ]:
            del self._known[ids]
