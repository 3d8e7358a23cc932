"""An exchange's report as a file of rows: whatever its columns, separators and decimals; a bad row is named, not guessed."""

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from adserver.domain.fees import PPM
from adserver.domain.money import Nanos, nanos
from adserver.errors import Fault, InvalidConfig

Unit = Literal["units", "cpm", "micros"]
By = Literal["line_item", "campaign", "creative", "deal", "total"]
MAX_FILE_BYTES = 256 << 20
MAX_COUNT = 10**12
"""No day has more impressions; such a number is no count."""
USUAL: Mapping[str, tuple[str, ...]] = {
    "day": ("day", "date", "utc_date", "report_date", "event_date"),
    "line_item": ("line_item", "line_item_id", "lineitem", "lineitem_id"),
    "campaign": ("campaign", "campaign_id", "cid", "buyer_campaign_id"),
    "creative": ("creative", "creative_id", "crid", "buyer_creative_id"),
    "deal": ("deal", "deal_id", "dealid"),
    "impressions": (
        "impressions", "imps", "imp", "billable_impressions", "billed_impressions", "paid_impressions",
    ),
    "spend": ("spend", "media_cost", "cost", "amount", "gross_spend", "buyer_spend", "revenue", "media_spend"),
    "currency": ("currency", "cur", "currency_code"),
}  # fmt: skip
"""How reports mostly call their columns, in lower case with underscores."""
_KEYS: tuple[By, ...] = ("line_item", "campaign", "creative", "deal")
_DELIMITERS = "\t;,|"
_DATES = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y")
_SYMBOLS = re.compile(r"^[A-Z]{3} ?|[$€£¥]| ?[A-Z]{3}$")
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_GROUPS = re.compile(r"-?[0-9]{1,3}([ ,.'\u00a0\u202f][0-9]{3})+")


