"""Where people live, and the weather there."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from loadtest.market.chance import Floats, Whole, choose, uniform
from loadtest.market.laws import laws

DAY_S = 86_400


class Country(NamedTuple):
    """A place on the map as requests spell it."""

    code: str
    """ISO 3166-1 alpha-3"""
    alpha2: str
    language: str
    utc_offset_hours: int
    cities: tuple[tuple[str, str], ...]
    """Pairs of ISO 3166-2 part and name."""
    weight: float
    in_eu: bool = False


COUNTRIES = (
    Country("DEU", "DE", "de", 1, (("BE", "Berlin"), ("BY", "Munich"), ("HH", "Hamburg"),
            ("NW", "Cologne"), ("HE", "Frankfurt")), 0.35, in_eu=True),
    Country("AUT", "AT", "de", 1, (("9", "Vienna"), ("6", "Graz"), ("7", "Innsbruck")), 0.08,
            in_eu=True),
    Country("FRA", "FR", "fr", 1, (("IDF", "Paris"), ("ARA", "Lyon"), ("PAC", "Marseille")), 0.15,
            in_eu=True),
    Country("CHE", "CH", "de", 1, (("ZH", "Zurich"), ("BE", "Bern"), ("GE", "Geneva")), 0.07),
    Country("GBR", "GB", "en", 0, (("LND", "London"), ("MAN", "Manchester"),
            ("EDH", "Edinburgh")), 0.15),
    Country("USA", "US", "en", -6, (("NY", "New York"), ("CA", "Los Angeles"),
            ("WI", "Milwaukee"), ("IL", "Chicago"), ("TX", "Austin")), 0.20),
)  # fmt: skip
OFFSETS_S = np.array([country.utc_offset_hours * 3_600 for country in COUNTRIES])
WEATHERS = tuple(laws().weather)


def local_hours(at_s: ArrayLike, countries: Whole) -> Whole:
    """Return the hour of the local week, 0 for Monday midnight."""
    local = np.asarray(at_s) + OFFSETS_S[countries]
    hours: Whole = ((local // 3_600).astype(np.int64) + 72) % 168  # the epoch began on a Thursday
    return hours


def weather(at_s: ArrayLike, countries: Whole, cities: Whole) -> Whole:
    """Return the position in `WEATHERS` of a city's day; the same for all seeds, as history is."""
    days = (np.asarray(at_s) // DAY_S).astype(np.int64)
    return choose(_rising(), uniform("weather", countries, cities, days))


@lru_cache(maxsize=1)
def _rising() -> Floats:
    return np.cumsum(list(laws().weather.values()))


def today() -> date:
    """Return the day of a consent, which has no zone."""
    return date.today()  # noqa: DTZ011
