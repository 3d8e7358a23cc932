"""The table of grants that a store's records point into; it only ever grows, so that an index keeps its meaning."""

from collections.abc import Iterable, Sequence

import msgspec

from adapters.profiles.record import Record
from adserver.domain.choices import Choices, strictest
from adserver.domain.grant import Grant, Use
from adserver.domain.person import Dossier, Membership

MAX_GRANTS = 0xFFFF

_decode = msgspec.msgpack.Decoder(tuple[Grant, ...]).decode
_encode = msgspec.msgpack.Encoder().encode


class GrantTable:
    """The grants of a store by index. Never changed: `index` returns a longer one."""

    def __init__(self, grants: Sequence[Grant] = ()) -> None:
        self._grants = tuple(grants)

    @classmethod
    def read(cls, stored: bytes | None) -> "GrantTable":
        """Return a stored table; none is an empty one. Raises `ValueError` if it is damaged."""
        try:
            return cls(_decode(stored)) if stored is not None else cls()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"the table of grants: {error}") from error

    def written(self) -> bytes:
        """Return it as bytes to store."""
        return _encode(self._grants)

    def index(self, grant: Grant) -> "tuple[GrantTable, int]":
        """Return a table with this grant in it, this one if it is, and where. Raises `ValueError` if it is full."""
        if grant in self._grants:
            return self, self._grants.index(grant)
        if len(self._grants) >= MAX_GRANTS:
            raise ValueError(f"more than {MAX_GRANTS} grants were ever used")
        return GrantTable((*self._grants, grant)), len(self._grants)

    def of_source(self, source: str) -> frozenset[int]:
        """Return the indices of all that one source ever declared."""
        return frozenset(index for index, each in enumerate(self._grants) if each.source == source)

    def get(self, index: int) -> Grant | None:
        """Return a grant, or none if the table does not reach so far."""
        return self._grants[index] if index < len(self._grants) else None

    def dossier(
        self, records: Sequence[Record], decided: Iterable[Choices | None], linked: int
    ) -> Dossier:
        """Return all that these records of one person say, with by what right, and what the ids decided."""
        return Dossier(
            tuple(
                Membership(segment, grant, statement.day)
                for record in records
                for statement in record.statements
                if (grant := self.get(statement.grant)) is not None
                for segment in statement.segments
            ),
            tuple(touch for record in records for touch in record.touches),
            tuple(interest for record in records for interest in record.interests),
            strictest(tuple(choices for choices in decided if choices is not None)),
            linked,
        )

    def is_usable(self, index: int, day: int, today: int) -> bool:
        """Tell whether what was said that day may choose an ad today; by an unknown grant nothing may."""
        grant = self.get(index)
        return grant is not None and Use.SELECT in grant.uses and grant.holds(day, today)

    def has_lapsed(self, index: int, day: int, today: int) -> bool:
        """Tell whether what was said that day has expired; what nobody can account for has."""
        grant = self.get(index)
        return grant is None or today - day >= grant.keep_days
