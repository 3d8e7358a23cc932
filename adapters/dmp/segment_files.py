"""Audiences from files: CSV with the header `id_kind,id,segments`, or Adobe's tab format; gzip welcome.

One line is one row, so that a stray quote spoils its own row and no other. A bad row is skipped and
reported with its number; only files without a single good row are refused.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from adserver.errors import Fault, InvalidConfig

HEADER = ["id_kind", "id", "segments"]
MAX_LINE_BYTES = 1 << 16
MAX_ID_LENGTH = 256
MAX_SEGMENTS = 1_000
MAX_FAULTS = 1_000
"""Bad rows that are described; beyond, they are only counted."""
ADOBE_KINDS = {"20914": "ifa", "20915": "ifa"}
"""Data sources that are the same for all customers: Android's and Apple's advertising ids."""
_ADOBE_NAME = re.compile(r"ftp_dpm_(\d+)(?:_\d+)?_\d{10}\.(sync|overwrite)(?:\.\d+)?(?:\.gz)?")
_ADOBE_TRAIT = re.compile(r"(d_sid|d_unsid|ic)=([A-Za-z0-9_.-]{1,100})")
_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}")


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


class SegmentFiles:
    """`ports.SegmentLoader`. People are kept in memory while loading: about 400 bytes each."""

    def __init__(self, paths: Sequence[Path], adobe_kinds: dict[str, str] | None = None) -> None:
        self._paths = paths
        self._adobe_kinds = {**ADOBE_KINDS, **(adobe_kinds or {})}
        self.faults: list[Fault] = []
        """What was wrong with the rows that the last call of `people` skipped, the first 1,000."""
        self.skipped = 0
        """How many rows those were."""

    def people(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return `(id kind, id, segment names)`, one per person. Raises `InvalidConfig` if a file cannot
        be read to its end, or if there are rows but no good one.
        """
        self.faults, self.skipped = [], 0
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
        for number, line in enumerate(_lines(path), 1):
            try:
                if len(line) > MAX_LINE_BYTES:
                    raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")  # noqa: TRY301 reported below like all else
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                if kind is not None and adobe:
                    if text.strip():
                        yield _adobe_row(text, kind, afresh=adobe[2] == "overwrite")
                elif number == 1:
                    _check_header(text, path)
                elif text.strip():
                    yield _csv_row(text)
            except (ValueError, csv.Error) as error:
                self.skipped += 1
                if len(self.faults) < MAX_FAULTS:
                    self.faults.append(Fault(f"{path}:{number}", "$", _said(error)))


def _lines(path: Path) -> Iterator[bytes]:
    """Yield lines; of one that is too long only its beginning, which shows in its length."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                yield line
                while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE_BYTES + 1)
                    if not line:
                        return
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidConfig([Fault(str(path), "$", f"cannot be read to its end: {why}")]) from None


def _check_header(text: str, path: Path) -> None:
    if [name.strip() for name in text.split(",")] != HEADER:
        message = f"the first line must be {','.join(HEADER)}"
        raise InvalidConfig([Fault(f"{path}:1", "$", message)])


def _csv_row(text: str) -> Row:
    fields = next(csv.reader([text], strict=True))
    if len(fields) != len(HEADER):
        raise ValueError(f"{len(fields)} columns where {', '.join(HEADER)} are expected")
    kind, identifier, listed = fields
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind[:40]!r} is no kind of id, such as buyeruid or ifa")
    return Row(kind, _id(kind, identifier), _segments(listed.split("|") if listed else []))


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
        kind, _id(kind, identifier), _segments(joins), () if afresh else tuple(leaves), afresh
    )


def _id(kind: str, identifier: str) -> str:
    identifier = identifier.strip()
    if not identifier or len(identifier) > MAX_ID_LENGTH or not identifier.isprintable():
        raise ValueError(f"the id must be 1 to {MAX_ID_LENGTH} printable characters")
    return identifier.lower() if kind == "ifa" else identifier


def _segments(names: Sequence[str]) -> tuple[str, ...]:
    names = [name.strip() for name in names]
    for name in names:
        if not _SEGMENT.fullmatch(name):
            raise ValueError(f"{name[:40]!r} is no name of a segment")
    if len(names) > MAX_SEGMENTS:
        raise ValueError(f"more than {MAX_SEGMENTS} segments")
    return tuple(names)


def _said(error: Exception) -> str:
    return "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
