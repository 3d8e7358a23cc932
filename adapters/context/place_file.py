"""Where an address is, from a MaxMind city or country database that you bring: country, region and city, nothing finer."""

from pathlib import Path
from typing import Any

import msgspec

from adapters.maxmind_file import damage, opened
from adserver.domain.countries import ALPHA3_BY_ALPHA2
from adserver.domain.networks import packed
from adserver.domain.place import Place
from adserver.metrics import PLACE_FAILURES

KNOWS_PLACES = ("City", "Country", "Enterprise", "Insights", "Precision")
"""What the types of databases that know places are called, in part."""
MAX_NAME = 100


class Config(
    msgspec.Struct, tag="maxmind", tag_field="kind", frozen=True, forbid_unknown_fields=True
):
    """Where addresses are, from a database that you bring, such as GeoLite2 City; none is part of this server."""

    path: str
    """The database, relative to the settings file. It is mapped into memory: replace it, never write into it."""

    def build(self, folder: Path) -> "PlaceFile":
        """Open the file, relative to a folder. Raises `InvalidConfig`."""
        return PlaceFile(folder / self.path)


class PlaceFile:
    """`ports.Places`. The file is mapped into memory, so that workers share it."""

    def __init__(self, path: Path) -> None:
        self._reader = opened(
            path, KNOWS_PLACES, "says nothing of places; bring a city or country database"
        )
        self._damaged = damage()

    def place(self, address: str) -> Place | None:
        """Return where the database says that an address is; damage is counted and says nothing."""
        if packed(address) is None:
            return None
        try:
            record: Any = self._reader.get(address)
        except self._damaged:
            PLACE_FAILURES.inc()
            return None
        except ValueError:  # an IPv6 address, and a database of IPv4 addresses only
            return None
        if not isinstance(record, dict):
            return None
        country = ALPHA3_BY_ALPHA2.get(_text(record.get("country"), "iso_code"), "")
        if not country:
            return None
        parts = record.get("subdivisions")
        region = _text(parts[0], "iso_code") if isinstance(parts, list) and parts else ""
        city = record.get("city")
        names = city.get("names") if isinstance(city, dict) else None
        return Place(country, region, _text(names, "en"))


def _text(record: Any, key: str) -> str:
    found = record.get(key) if isinstance(record, dict) else None
    return found[:MAX_NAME] if isinstance(found, str) else ""
