"""The file of what exchanges said of creatives."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from adserver.domain.review import Review, Reviews
from adserver.durable import replacing
from adserver.errors import Fault, InvalidConfig

_decode = msgspec.json.Decoder(tuple[Review, ...]).decode


def read_reviews(path: Path) -> Reviews:
    """Return what was noted; nothing if nothing was.

    Raises `InvalidConfig` if the file cannot be read: what was refused must not bid because of a damaged file.
    """
    try:
        reviews = _decode(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"cannot be read: {error}; restore it, or remove it and note what exchanges say"
        raise InvalidConfig([Fault(str(path), "$", message)]) from None
    found: Reviews = {}
    for each in reviews:
        found.setdefault(each.exchange, {})[each.creative] = each
    return found


@contextmanager
def changing_reviews(path: Path) -> Iterator[Reviews]:
    """Yield what was noted, to be changed, and write it durably; one change at a time, whoever makes them.

    Raises `InvalidConfig` if the file cannot be read or written; then all is as before.
    """
    with path.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        reviews = read_reviews(path)
        yield reviews
        listed = tuple(each for by_creative in reviews.values() for each in by_creative.values())
        try:
            with replacing(path, mode=0o600) as file:
                file.write(msgspec.json.encode(listed))
        except OSError as error:
            message = f"cannot be written: {error.strerror or error}"
            raise InvalidConfig([Fault(str(path), "$", message)]) from None
