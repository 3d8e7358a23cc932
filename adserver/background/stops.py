"""The kill switch: a small file that stops an exchange, an advertiser or everything, and outlives restarts."""

from pathlib import Path
from typing import Literal

import msgspec
import structlog

from adserver.durable import replacing
from adserver.errors import Fault, InvalidConfig

FILE_NAME = "stops.json"
POLL_S = 0.5

_log = structlog.get_logger()


class Stops(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must not bid."""

    all: bool = False
    exchanges: frozenset[str] = frozenset()
    advertisers: frozenset[str] = frozenset()

    def changed(
        self, target: Literal["all", "exchange", "advertiser"], name: str, *, stopped: bool
    ) -> "Stops":
        """Return these stops with one added or lifted; `all` lifted leaves the named ones alone."""
        if target == "all":
            return msgspec.structs.replace(self, all=stopped)
        field = f"{target}s"
        names: frozenset[str] = getattr(self, field)
        return msgspec.structs.replace(
            self, **{field: names | {name} if stopped else names - {name}}
        )


EVERYTHING = Stops(all=True)
UNREADABLE = (-1, -1, -1)
_decode = msgspec.json.Decoder(Stops).decode


def read_stops(folder: Path) -> Stops:
    """Return the stops in the state folder; no file means none. Raises `InvalidConfig` if damaged."""
    path = folder / FILE_NAME
    try:
        return _decode(path.read_bytes())
    except FileNotFoundError:
        return Stops()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        advice = f"{error}; mend it, or delete it and stop again what must stay stopped"
        raise InvalidConfig([Fault(str(path), "$", advice)]) from error


def write_stops(folder: Path, stops: Stops) -> None:
    """Replace the stops in one step; readers see the old or the new. Raises `OSError`."""
    with replacing(folder / FILE_NAME) as file:
        file.write(msgspec.json.format(msgspec.json.encode(stops, order="sorted")) + b"\n")


class StopSwitch:
    """The stops as a worker sees them; call `poll` at least every half second."""

    def __init__(self, folder: Path) -> None:
        """Read the file at once; if it is damaged, everything stands still until it is mended."""
        self._folder = folder
        self._stamp: tuple[int, int, int] | None = None
        self.stops = EVERYTHING
        """Nothing is known yet: money that is not spent can still be spent, the reverse not."""
        self._read()

    def poll(self) -> bool:
        """Look whether the file changed; tell whether the stops did. A damaged file changes nothing."""
        if self._look() == self._stamp:
            return False
        before = self.stops
        self._read()
        return self.stops != before

    def _read(self) -> None:
        self._stamp = self._look()
        try:
            self.stops = read_stops(self._folder)
        except InvalidConfig as error:
            _log.critical("stops_unreadable", error=str(error), in_force=str(self.stops))

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = (self._folder / FILE_NAME).stat()
        except FileNotFoundError:
            return None
        except OSError:
            return UNREADABLE  # `_read` meets the same error and says so
        return found.st_mtime_ns, found.st_size, found.st_ino
