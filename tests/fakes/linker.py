"""Who remembers which ids are one person's, in a dict; can be told to be out."""

from collections.abc import Sequence

from adserver.domain.person import PersonKey
from adserver.errors import Unavailable


class FakeLinker:
    """`endpoints.matching.Linker`."""

    def __init__(self) -> None:
        self.person_of: dict[PersonKey, PersonKey] = {}
        self.available = True

    async def link(self, pairs: Sequence[tuple[PersonKey, PersonKey]]) -> int:
        """Remember the pairs."""
        if not self.available:
            raise Unavailable("the owner is out")
        new = {each: person for person, each in pairs if self.person_of.get(each) != person}
        self.person_of.update(new)
        return len(new)
