"""What is learned of every line item's supply, kept between starts: profiles by hour of the week, and its pace."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import structlog

from adserver.domain.budget import Chain, is_active
from adserver.domain.supply_profile import EVEN, SupplyProfile
from adserver.domain.week import HOUR_S, hour_of_week
from adserver.durable import replacing

LEAST_S = 60.0
"""Less of an hour tells nothing of it."""

_log = structlog.get_logger()


class Learned(msgspec.Struct, array_like=True, frozen=True):
    """What the file keeps of a line item."""

    profile: bytes
    pace: float
    slope: float
    share: float


class _Kept(msgspec.Struct, frozen=True):
    supply: dict[int, Learned]


class Supply:
    """Counts chances in the hour that runs, and learns from it when it is over."""

    def __init__(self, path: Path | None = None) -> None:
        """Begin with what the file says, if it is there; a damaged one is told of and begun anew."""
        self._path = path
        self._profiles: dict[int, SupplyProfile] = {}
        self.learned: dict[int, Learned] = {}
        """By line item number: as of the last start."""
        self._chances: dict[int, float] = {}
        """In the hour that runs."""
        self._hour = -1
        self._observed_s = 0.0
        """How long workers counted in it."""
        if path is not None:
            self._read(path)

    @classmethod
    def of(cls, profiles: Mapping[int, SupplyProfile]) -> "Supply":
        """Return one that has learned these profiles by line item number, and keeps no file."""
        made = cls()
        made._profiles.update(profiles)
        return made

    def rates(self, number: int) -> Sequence[float]:
        """Return a line item's supply by hour of the week; all alike without evidence."""
        profile = self._profiles.get(number)
        return EVEN if profile is None else profile.rates()

    def count(self, number: int, chances: float) -> None:
        """Count chances of now."""
        self._chances[number] = self._chances.get(number, 0.0) + chances

    def observed(self, seconds: float) -> None:
        """Take note that workers counted for so long, however little there was to count."""
        self._observed_s += seconds

    def is_over(self, now_s: float) -> bool:
        """Tell whether another hour has begun since the last `turn`."""
        return int(now_s // HOUR_S) != self._hour

    def turn(self, chains: Mapping[int, Chain], now_s: float) -> None:
        """Learn from the hour that is over, and begin another."""
        begins_s, seconds = self._hour * HOUR_S, min(self._observed_s, HOUR_S)
        if self._hour >= 0 and seconds >= LEAST_S:
            for number in self._chances.keys() | self._profiles.keys():
                chain = chains.get(number)
                if chain is None:
                    self._profiles.pop(number, None)
                    continue
                flight, hours = chain.line_item.flight, chain.line_item.hours_of_week
                shown_s = min(flight.end_s, begins_s + HOUR_S) - max(flight.start_s, begins_s)
                if shown_s < LEAST_S or not is_active(hours, chain.zone, begins_s):
                    continue
                profile = self._profiles.setdefault(number, SupplyProfile())
                chances = self._chances.get(number, 0.0)
                profile.observe(hour_of_week(begins_s), chances, seconds * shown_s / HOUR_S)
        self._chances.clear()
        self._hour, self._observed_s = int(now_s // HOUR_S), 0.0

    def encoded(self, learned: Iterable[tuple[int, float, float, float]]) -> bytes:
        """Return what the file is to say; `learned` is number, pace, slope and billed share of line items."""
        known = {number: Learned(b"", *rest) for number, *rest in learned}
        for number, profile in self._profiles.items():
            found = known.get(number, Learned(b"", 1.0, 0.0, 0.0))
            known[number] = msgspec.structs.replace(found, profile=profile.packed())
        return msgspec.msgpack.encode(_Kept(known))

    def save(self, encoded: bytes) -> None:
        """Replace the file. A disk that refuses is told of: what is lost is learned again."""
        if self._path is None:
            return
        try:
            with replacing(self._path) as file:
                file.write(encoded)
        except OSError as error:
            _log.warning("supply_not_kept", error=str(error))

    def _read(self, path: Path) -> None:
        try:
            kept = msgspec.msgpack.decode(path.read_bytes(), type=_Kept)
            self._profiles = {
                number: SupplyProfile(each.profile)
                for number, each in kept.supply.items()
                if each.profile
            }
            self.learned = kept.supply
        except FileNotFoundError:
            return
        except (OSError, ValueError, msgspec.DecodeError) as error:
            self._profiles.clear()
            _log.warning("supply_forgotten", file=str(path), error=str(error))
