"""Small JSON files of the registry: read with distrust, replaced in one step, and never written as they would be refused."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from adserver.durable import replacing
from adserver.errors import Fault, InvalidConfig
from models.registry.manifest import decoded, written

_MAX_BYTES = 1 << 20
_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def read_checked(
    path: Path, default: _Struct, check: Callable[[_Struct], None], advice: str
) -> _Struct:
    """Return what a file says, or the default if there is none.

    `check` raises `ValueError` for what cannot be. Raises `InvalidConfig` with the advice; a pipe in the file's place keeps
    nobody waiting.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ValueError(f"is larger than {_MAX_BYTES} bytes")  # noqa: TRY301 - one message for all
        found = decoded(content, type(default))
        check(found)
    except FileNotFoundError:
        return default
    except (OSError, ValueError) as error:
        raise InvalidConfig([Fault(str(path), "$", f"cannot be used: {error}; {advice}")]) from None
    return found


def write_checked(path: Path, value: _Struct, check: Callable[[_Struct], None]) -> None:
    """Put a value in a file's place. Raises `ValueError` for what `read_checked` would refuse, and `OSError`."""
    content = written(value)
    check(decoded(content, type(value)))
    with replacing(path) as file:
        file.write(content)
