"""Items of an RSS or Atom feed, read as a stream: strangers' XML, so without document types, entities and excess.

Expat itself, because nothing else is needed of it: a document type is refused at its first character, which leaves
no entity to declare, to expand or to fetch.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from adserver.errors import Fault, InvalidConfig

ITEMS = frozenset({"item", "entry"})
MAX_ITEM_BYTES = 1 << 16
MAX_DEPTH = 16
CHUNK_BYTES = 1 << 16
MAX_TOKEN_BYTES = 1 << 20
"""So long a feed may go on without a tag or a text: longer ones are one tag, or one comment, which expat keeps whole."""
TOO_LONG = "\0"
"""Stands for an item that is larger than an item may be; no field has this name."""


class Refused(Exception):
    """The document has something that no feed needs."""


class _Collector:
    """Takes texts of the elements right below an item, by their names without the namespace."""

    def __init__(self) -> None:
        self.done: list[tuple[int, dict[str, str]]] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.ExternalEntityRefHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._depth = 0
        self._item_depth = 0
        """How deep the item stands that we are in; 0: in none."""
        self._line = 0
        self._bytes = 0
        self._silent_bytes = 0
        self._name = ""
        self._parts: list[str] = []
        self._fields: dict[str, str] = {}

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        """Parse a part. Raises `expat.ExpatError`, `Refused`."""
        self._silent_bytes += len(chunk)
        self._parser.Parse(chunk, last)
        if self._silent_bytes > MAX_TOKEN_BYTES:
            raise Refused(f"line {self._parser.CurrentLineNumber}: a tag or a comment without end")

    def _refuse(self, *_: object) -> int:
        raise Refused(
            f"line {self._parser.CurrentLineNumber}: document types and entities are not read"
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._silent_bytes = 0
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refused(
                f"line {self._parser.CurrentLineNumber}: nested deeper than {MAX_DEPTH} levels"
            )
        local = name.rpartition(" ")[2]
        if not self._item_depth:
            if local in ITEMS:
                self._item_depth = self._depth
                self._line = self._parser.CurrentLineNumber
                self._bytes, self._fields = 0, {}
        elif self._depth == self._item_depth + 1:
            self._name, self._parts = local, []
            self._take(local)
            if local == "link" and "href" in attributes:  # Atom's way
                self._take(attributes["href"], keep=True)

    def _text(self, text: str) -> None:
        self._silent_bytes = 0
        if self._item_depth and self._depth > self._item_depth:
            self._take(text, keep=True)

    def _take(self, text: str, *, keep: bool = False) -> None:
        """Count what belongs to the item; of one that is too long nothing more is kept."""
        self._bytes += len(text)
        if keep and self._bytes <= MAX_ITEM_BYTES:
            self._parts.append(text)

    def _end(self, name: str) -> None:
        if self._item_depth and self._depth == self._item_depth + 1:
            if self._bytes <= MAX_ITEM_BYTES:
                self._fields.setdefault(self._name, "".join(self._parts))
        elif self._depth == self._item_depth:
            too_long = self._bytes > MAX_ITEM_BYTES
            self.done.append((self._line, {TOO_LONG: ""} if too_long else self._fields))
            self._item_depth = 0
        self._depth -= 1


def items(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line of each item and its texts by name; plain or gzip. Raises `InvalidConfig` if the document is
    broken, with the line: what stands behind it cannot be read.
    """
    collector = _Collector()
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                collector.feed(chunk)
                yield from collector.done
                collector.done.clear()
        collector.feed(b"", last=True)
    except (expat.ExpatError, Refused) as error:
        raise InvalidConfig([Fault(str(path), "$", f"is no XML that is read: {error}")]) from None
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidConfig([Fault(str(path), "$", f"cannot be read to its end: {why}")]) from None
