"""The file of how many people are in segments and audiences."""

from pathlib import Path

import msgspec
import structlog

from adserver.catalog.sizes import Sizes
from adserver.durable import replacing
from adserver.errors import Fault, InvalidConfig

_log = structlog.get_logger()


def read_sizes(path: Path) -> Sizes:
    """Return what was counted; nothing, if the file is missing or damaged: what was never counted is not used."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Sizes)
    except FileNotFoundError:
        return Sizes()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _log.error("sizes_unreadable", file=str(path), error=str(error))
        return Sizes()


def write_sizes(path: Path, sizes: Sizes) -> None:
    """Replace the file, durably. Raises `InvalidConfig` if it cannot be written."""
    try:
        with replacing(path, mode=0o600) as file:
            file.write(msgspec.json.encode(sizes))
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise InvalidConfig([Fault(str(path), "$", message)]) from None
