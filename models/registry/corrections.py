"""What later clicks said of the models that serve: one small file, `<root>/corrections.json`, replaced in one step.

By model, exchange and media: by what the odds of a click are multiplied. Bounded, so that no file can do much harm.
"""

from math import isfinite
from pathlib import Path

import msgspec

from models.registry.files import read_checked, write_checked

FILE_NAME = "corrections.json"
LOWEST, HIGHEST = 0.2, 5.0
_FORMAT = 1
_ADVICE = "`adserver models recalibrate` writes it anew"


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a correction rests on: older impressions count for less."""

    factor: float
    predicted: float
    """Clicks expected of the impressions, without any correction."""
    clicks: float
    impressions: float


class Corrections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By name of the model as events have it, exchange, media."""

    created: str = ""
    """RFC 3339, UTC."""
    models: dict[str, dict[str, dict[str, Evidence]]] = {}
    format: int = _FORMAT

    def factors(self) -> dict[str, dict[str, dict[str, float]]]:
        """Return the factors alone, those that change nothing left out."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        for model, exchanges in self.models.items():
            for exchange, medias in exchanges.items():
                changing = {
                    media: each.factor for media, each in medias.items() if each.factor != 1.0
                }
                if changing:
                    found.setdefault(model, {})[exchange] = changing
        return found


def read_corrections(root: Path) -> Corrections:
    """Return what is in force; no file: nothing. Raises `InvalidConfig`."""
    return read_checked(root / FILE_NAME, Corrections(), _check, _ADVICE)


def write_corrections(root: Path, found: Corrections) -> None:
    """Put corrections in force; workers follow within seconds. Raises `OSError`."""
    write_checked(root / FILE_NAME, found, _check)


def _check(found: Corrections) -> None:
    if found.format != _FORMAT:
        raise ValueError(f"is of format {found.format}, and this version reads {_FORMAT}")
    for exchanges in found.models.values():
        for exchange, medias in exchanges.items():
            for media, each in medias.items():
                numbers = (each.predicted, each.clicks, each.impressions)
                if not LOWEST <= each.factor <= HIGHEST:
                    raise ValueError(
                        f"corrects {exchange}, {media} by {each.factor}, not {LOWEST} to {HIGHEST}"
                    )
                if not all(isfinite(number) and number >= 0 for number in numbers):
                    raise ValueError(f"counts less than nothing at {exchange}, {media}")
