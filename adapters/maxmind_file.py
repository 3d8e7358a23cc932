"""Databases in MaxMind's format: opened, and refused at once where they are damaged or of another kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from adserver.errors import Fault, InvalidConfig

if TYPE_CHECKING:
    from maxminddb import Reader

_ANYBODY = "192.0.2.1"


def opened(path: Path, kinds: Sequence[str], lacks: str) -> "Reader":
    """Return the database, mapped into memory, so that workers share it. Raises `InvalidConfig`.

    Its type must have one of `kinds` in its name; `lacks` ends the sentence about one that has none.
    """
    import maxminddb  # noqa: PLC0415 - only who brings a database needs the package

    try:
        reader = maxminddb.open_database(str(path), maxminddb.MODE_AUTO)
        kind = reader.metadata().database_type
        reader.get(_ANYBODY)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        why = getattr(error, "strerror", None) or error
        message = f"cannot be read as a MaxMind database: {why}; download it again"
        raise InvalidConfig([Fault(str(path), "$", message)]) from None
    if not any(each in kind for each in kinds):
        raise InvalidConfig([Fault(str(path), "$", f"is a '{kind}' database, which {lacks}")])
    return reader


def damage() -> type[Exception]:
    """Return what a look-up raises where the file is damaged."""
    import maxminddb  # noqa: PLC0415 - as above

    return maxminddb.InvalidDatabaseError
