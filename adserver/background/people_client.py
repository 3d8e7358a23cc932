"""What a worker has the owner do for a person: decide, see, be forgotten, be recognised."""

from collections.abc import Iterable, Sequence

from adserver.background.owner_client import OwnerClient
from adserver.background.people_messages import (
    Choose,
    Chosen,
    Erase,
    Erased,
    Link,
    Linked,
    See,
    Shown,
)
from adserver.domain.choices import Change, Choices
from adserver.domain.person import Dossier, PersonKey
from adserver.errors import Unavailable

WITHIN_S = 10.0
"""A person waits longer than an exchange; an audience that is being loaded may hold the store for a moment."""


class PeopleClient:
    """Asks over the worker's line to the owner. Every method raises `Unavailable`; then nothing is promised."""

    def __init__(self, owner: OwnerClient) -> None:
        self._owner = owner

    async def choose(self, ids: Sequence[PersonKey], change: Change) -> Choices:
        """Return what holds once the decision is durable and every worker follows it."""
        answer = await self._owner.ask(lambda n: Choose(n, tuple(ids), change), WITHIN_S)
        if not isinstance(answer, Chosen):
            raise _mistaken()
        return answer.choices

    async def dossier(self, ids: Sequence[PersonKey]) -> tuple[Dossier, dict[int, str]]:
        """Return all that is stored of a person, and the names of segments and topics in it."""
        answer = await self._owner.ask(lambda n: See(n, tuple(ids)), WITHIN_S)
        if not isinstance(answer, Shown):
            raise _mistaken()
        return answer.dossier, answer.names

    async def erase(self, ids: Sequence[PersonKey]) -> bool:
        """Return, once the person is forgotten, whether anything was known."""
        answer = await self._owner.ask(lambda n: Erase(n, tuple(ids)), WITHIN_S)
        if not isinstance(answer, Erased):
            raise _mistaken()
        return answer.known

    async def link(self, pairs: Iterable[tuple[PersonKey, PersonKey]]) -> int:
        """Return, once these ids are joined, how many pairs were new."""
        answer = await self._owner.ask(lambda n: Link(n, tuple(pairs)), WITHIN_S)
        if not isinstance(answer, Linked):
            raise _mistaken()
        return answer.count


def _mistaken() -> Unavailable:
    return Unavailable("the owner mistook a question")
