"""Audiences from files: CSV with the header `id_kind,id,segments`, or Adobe's tab format; gzip welcome.

One line is one row, so that a stray quote spoils its own row and no other. A bad row is skipped and
reported with its number; only files without a single good row are refused.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from adapters.rows import BadRows, SkipsBadRows, fields, person_id, segment_names, texts
from adserver.errors import Fault, InvalidConfig

HEADER = ["id_kind", "id", "segments"]
ADOBE_KINDS = {"20914": "ifa", "20915": "ifa"}
"""Data sources that are the same for all customers: Android's and Apple's advertising ids."""
_ADOBE_NAME = re.compile(r"ftp_dpm_(\d+)(?:_\d+)?_\d{10}\.(sync|overwrite)(?:\.\d+)?(?:\.gz)?")
_ADOBE_TRAIT = re.compile(r"(d_sid|d_unsid|ic)=([A-Za-z0-9_.-]{1,100})")


class Row(NamedTuple):
    """What one line says of one person."""

    kind: str
    id: str
    joins: tuple[str, ...]
    leaves: tuple[str, ...] = ()
    afresh: bool = False
    """Whatever was said before is void."""


class Config(
    msgspec.Struct, tag="files", tag_field="kind", frozen=True, forbid_unknown_fields=True
):
    """Which files hold audiences; later ones add to earlier ones."""

    paths: tuple[str, ...]
    adobe_kinds: dict[str, str] = {}
    """The kind of id of each Adobe data source, by the number in the file name: `"1234": buyeruid`."""

    def build(self) -> "SegmentFiles":
        """Return the loader."""
        return SegmentFiles([Path(path) for path in self.paths], self.adobe_kinds)


class SegmentFiles(SkipsBadRows):
    """`ports.SegmentLoader`. People are kept in memory while loading: about 400 bytes each."""

    def __init__(self, paths: Sequence[Path], adobe_kinds: dict[str, str] | None = None) -> None:
        super().__init__()
        self._paths = paths
        self._adobe_kinds = {**ADOBE_KINDS, **(adobe_kinds or {})}

    def people(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return `(id kind, id, segment names)`, one per person. Raises `InvalidConfig` if a file cannot
        be read to its end, or if there are rows but no good one.
        """
        self._bad = BadRows()
        known: dict[tuple[str, str], tuple[str, ...]] = {}
        names: dict[str, str] = {}  # one string per segment, not one per row
        for path in self._paths:
            for row in self._rows(path):
                person = row.kind, row.id
                before = () if row.afresh else known.get(person, ())
                joins = (names.setdefault(name, name) for name in row.joins)
                merged = dict.fromkeys((*before, *joins))
                for name in row.leaves:
                    merged.pop(name, None)
                known[person] = tuple(merged)
        if self.skipped and not known:
            raise InvalidConfig(self.faults)
        return [(kind, identifier, segments) for (kind, identifier), segments in known.items()]

    def _rows(self, path: Path) -> Iterator[Row]:
        adobe = _ADOBE_NAME.fullmatch(path.name)
        kind = self._adobe_kinds.get(adobe[1]) if adobe else None
        if adobe and kind is None:
            message = f"add the kind of data source {adobe[1]}'s ids to the setting `adobe_kinds`"
            raise InvalidConfig([Fault(str(path), "$", message)])

        def read(number: int, text: str) -> Row | None:
            if kind is None and number == 1:
                _check_header(text, path)
                return None
            if not text.strip():
                return None
            if kind is not None and adobe:
                return _adobe_row(text, kind, afresh=adobe[2] == "overwrite")
            return _csv_row(text)

        yield from texts(path, read, self._bad)


def _check_header(text: str, path: Path) -> None:
    if [name.strip() for name in text.split(",")] != HEADER:
        message = f"the first line must be {','.join(HEADER)}"
        raise InvalidConfig([Fault(f"{path}:1", "$", message)])


def _csv_row(text: str) -> Row:
    kind, identifier, listed = fields(text, HEADER)
    return Row(*person_id(kind, identifier), segment_names(listed))


def _adobe_row(text: str, kind: str, *, afresh: bool) -> Row:
    identifier, tab, listed = text.partition("\t")
    if not tab or "\t" in listed:
        raise ValueError("expected an id, one tab, and traits parted by commas")
    joins: list[str] = []
    leaves: list[str] = []
    for trait in filter(None, listed.split(",")):
        found = _ADOBE_TRAIT.fullmatch(trait.strip())
        if found is None:
            raise ValueError(f"{trait[:40]!r} is no trait: d_sid, d_unsid and ic become segments")
        (leaves if found[1] == "d_unsid" else joins).append(f"aam:{found[2]}")
    # An overwrite says who somebody is now; its removals mean nothing.
    return Row(
        *person_id(kind, identifier),
        segment_names("|".join(joins)),
        () if afresh else tuple(leaves),
        afresh,
    )
