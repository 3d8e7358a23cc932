"""Any table as rows to learn from: CSV (plain, .gz or .xz) or Parquet, by a file that says which column is what."""

import csv
import gzip
import lzma
import math
import zlib
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec
import numpy as np
import yaml

from adserver.errors import Fault, InvalidConfig
from models.ctr.audiences import Audiences
from models.ctr.dataset import Dataset
from models.ctr.features import SERVED, Schema
from models.events import Tally
from models.parquet import columns_of

_SEPARATOR = "|"
_CLOCK = ("hour", "weekday")
_LAST_S = 10_000_000_000.0
UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError, csv.Error, UnicodeDecodeError)
"""What a damaged text file, packed or not, ends in."""


class Time(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the time of a row stands, in UTC."""

    column: str
    format: str = "seconds"
    """`seconds` or `milliseconds` since the epoch, `iso`, or as for strptime: `%y%m%d%H`."""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which column of a table is what. Names of ours are on the left; other names make columns of their own."""

    time: Time
    click: str
    """The column that says whether a click followed: 0 or empty is none."""
    words: dict[str, str] = {}
    """Of the context."""
    numbers: dict[str, str] = {}
    candidate_words: dict[str, str] = {}
    candidate_numbers: dict[str, str] = {}
    crosses: dict[str, tuple[str, ...]] = {}
    """Words of the context made of several columns of the table together."""
    clock: tuple[str, ...] = ()
    """Of `hour` and `weekday`: numbers that the time of the row gives."""
    rated: tuple[str, ...] = ()
    segments: str = ""
    """A column with the person's segments, `a,b,c`."""
    slots: int = 0
    separator: str = ","
    """Of columns in a text file."""
    header: tuple[str, ...] = ()
    """Names of the columns, where the file does not begin with them."""

    @property
    def schema(self) -> Schema:
        """Return `SERVED` if every column is one of it, in its role, and what is rated and the slots are left to it; else a schema
        of exactly these columns.
        """
        mine = Schema(
            context_words=(*self.words, *self.crosses),
            context_numbers=(*self.numbers, *self.clock),
            candidate_words=tuple(self.candidate_words),
            candidate_numbers=tuple(self.candidate_numbers),
            rated=self.rated,
            slots=self.slots,
        )
        roles = ("context_words", "context_numbers", "candidate_words", "candidate_numbers")
        served = all(set(getattr(mine, role)) <= set(getattr(SERVED, role)) for role in roles)
        return SERVED if served and not self.rated and not self.slots else mine

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column of the table that is read."""
        plain = (self.words, self.numbers, self.candidate_words, self.candidate_numbers)
        wanted = [self.time.column, self.click, *(each for part in plain for each in part.values())]
        wanted += [each for parts in self.crosses.values() for each in parts]
        return tuple(dict.fromkeys(wanted + ([self.segments] if self.segments else [])))


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file (YAML). Raises `InvalidConfig` naming what is wrong."""
    try:
        mapping = msgspec.convert(yaml.safe_load(path.read_text("utf-8")), Mapping)
    except OSError as error:
        raise InvalidConfig([Fault(str(path), "$", f"cannot be read: {error}")]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidConfig([Fault(str(path), "$", f"is no mapping: {error}")]) from error
    problems = [*mapping.schema.problems()]
    if not set(mapping.clock) <= set(_CLOCK):
        problems.append(f"clock knows {' and '.join(_CLOCK)} only")
    if not set(mapping.rated) <= set(mapping.schema.words):
        problems.append("rated must name words of this mapping")
    if len(mapping.separator) != 1 or mapping.separator in "\r\n":
        problems.append(
            f'separator must be one letter, not {mapping.separator!r}; a tab is "\\t", in double quotes'
        )
    if problems:
        raise InvalidConfig([Fault(str(path), "$", problem) for problem in problems])
    return mapping


def read_table(path: Path, mapping: Mapping) -> Dataset:
    """Return the rows of a table by time; rows without a readable time or click are counted as damaged.

    A word is what stands in the table, a number that is not one is missing. Raises `InvalidConfig` for a file that cannot be read or lacks a column.
    """
    rows = TableRows(mapping)
    tally = Tally()
    try:
        for row in _cells(path, mapping):
            tally.lines += 1
            tally.damaged += not rows.add(row)
    except UNREADABLE as error:
        raise InvalidConfig([Fault(str(path), "$", f"cannot be read: {error}")]) from error
    return rows.dataset(tally)


def _cells(path: Path, mapping: Mapping) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the mapping's columns, as text, row by row."""
    if path.suffix == ".parquet":
        yield from columns_of(path, mapping.columns)
        return
    with opened(path) as text:
        table = csv.reader(
            text,
            delimiter=mapping.separator,
            quoting=csv.QUOTE_MINIMAL if mapping.separator == "," else csv.QUOTE_NONE,
        )
        header = list(mapping.header) or next(table, [])
        missing = [column for column in mapping.columns if column not in header]
        if missing:
            message = f"has no column {', '.join(missing)}; it has {', '.join(header)[:500]}"
            raise InvalidConfig([Fault(str(path), "$", message)])
        places = [header.index(column) for column in mapping.columns]
        for row in table:
            yield tuple(row[place] if place < len(row) else "" for place in places)


def opened(path: Path) -> IO[str]:
    """Open a text file, packed or not, with or without a byte order mark."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


class TableRows:
    """Cells made into the columns of the schema, compactly."""

    def __init__(self, mapping: Mapping) -> None:
        place = {column: index for index, column in enumerate(mapping.columns)}
        self._schema = mapping.schema
        self._time, self._time_at = mapping.time, place[mapping.time.column]
        self._click_at = place[mapping.click]
        sources = {**mapping.words, **mapping.candidate_words}
        crosses = {
            name: tuple(place[each] for each in parts) for name, parts in mapping.crosses.items()
        }
        self._words = [
            crosses.get(name, (place[sources[name]],) if name in sources else ())
            for name in self._schema.words
        ]
        numbers = {**mapping.numbers, **mapping.candidate_numbers}
        self._numbers = [
            place[numbers[name]] if name in numbers else None for name in self._schema.numbers
        ]
        self._clock = [
            self._schema.numbers.index(name) if name in self._schema.numbers else None
            for name in _CLOCK
        ]
        self._segments_at = place[mapping.segments] if mapping.segments else None
        self._at, self._clicked = array("d"), array("b")
        self._codes, self._values = array("i"), array("d")
        self._vocabularies: list[dict[str, int]] = [{} for _ in self._schema.words]
        self._known, self._ends, self._members = array("b"), array("q", [0]), array("i")
        self._segments: dict[str, int] = {}

    def add(self, cells: tuple[str, ...]) -> bool:
        """Add a row; return False if it has no time or no click that can be read."""
        at_s, clicked = (
            _seconds(cells[self._time_at], self._time.format),
            _number(cells[self._click_at]),
        )
        if cells[self._click_at] == "":
            clicked = 0.0
        if not 0 <= at_s <= _LAST_S or math.isnan(clicked):
            return False
        self._at.append(at_s)
        self._clicked.append(clicked > 0)
        for places, vocabulary in zip(self._words, self._vocabularies, strict=True):
            word = _SEPARATOR.join(cells[place] for place in places)
            self._codes.append(vocabulary.setdefault(word, len(vocabulary)))
        values = [math.nan if place is None else _number(cells[place]) for place in self._numbers]
        hour = int(at_s // 3_600)
        for place, value in zip(self._clock, (hour % 24, (hour // 24 + 3) % 7), strict=True):
            if place is not None:
                values[place] = float(value)
        self._values.extend(values)
        self._add_segments(cells)
        return True

    def _add_segments(self, cells: tuple[str, ...]) -> None:
        self._known.append(self._segments_at is not None)
        if self._segments_at is not None:
            for segment in dict.fromkeys(cells[self._segments_at].split(",")):
                if segment:
                    self._members.append(self._segments.setdefault(segment, len(self._segments)))
        self._ends.append(len(self._members))

    def dataset(self, tally: Tally) -> Dataset:
        """Return all rows by time."""
        at = np.array(self._at)
        order = np.argsort(at, kind="stable")
        people = Audiences(
            np.array(self._known, bool),
            np.array(self._ends, np.int64),
            np.array(self._members, np.int32),
            list(self._segments),
        )
        return Dataset(
            at=at[order],
            clicked_at=np.where(np.array(self._clicked, bool), at, math.inf)[order],
            words=np.array(self._codes, np.int32).reshape(len(at), len(self._schema.words))[order],
            vocabularies=tuple(list(each) for each in self._vocabularies),
            numbers=np.array(self._values).reshape(len(at), len(self._schema.numbers))[order],
            audiences=people.take(order),
            tally=tally,
            schema=self._schema,
        )


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _seconds(cell: str, form: str) -> float:
    """Return seconds since the epoch, or NaN."""
    if form in {"seconds", "milliseconds"}:
        return _number(cell) / (1_000 if form == "milliseconds" else 1)
    try:
        when = datetime.fromisoformat(cell) if form == "iso" else datetime.strptime(cell, form)  # noqa: DTZ007 - UTC below
    except ValueError:
        return math.nan
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
