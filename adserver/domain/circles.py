"""Circles on the Earth, as line items target them: a point, and so many kilometres around it."""

import math
import re
from typing import NamedTuple

EARTH_KM = 6_371.0088
"""The mean radius (IUGG)."""
LEAST_KM_PER_DEGREE = 111.0
"""A little less than a degree of latitude has anywhere, so that no circle is drawn too small."""
LEAST_KM, MOST_KM = 0.1, 1_000.0
_WRITTEN = re.compile(
    r"(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?),(\d{1,4}(?:\.\d{1,3})?)"
)

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


class Circle(NamedTuple):
    """Everything within so many kilometres of a point, its edge included."""

    latitude: float
    longitude: float
    km: float

    def __str__(self) -> str:
        """Return it as it is kept in lists: `43.0389,-87.9065,5`."""
        return ",".join(f"{each:.6f}".rstrip("0").rstrip(".") for each in self)

    def holds(self, point: Point) -> bool:
        """Tell whether a point lies in it."""
        if abs(self.latitude - point[0]) > self.km / LEAST_KM_PER_DEGREE:
            return False
        return distance_km((self.latitude, self.longitude), point) <= self.km


def parse_circle(text: str) -> Circle:
    """Read `latitude,longitude,km`. Raises `ValueError` that says what is wrong."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("write latitude, longitude and kilometres as decimal numbers")
    circle = Circle(float(found[1]), float(found[2]), float(found[3]))
    if not is_on_earth(circle[:2]):
        raise ValueError("latitudes are -90 to 90 degrees, longitudes -180 to 180")
    if not LEAST_KM <= circle.km <= MOST_KM:
        raise ValueError(f"a circle has {LEAST_KM} to {MOST_KM:.0f} kilometres")
    return circle


def is_on_earth(point: Point) -> bool:
    """Tell whether these are degrees of latitude and longitude; what is no number is not."""
    return -90 <= point[0] <= 90 and -180 <= point[1] <= 180  # noqa: PLR2004 - degrees


def distance_km(one: Point, other: Point) -> float:
    """Return the great-circle distance by the haversine formula, exact to 0.5 % (the Earth is no sphere)."""
    lat_1, lon_1, lat_2, lon_2 = map(math.radians, (*one, *other))
    half = (
        math.sin((lat_2 - lat_1) / 2) ** 2
        + math.cos(lat_1) * math.cos(lat_2) * math.sin((lon_2 - lon_1) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
