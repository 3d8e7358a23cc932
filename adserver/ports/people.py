"""What the core and the owner need to know of people, in our own words. Each docstring is the contract."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from adserver.domain.choices import Change, Choices, Dated
from adserver.domain.grant import Grant
from adserver.domain.person import Dossier, Found, Interest, PersonKey, Touch
from adserver.errors import Fault


class Profiles(Protocol):
    """Who is in which segment, what they have seen, and what they decided."""

    def find(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Return who stands behind these keys of one person's ids (at least one, the most lasting first).

        The person is the one that the first linked or known id leads to, otherwise the first key itself; an
        unknown person is `NOBODY`. The choices are the strictest of all ids'. Raises `Unavailable`.
        """


@runtime_checkable
class RemoteProfiles(Protocol):
    """The same, somewhere else: asking takes a millisecond and may fail."""

    async def fetch(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Return what `Profiles.find` would, within the time that the adapter was given. Raises `Unavailable`."""


@runtime_checkable
class Census(Protocol):
    """Everybody who is known: for counting people, never for deciding. Not every store can."""

    def everybody(self, now_s: float) -> Iterator[tuple[int, ...]]:
        """Yield the segments by which each person may be chosen now. Blocks. Raises `Unavailable`."""


class SegmentLoader(Protocol):
    """Audiences coming in from a DMP: yields people and the segments they are in."""

    @property
    def faults(self) -> Sequence[Fault]:
        """What was wrong with the rows that the last call of `people` skipped; a bounded number."""

    @property
    def skipped(self) -> int:
        """How many rows those were."""

    def people(self) -> "Sequence[tuple[str, str, tuple[str, ...]]]":
        """Return `(id kind, id, segment names)`, one per person. Blocks.

        A bad row is skipped. Raises `InvalidConfig` if a source cannot be read or no row is good.
        """


class YoungContacts(Protocol):
    """Contacts too young to be in the profiles."""

    counted_since_s: float
    """Stored contacts from before may be missing: 0 if all are there, infinite if nobody knows."""

    def expect(self, person: PersonKey, touch: Touch, now_s: float) -> None:
        """Count a bid just made as an impression that will probably come."""

    def forget(self, bid: bytes) -> None:
        """The bid lost or was not sent: no impression will come."""

    def merged(
        self, person: PersonKey, stored: tuple[Touch, ...], aliases: Sequence[PersonKey] = ()
    ) -> tuple[Touch, ...]:
        """Return stored and young contacts under all keys of a person, an impression that is in both only once."""


class Contacts(Protocol):
    """What people have seen and clicked: the writing side of their profiles."""

    def add_touches(self, touches: Sequence[tuple[PersonKey, Touch]]) -> None:
        """Store a batch; a contact (bid and kind) stored twice counts once. Blocks. Raises `Unavailable`."""

    def touches(self, person: PersonKey) -> Sequence[Touch]:
        """Return a person's recent contacts; an unknown person has none. Raises `Unavailable`."""

    def add_interests(self, interests: Sequence[tuple[PersonKey, Interest]]) -> None:
        """Lengthen people's trails; the same interest twice counts once. Blocks. Raises `Unavailable`."""


@runtime_checkable
class Recounted(Protocol):
    """Contacts that may be lost, and are then counted anew as far as they were also written down elsewhere."""

    def counted_since_s(self, now_s: float) -> float:
        """Look whether contacts were lost, and bring back what can be. Return since when all that were added are
        there: 0 for ever, infinite for nobody knows. Called each second. Blocks. Raises `Unavailable`.
        """

    def keep_contacts(self, seconds: int) -> None:
        """Say for how long a contact must be kept so that it can be counted anew; 0 if nothing counts them."""


class Audiences(Protocol):
    """Who is in which segment: another writing side of profiles."""

    def put_segments(
        self, people: Iterable[tuple[PersonKey, Sequence[int]]], grant: Grant, day: int
    ) -> int:
        """Store these people's segment numbers in place of what this grant's source said of them before; return
        how many people that were. What other sources said stays; whoever is erased or opted out is passed over
        and not counted. Nobody is named twice. Blocks. Raises `Unavailable`.
        """

    def put_names(self, names: Mapping[int, str]) -> None:
        """Remember what segments and topics are called, by number. Blocks. Raises `Unavailable`."""

    def link(self, pairs: Iterable[tuple[PersonKey, PersonKey]]) -> int:
        """Join ids: of each pair the first is from now on the person of the second. What was known of it moves
        there, its choices too (the strictest wins); return how many were new. Blocks. Raises `Unavailable`.
        """


class People(Protocol):
    """What people may do with what is stored of them."""

    def choose(self, ids: Sequence[PersonKey], change: Change, at_s: int) -> Choices:
        """Keep a decision for all of a person's ids, durably, and return what holds now; every process sees it
        with its next look-up. Blocks. Raises `Unavailable`.
        """

    def choose_each(self, decisions: Iterable[tuple[PersonKey, Dated]]) -> Counter[str]:
        """Keep many people's dated decisions, each for all of that person's ids, where it is news (`is_news`); return
        how many were, by kind. Blocks. Raises `Unavailable`; what was kept until then stays.
        """

    def dossier(self, ids: Sequence[PersonKey]) -> Dossier:
        """Return all that is stored of a person. Blocks. Raises `Unavailable`."""

    def names(self, numbers: Iterable[int]) -> dict[int, str]:
        """Return what segments and topics are called, as far as it is known. Blocks. Raises `Unavailable`."""

    def erase(self, ids: Sequence[PersonKey], at_s: int) -> bool:
        """Forget a person: destroy the key of what is stored, delete it, and set the tombstone; return whether
        anything was stored. Durable when it returns; repeatable after a crash. Blocks. Raises `Unavailable`.
        """
