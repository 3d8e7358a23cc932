"""What these pages need from the process that writes."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from adserver.domain.choices import Change, Choices
from adserver.domain.person import Dossier, PersonKey


class PeopleDesk(Protocol):
    """What is stored of people, and what they decided; `ids` are the keys of one person's ids, at least one."""

    async def choose(self, ids: Sequence[PersonKey], change: Change) -> Choices:
        """Return what holds once the decision is durable and everybody follows it. Raises `Unavailable`."""

    async def dossier(self, ids: Sequence[PersonKey]) -> tuple[Dossier, Mapping[int, str]]:
        """Return all that is stored, and the names of segments and topics in it. Raises `Unavailable`."""

    async def erase(self, ids: Sequence[PersonKey]) -> bool:
        """Return, once the person is forgotten, whether anything was known. Raises `Unavailable`."""
