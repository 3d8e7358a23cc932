"""Closed segments of the event log as Parquet: a column for every field, and every line back exactly as it was.

A line is rebuilt from its fields in their order; where that does not give its very bytes (a damaged line, another writer's spaces), the
line itself is kept in the column `=line`. Fields of other types than text, numbers and truth are kept as JSON. Nothing is written
that was not read back and found equal.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from adserver.durable import draft_of, replacing
from adserver.errors import Fault, InvalidConfig
from models.parquet import batches, library

LINE, SHAPE = "=line", "=shape"
"""No field of ours begins with an equals sign."""
_ROWS = 50_000
_KINDS: dict[type, str] = {str: "text", int: "whole", float: "real", bool: "truth"}
_LARGEST = 1 << 63


class Packed(NamedTuple):
    """What became of a segment."""

    source: Path
    target: Path
    lines: int
    bytes_before: int
    bytes_after: int


def closed(folder: Path) -> list[Path]:
    """Return the segments of a folder that will not change: all that have a successor."""
    files = sorted(folder.glob("*.jsonl"))
    return files[:-1]


def pack(source: Path, folder: Path) -> Packed:
    """Write a segment into a folder as Parquet, proven equal; both are for us alone, as the segment is.

    Raises `InvalidConfig`, and `Unavailable` without pyarrow.
    """
    pa, parquet = library()
    target = folder / f"{source.stem}.parquet"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        rows = [_row(line) for line in _lines(source)]
        names = sorted({name for row in rows for name in row})
        table = pa.table(
            {
                name: pa.array([row.get(name) for row in rows], _type(name, pa))
                for name in names or [LINE]
            }
        )
        with replacing(target, mode=0o600) as file:
            parquet.write_table(table, file, compression="zstd", row_group_size=_ROWS)
            file.flush()
            _prove(source, draft_of(target))
    except OSError as error:
        raise InvalidConfig([Fault(str(folder), "$", f"cannot be written to: {error}")]) from error
    return Packed(source, target, len(rows), source.stat().st_size, target.stat().st_size)


def unpacked(path: Path) -> Iterator[bytes]:
    """Yield the lines of a packed segment, with their ends, exactly as they were. Raises `InvalidConfig`."""
    shapes: dict[str, list[str]] = {}
    names: list[str] = []
    for columns in batches(path):
        names = names or _names(path)
        place = {name: index for index, name in enumerate(names)}
        line_at, shape_at = place.get(LINE), place.get(SHAPE)
        for values in zip(*columns, strict=True):
            whole = None if line_at is None else values[line_at]
            if whole is not None:
                yield whole
                continue
            shape = values[shape_at] if shape_at is not None else None
            if shape is None:
                raise InvalidConfig(
                    [Fault(str(path), "$", "holds a row that is no line; pack it anew")]
                )
            if shape not in shapes:
                shapes[shape] = msgspec.json.decode(shape, type=list[str])
            yield _line({name: values[place[name]] for name in shapes[shape]})


def _names(path: Path) -> list[str]:
    _, parquet = library()
    with parquet.ParquetFile(path) as file:
        return list(file.schema_arrow.names)


def _lines(source: Path) -> Iterator[bytes]:
    """Yield every line, whole or torn, of whatever length."""
    with source.open("rb") as segment:
        yield from segment


def _row(line: bytes) -> dict[str, Any]:
    """Return the columns of a line."""
    try:
        event = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return {LINE: line}
    if not isinstance(event, dict) or not event:
        return {LINE: line}
    row: dict[str, Any] = {}
    for name, value in event.items():
        kind = _kind(value)
        row[f"{name}={kind}"] = msgspec.json.encode(value).decode() if kind == "json" else value
    if _line(row) != line:
        return {LINE: line}
    return {**row, SHAPE: msgspec.json.encode(list(row)).decode()}


def _kind(value: object) -> str:
    kind = _KINDS.get(type(value), "json")
    if kind == "whole" and not -_LARGEST <= int(str(value)) < _LARGEST:
        return "json"
    return kind


def _line(row: dict[str, Any]) -> bytes:
    fields = {
        name.rpartition("=")[0]: msgspec.Raw(value.encode()) if name.endswith("=json") else value
        for name, value in row.items()
    }
    return msgspec.json.encode(fields) + b"\n"


def _type(name: str, pa: Any) -> Any:
    if name == LINE:
        return pa.binary()
    kinds = {"whole": pa.int64(), "real": pa.float64(), "truth": pa.bool_()}
    return kinds.get(name.rpartition("=")[2], pa.string())


def _prove(source: Path, packed: Path) -> None:
    """Raise `RuntimeError` unless the same lines come back."""
    back = unpacked(packed)
    for number, line in enumerate(_lines(source), start=1):
        if next(back, None) != line:
            raise RuntimeError(f"line {number} of {source.name} does not come back: a bug of ours")
    if next(back, None) is not None:
        raise RuntimeError(f"more lines than {source.name} has come back: a bug of ours")
