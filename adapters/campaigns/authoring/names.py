"""What names exist: ids, each used once in the whole catalog, and the deals, segments and exchanges to refer to."""

import re
from collections.abc import Collection, Iterable

from adapters.campaigns.authoring.cursor import Cursor, did_you_mean, shown
from adapters.campaigns.authoring.publication_lists import PublicationLists
from adapters.campaigns.authoring.values import label, slug
from adserver.domain.campaign import Deal
from adserver.domain.identity import number, segment_number

_DEAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}")
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}")
FROM_REQUESTS = ":"
"""Segments that exchanges send are named `provider:id`; nobody lists those."""


class Names:
    """Grows as the files are read: deals and segments first, so that references can be checked at once."""

    def __init__(self, exchanges: Collection[str] | None) -> None:
        """`exchanges` are those configured; `None` leaves their names unchecked."""
        self._exchanges = exchanges
        self._places: dict[tuple[str, str], Cursor] = {}
        self._numbers: dict[tuple[str, int], str] = {}
        self._segments: set[str] | None = None
        self.publication_lists = PublicationLists()
        self.deals: dict[str, set[str]] = {}
        """Deal ids, and the exchanges that each is at."""

    def declare(self, kind: str, cursor: Cursor) -> str:
        """Read an id that must be new in the whole catalog, as must be its number."""
        word = slug(cursor)
        self.claim(kind, word, cursor)
        self._unlike(kind, number(kind, word), word, cursor)
        return word

    def claim(self, kind: str, word: str, cursor: Cursor) -> None:
        """Refuse a word that stands elsewhere in the catalog for the same kind of thing."""
        earlier = self._places.setdefault((kind, word), cursor)
        if earlier is not cursor:
            what = kind.replace("_", " ")
            cursor.fault(f"{shown(word)} is taken: {earlier.place} has a {what} of this id")

    def place(self, kind: str, word: str) -> Cursor | None:
        """Return where an id was declared, if it was."""
        return self._places.get((kind, word))

    def declare_deals(self, root: Cursor) -> tuple[Deal, ...]:
        """Read `deals.yaml`: a list of `{id, exchange, name}` under `deals`."""
        found = root.fields(("deals",), required=("deals",))
        return tuple(self._deal(part) for part in found["deals"].items()) if found else ()

    def declare_segments(self, root: Cursor) -> None:
        """Read `segments.yaml`: each segment's name and what it says of a person, under `segments`."""
        self._segments = set()
        for part in root.fields(("segments",), required=("segments",)).values():
            for name, description in part.entries().items():
                label(description)
                self._segments.add(name)
                self._segment(name, description)

    def exchange(self, cursor: Cursor) -> str:
        """Read the name of an exchange."""
        word = slug(cursor)
        if self._exchanges is not None and word not in self._exchanges:
            self._unknown(word, "exchange", self._exchanges, cursor)
        return word

    def known_deal(self, cursor: Cursor) -> str:
        """Read the id of a deal that `deals.yaml` lists."""
        word = cursor.text()
        if word not in self.deals:
            self._unknown(word, "deal in deals.yaml", self.deals, cursor)
        return word

    def segment(self, name: str, cursor: Cursor) -> None:
        """Check a reference to a segment."""
        self._segment(name, cursor)
        known = self._segments
        if known is not None and name not in known and FROM_REQUESTS not in name:
            self._unknown(name, "segment in segments.yaml", known, cursor)

    def _segment(self, name: str, cursor: Cursor) -> None:
        if not _SEGMENT.fullmatch(name):
            cursor.fault(f"{shown(name)} is no name of a segment: use letters, digits and '-'")
        self._unlike("segment", segment_number(name), name, cursor)

    def _deal(self, cursor: Cursor) -> Deal:
        found = cursor.fields(("id", "exchange", "name"), required=("id", "exchange"))
        word = found["id"].text() if "id" in found else ""
        exchange = self.exchange(found["exchange"]) if "exchange" in found else ""
        if _DEAL.fullmatch(word):
            homes = self.deals.setdefault(word, set())
            if exchange in homes:
                cursor.fault(f"deal {shown(word)} at {exchange} is listed twice; keep one")
            homes.add(exchange)
        elif "id" in found:
            found["id"].fault(f"{shown(word)} is no deal id: letters, digits and . _ : ~ - only")
        return Deal(
            id=word, exchange=exchange, name=label(found["name"]) if "name" in found else ""
        )

    def _unlike(self, kind: str, numbered: int, word: str, cursor: Cursor) -> None:
        """Refuse two names that share a number: once in 10^9 catalogs of ids, in 10^6 of segments."""
        other = self._numbers.setdefault((kind, numbered), word)
        if other != word:
            cursor.fault(f"{shown(word)} and {shown(other)} share a number by chance; rename one")

    @staticmethod
    def _unknown(word: str, what: str, known: Iterable[str], cursor: Cursor) -> None:
        names = sorted(known)
        hint = did_you_mean(word, names) or f"; known are {', '.join(names[:20]) or 'none'}"
        cursor.fault(f"{shown(word)} is no {what}{hint}")
