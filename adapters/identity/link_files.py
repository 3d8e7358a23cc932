"""Which ids are the same person's, from CSV files: only what somebody wrote down, nothing computed.

The header is `person_kind,person_id,id_kind,id`: the second id is from now on one of the first's, which stands for the
person.
"""

from collections.abc import Sequence
from pathlib import Path

from adapters.rows import BadRows, SkipsBadRows, fields, person_id, texts
from adserver.errors import Fault, InvalidConfig

HEADER = ["person_kind", "person_id", "id_kind", "id"]
MAX_IDS_PER_PERSON = 100
"""A person with more ids is a shared device, a household, or a mistake."""

PersonId = tuple[str, str]
"""A kind and an id."""


class LinkFiles(SkipsBadRows):
    """Reads pairs of ids; they are kept in memory while loading."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__()
        self._paths = paths
        self._begin()

    def _begin(self) -> None:
        self._bad = BadRows()
        self._person_of: dict[PersonId, PersonId] = {}
        self._ids: dict[PersonId, int] = {}

    def pairs(self) -> list[tuple[PersonId, PersonId]]:
        """Return `(person, further id)`, every further id once; chains are followed to their end.

        A row that contradicts an earlier one is a bad row. Raises `InvalidConfig` if a file cannot be read to its
        end, or if there are rows but no good one.
        """
        self._begin()
        for path in self._paths:

            def read(number: int, text: str, path: Path = path) -> bool:
                return self._read(number, text, path)

            for _ in texts(path, read, self._bad):
                pass
        if self.skipped and not self._person_of:
            raise InvalidConfig(self.faults)
        return [(self._end(each), each) for each in self._person_of]

    def _read(self, number: int, text: str, path: Path) -> bool:
        if number == 1:
            if [name.strip() for name in text.split(",")] != HEADER:
                message = f"the first line must be {','.join(HEADER)}"
                raise InvalidConfig([Fault(f"{path}:1", "$", message)])
            return False
        if text.strip():
            person_kind, person, kind, identifier = fields(text, HEADER)
            self._add(person_id(person_kind, person), person_id(kind, identifier))
        return True

    def _add(self, person: PersonId, each: PersonId) -> None:
        known = self._person_of.get(each)
        if known == person:
            return
        if known is not None:
            raise ValueError("says that an id is another person's than an earlier row says")
        end = self._end(person)
        if end == each:
            raise ValueError("leads back to the id itself")
        joined = self._ids.get(end, 1) + self._ids.get(each, 1)
        if joined > MAX_IDS_PER_PERSON:  # bounds the chains, too
            raise ValueError(f"would give one person more than {MAX_IDS_PER_PERSON} ids")
        self._ids[end] = joined
        self._person_of[each] = person

    def _end(self, each: PersonId) -> PersonId:
        while (following := self._person_of.get(each)) is not None:
            each = following
        return each
