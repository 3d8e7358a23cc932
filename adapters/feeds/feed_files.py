"""Product feeds from files: CSV, JSON lines, and the usual merchant format, by tabs or as RSS or Atom; gzip welcome.

One line, or one item, is one row. A bad one is skipped and told with its line and field; only when more than a
share of them is bad is the whole feed refused, since then it is not what somebody meant.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from adapters.feeds.product_rows import Terms, listed
from adapters.feeds.xml_items import MAX_ITEM_BYTES, TOO_LONG, items
from adapters.rows import BadField, BadRows, SkipsBadRows, fields, texts
from adserver.domain.product import product_number
from adserver.errors import Fault, InvalidConfig
from adserver.ports.products import Listed

Format = Literal["csv", "json_lines", "merchant_tabs", "merchant_xml"]
MAX_PRODUCTS = 1_000_000
ATTRIBUTE = "g:"
"""What merchants may write before a name."""
_Domain = Annotated[
    str, msgspec.Meta(pattern=r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}$")
]


class Config(
    msgspec.Struct, tag="files", tag_field="kind", frozen=True, kw_only=True, forbid_unknown_fields=True
):  # fmt: skip
    """A shop's products in a file, for dynamic creatives. [How it works](../how-to/product-feeds.md)."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$", max_length=64)]
    """What creatives call it."""
    path: str
    """The file; with `.gz` at its end it is unpacked."""
    format: Format
    """How it is written."""
    domains: Annotated[tuple[_Domain, ...], msgspec.Meta(min_length=1)]
    """Where products' pages are: these domains and those below them, and no others."""
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")] = "en"
    """Of products that do not say (ISO 639-1)."""
    currency: Annotated[str, msgspec.Meta(pattern="^(?:[A-Z]{3})?$")] = ""
    """Of prices that are bare numbers; nothing refuses those."""
    columns: dict[str, str] = {}
    """Our names by those of the file, where they differ: `{sku: id}`."""
    max_bad_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 10
    """When more of its rows are bad, the feed is refused and the one before stays."""

    def build(self, folder: Path = Path()) -> "FeedFile":
        """Return the feed; a relative path is below `folder`."""
        return FeedFile(self, folder / self.path)


class FeedFile(SkipsBadRows):
    """`ports.products.Feed` over one file."""

    def __init__(self, config: Config, path: Path) -> None:
        super().__init__()
        self.name = config.name
        self._config = config
        self._path = path
        self._terms = Terms(config.domains, config.language, config.currency)
        self._known: dict[int, str] = {}

    def products(self) -> Iterator[Listed]:
        """Yield every good row. Raises `InvalidConfig` if the file cannot be read to its end, if it holds nothing, or,
        behind the last row, if too many were bad.
        """
        self._bad = BadRows()
        self._known = {}
        self._names: list[str] = []
        count = 0
        for found in self._rows():
            count += 1
            if count > MAX_PRODUCTS:
                message = f"holds more than {MAX_PRODUCTS:,} products; split it"
                raise InvalidConfig([Fault(str(self._path), "$", message)])
            yield found
        if not count and not self.skipped:
            raise InvalidConfig([Fault(str(self._path), "$", "holds no product")])
        if self.skipped * 100 > (count + self.skipped) * self._config.max_bad_percent:
            message = (
                f"{self.skipped:,} of {count + self.skipped:,} rows are bad, more than `max_bad_percent` allows"
                f" ({self._config.max_bad_percent})"
            )
            raise InvalidConfig([Fault(str(self._path), "$", message), *self.faults])

    def _rows(self) -> Iterator[Listed]:
        if self._config.format == "merchant_xml":
            yield from self._items()
            return
        readers: Mapping[str, Callable[[int, str], Listed | None]] = {
            "json_lines": self._json_row,
            "csv": lambda number, text: self._row(number, text, ","),
            "merchant_tabs": lambda number, text: self._row(number, text, "\t"),
        }
        yield from texts(self._path, readers[self._config.format], self._bad)

    def _items(self) -> Iterator[Listed]:
        for line, row in items(self._path):
            try:
                if TOO_LONG in row:
                    raise ValueError(f"longer than {MAX_ITEM_BYTES} bytes")  # noqa: TRY301 reported below like all else
                found = self._listed(row)
            except ValueError as error:
                self._bad.add(self._path, line, error)
            else:
                yield found

    def _json_row(self, _number: int, text: str) -> Listed | None:
        if not text.strip():
            return None
        try:
            row = msgspec.json.decode(text, type=dict[str, str | int | float | bool | None])
        except (msgspec.DecodeError, RecursionError) as error:
            raise ValueError(f"is no JSON object of texts and numbers: {error}") from None
        return self._listed({name: str(value) for name, value in row.items() if value is not None})

    def _row(self, number: int, text: str, delimiter: str) -> Listed | None:
        if number == 1:
            names = [each.strip() for each in next(csv.reader([text], delimiter=delimiter))]
            self._names = [each.lower().removeprefix(ATTRIBUTE).replace(" ", "_") for each in names]
            theirs = {self._config.columns.get(name, name) for name in self._names}
            if missing := {"id", "title", "link", "availability"} - theirs:
                message = f"the first line names no {', '.join(sorted(missing))}; see the setting `columns`"
                raise InvalidConfig([Fault(f"{self._path}:1", "$", message)])
            return None
        if not text.strip():
            return None
        return self._listed(
            dict(zip(self._names, fields(text, self._names, delimiter), strict=True))
        )

    def _listed(self, row: Mapping[str, str]) -> Listed:
        columns = self._config.columns
        found = listed({columns.get(name, name): value for name, value in row.items()}, self._terms)
        # Two rows of one id, or two ids of one number: which of them is meant nobody can tell later.
        identifier = found.product.id
        number = product_number(self.name, identifier)
        if number in self._known:
            raise BadField("id", f"{identifier!r} stands in the feed twice; the first row counts")
        self._known[number] = identifier
        return found
