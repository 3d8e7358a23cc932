"""Parquet files by pyarrow, which is imported only when one is read or written: it is large, and serving never needs it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from adserver.errors import Fault, InvalidConfig, Unavailable

_ROWS = 50_000
"""Read at once."""


def library() -> tuple[ModuleType, ModuleType]:
    """Return pyarrow and its Parquet part. Raises `Unavailable` with what to install."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - 170 MB on disk, and a second to import
        from pyarrow import parquet  # noqa: PLC0415 - ditto
    except ImportError as error:
        raise Unavailable(f"Parquet files need the Python package pyarrow: {error}") from error
    return pa, parquet


def columns_of(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of these columns, row by row, as a CSV file would have them; what is null is empty.

    Raises `InvalidConfig` for what is no Parquet file, lacks a column, or has it twice.
    """
    for row in batches(path, columns):
        yield from zip(*([_text(cell) for cell in column] for column in row), strict=True)


def batches(path: Path, columns: tuple[str, ...] | None = None) -> Iterator[list[list[Any]]]:
    """Yield the values of these columns, or all, for some thousand rows at once. Raises `InvalidConfig`."""
    pa, parquet = library()
    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            missing = [each for each in columns or () if each not in names]
            if missing:
                message = f"has no column {', '.join(missing)}; it has {', '.join(names)[:500]}"
                raise InvalidConfig([Fault(str(path), "$", message)])
            doubled = [each for each in columns or () if names.count(each) > 1]
            if doubled:
                message = f"has several columns named {', '.join(doubled)}"
                raise InvalidConfig([Fault(str(path), "$", message)])
            for batch in file.iter_batches(_ROWS, columns=list(columns) if columns else None):
                read = [batch.column(name) for name in columns] if columns else batch.columns
                yield [_to_the_microsecond(column, pa).to_pylist() for column in read]
    except (OSError, ValueError, OverflowError, pa.ArrowException) as error:
        raise InvalidConfig([Fault(str(path), "$", f"cannot be read: {error}")]) from error


def _to_the_microsecond(column: Any, pa: Any) -> Any:
    """Return moments without the nanoseconds that Python's have no place for; other columns as they are."""
    kind = column.type
    if not pa.types.is_timestamp(kind) or kind.unit != "ns":
        return column
    return column.cast(pa.timestamp("us", kind.tz), safe=False)


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, list):
        return ",".join(_text(each) for each in cell)
    return str(cell)
