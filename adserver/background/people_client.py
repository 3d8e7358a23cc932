"""What a worker has the owner do for a person: decide, see, be forgotten, be recognised."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from adserver.background.owner_client import OwnerClient
from adserver.background.people_messages import (
    Answer,
    Choose,
    Chosen,
    Erase,
    Erased,
    Link,
    Linked,
    Question,
    See,
    Shown,
)
from adserver.domain.choices import Change, Choices
from adserver.domain.person import Dossier, PersonKey
from adserver.errors import Unavailable

WITHIN_S = 10.0
"""A person waits longer than an exchange; an audience that is being loaded may hold the store for a moment."""
MAX_WAITING = 64
"""So many of a worker's questions are under way at once; one more is refused, so that a crowd fills no memory."""

A = TypeVar("A", bound=Answer)


class PeopleClient:
    """Asks over the worker's line to the owner. Every method raises `Unavailable`; then nothing is promised."""

    def __init__(self, owner: OwnerClient) -> None:
        self._owner = owner
        self._waiting = 0

    async def choose(self, ids: Sequence[PersonKey], change: Change) -> Choices:
        """Return what holds once the decision is durable and every worker follows it."""
        answer = await self._ask(lambda n: Choose(n, tuple(ids), change), Chosen)
        return answer.choices

    async def dossier(self, ids: Sequence[PersonKey]) -> tuple[Dossier, dict[int, str]]:
        """Return all that is stored of a person, and the names of segments and topics in it."""
        answer = await self._ask(lambda n: See(n, tuple(ids)), Shown)
        return answer.dossier, answer.names

    async def erase(self, ids: Sequence[PersonKey]) -> bool:
        """Return, once the person is forgotten, whether anything was known."""
        return (await self._ask(lambda n: Erase(n, tuple(ids)), Erased)).known

    async def link(self, pairs: Iterable[tuple[PersonKey, PersonKey]]) -> int:
        """Return, once these ids are joined, how many pairs were new."""
        return (await self._ask(lambda n: Link(n, tuple(pairs)), Linked)).count

    async def _ask(self, build: Callable[[int], Question], wanted: type[A]) -> A:
        if self._waiting >= MAX_WAITING:
            raise Unavailable("too many people wait for the owner already")
        self._waiting += 1
        try:
            answer = await self._owner.ask(build, WITHIN_S)
        finally:
            self._waiting -= 1
        if not isinstance(answer, wanted):
            raise Unavailable("the owner mistook a question")
        return answer