class Manner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read a report; what is not said is found out."""

    columns: dict[str, str] = {}
    """By our word (`day`, `line_item`, `campaign`, `creative`, `deal`, `impressions`, `spend`, `currency`) the header."""
    delimiter: str = ""
    decimal_comma: bool = False
    currency: str = ""
    unit: Unit = "units"
    """What `spend` is in: currency units, their millionths, or the price of a thousand impressions."""
    date_format: str = ""
    """As `strptime` has it, for what is none of 2026-11-22, 20261122, 2026/11/22, 22.11.2026."""


class Theirs(NamedTuple):
    """One row of a report."""

    line: int
    day_s: int
    key: str
    impressions_ppm: int
    wire: Nanos | None
    """Nanos of the currency; `None` if the report tells no money."""
    currency: str


class Report(NamedTuple):
    """What could be read."""

    by: By
    rows: Sequence[Theirs]
    bad: Sequence[Fault]
    left_out: int
    """Rows of other days, and rows of totals."""
    tells_money: bool


def read_report(
    file: Path, content: bytes, manner: Manner, day_s: int | None, house: str
) -> Report:
    """Read a report; with `day_s`, only what is of that day, which then need not stand in the rows.

    Raises `InvalidConfig` if nothing can be made of the file as a whole.
    """
    lines = _text(file, content).splitlines()
    start = next((n for n, line in enumerate(lines) if line.strip()), None)
    if start is None:
        raise InvalidConfig([Fault(str(file), "$", "is empty")])
    delimiter = manner.delimiter or max(_DELIMITERS, key=lines[start].count)
    reader = csv.reader(lines[start:], delimiter=delimiter)
    try:
        header = next(reader)
        places = _places(file, header, manner)
        by, key_at = _key(places)
        if "day" not in places and day_s is None:
            raise _faulty(file, "has no column of days; say with --day which day it is of")
        if not {"spend", "impressions"} & places.keys():
            raise _faulty(file, f"has neither impressions nor spend: {', '.join(header)[:200]}")
        found = _Reader(file, manner, places, key_at, day_s, house)
        for cells in reader:
            found.take(reader.line_num + start, cells)
    except csv.Error as error:
        raise _faulty(file, f"is no table: {error}") from None
    return Report(by, found.rows, found.bad, found.left_out, "spend" in places)


class _Reader:
    def __init__(
        self,
        file: Path,
        manner: Manner,
        places: Mapping[str, int],
        key_at: int | None,
        day_s: int | None,
        house: str,
    ) -> None:
        self.rows: list[Theirs] = []
        self.bad: list[Fault] = []
        self.left_out = 0
        self._file, self._manner, self._places, self._key_at = file, manner, places, key_at
        self._day_s, self._house = day_s, house

    def take(self, line: int, cells: Sequence[str]) -> None:
        """Read a row, or say why it is none."""
        if not any(cell.strip() for cell in cells):
            return
        try:
            row = self._row(line, cells)
        except ValueError as error:
            self.bad.append(Fault(str(self._file), f"line {line}", str(error)))
            return
        if row is None:
            self.left_out += 1
        else:
            self.rows.append(row)

    def _row(self, line: int, cells: Sequence[str]) -> Theirs | None:
        key = "" if self._key_at is None else self._cell(cells, self._key_at)
        said = self._named(cells, "day")
        if _is_total(cells):
            return None
        if self._key_at is not None and not key:
            raise ValueError("names nothing in the column that says what it is about")
        day_s = self._day_s if said is None else self._day(said)
        if day_s is None:
            raise ValueError("has no day")
        if self._day_s is not None and day_s != self._day_s:
            return None
        impressions = self._named(cells, "impressions")
        count = 0 if impressions is None else self._count(impressions)
        spend = self._named(cells, "spend")
        wire = None if spend is None else self._wire(spend, count)
        currency = (self._named(cells, "currency") or self._manner.currency or self._house).upper()
        if not re.fullmatch("[A-Z]{3}", currency):
            raise ValueError(f"'{currency[:20]}' is no currency code; write it like USD")
        return Theirs(line, day_s, key, count, wire, currency)

    def _named(self, cells: Sequence[str], name: str) -> str | None:
        at = self._places.get(name)
        return None if at is None else self._cell(cells, at)

    def _cell(self, cells: Sequence[str], at: int) -> str:
        if at >= len(cells):
            raise ValueError(f"has {len(cells)} cells, fewer than the header")
        return cells[at].strip()

    def _day(self, text: str) -> int:
        formats = (self._manner.date_format,) if self._manner.date_format else _DATES
        short = (
            text
            if self._manner.date_format
            else text.split("T", maxsplit=1)[0].split(" ", maxsplit=1)[0]
        )
        for each in formats:
            try:
                day = datetime.strptime(short, each).replace(tzinfo=UTC)
            except ValueError:
                continue
            return int(day.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
        raise ValueError(f"'{text[:40]}' is no day; say how they are written with --date-format")

    def _count(self, text: str) -> int:
        count = self._decimal(text, "number of impressions")
        if not 0 <= count <= MAX_COUNT:
            raise ValueError(f"'{text[:40]}' is no number of impressions")
        return int(count * PPM)

    def _wire(self, text: str, impressions_ppm: int) -> Nanos:
        amount = self._decimal(text, "sum of money")
        if self._manner.unit == "micros":
            amount /= 1_000_000
        elif self._manner.unit == "cpm":
            amount = amount * impressions_ppm / PPM / 1_000
        try:
            return nanos(amount)
        except ValueError:
            raise ValueError(f"'{text[:40]}' is no sum of money: it is too large") from None

    def _decimal(self, text: str, what: str) -> Decimal:
        plain = _SYMBOLS.sub("", text.strip()).strip()
        point, other = (",", ".") if self._manner.decimal_comma else (".", ",")
        whole, _, rest = plain.partition(point)
        if _GROUPS.fullmatch(whole):
            whole = re.sub(r"[^0-9-]", "", whole)
        number = f"{whole}.{rest}" if rest else whole
        if not _NUMBER.fullmatch(number):
            hint = (
                "; are decimals written with a comma (--decimal-comma)?"
                if other in rest + whole
                else ""
            )
            raise ValueError(f"'{text[:40]}' is no {what}{hint}")
        return Decimal(number)


def _text(file: Path, content: bytes) -> str:
    if len(content) > MAX_FILE_BYTES:
        raise _faulty(file, f"is larger than {MAX_FILE_BYTES >> 20} MiB")
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_utf_16 else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _faulty(file, "is no text")


def _places(file: Path, header: Sequence[str], manner: Manner) -> dict[str, int]:
    """Return in which column what stands."""
    unknown = manner.columns.keys() - USUAL.keys()
    if unknown:
        raise _faulty(
            file, f"there is no column '{min(unknown)}' to map; there are {', '.join(USUAL)}"
        )
    plain = [re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_") for name in header]
    exact = [name.strip() for name in header]
    found = {}
    for word, usual in USUAL.items():
        said = manner.columns.get(word)
        if said is not None:
            if said.strip() not in exact:
                raise _faulty(file, f"has no column '{said}' for {word}: {', '.join(header)[:200]}")
            found[word] = exact.index(said.strip())
        else:
            place = next((plain.index(name) for name in usual if name in plain), None)
            # Who names one key means that one, whatever other columns there are.
            if place is not None and not (word in _KEYS and set(_KEYS) & manner.columns.keys()):
                found[word] = place
    return found


def _key(places: Mapping[str, int]) -> tuple[By, int | None]:
    for by in _KEYS:
        if by in places:
            return by, places[by]
    return "total", None


def _is_total(cells: Sequence[str]) -> bool:
    first = next((cell.strip().lower() for cell in cells if cell.strip()), "")
    return first.rstrip(":") in {"total", "totals", "grand total", "sum", "gesamt"}


def _faulty(file: Path, message: str) -> InvalidConfig:
    return InvalidConfig([Fault(str(file), "$", message)])
