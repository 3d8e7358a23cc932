"""A stranger's XML as a tree: without document types, and no deeper or larger than markup ever is.

Without a document type there is no entity to expand or to fetch (what a bidder sends is bounded in bytes, see `wire`).
"""

from xml.etree import ElementTree as ET
from xml.parsers import expat

MAX_DEPTH = 64
MAX_ELEMENTS = 20_000


def read(text: str) -> "ET.Element[str]":
    """Return the root; names keep the prefixes that they have. Raises `ValueError` with what is wrong."""
    tree = _Tree()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.builder.data
    try:
        parser.Parse(text, True)  # noqa: FBT003 - expat has no name for it: the last part
    except (expat.ExpatError, UnicodeError) as error:
        raise ValueError(str(error)) from None
    return tree.builder.close()


class _Tree:
    """Counts what the builder is given."""

    def __init__(self) -> None:
        self.builder = ET.TreeBuilder()
        self._depth = self._elements = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise ValueError(f"deeper than {MAX_DEPTH}, or more than {MAX_ELEMENTS:,} elements")
        self.builder.start(name, attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        self.builder.end(name)


def _refuse(*_: object) -> int:
    raise ValueError("document types and entities are not read")
