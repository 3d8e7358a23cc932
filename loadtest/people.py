"""Simulated people: where they live, what they hold in their hands, what they hide, what they allow."""

import csv
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from loadtest import tcf

OUR_VENDOR = 32_767
"""Our id on the vendor list as the simulation spells it; the real list is far from it."""
INTERESTS = (
    "camera-intent", "camera-owner", "photo-weekly", "travel", "outdoor", "hiking", "running",
    "ski", "winter-clothing", "new-parent", "beauty", "skincare", "health", "vitamins",
    "phone-switcher", "heavy-data", "student", "bargain-hunter", "loyal-customer", "family",
)  # fmt: skip
_CIRCLES = (
    ("camera-intent", "camera-owner", "photo-weekly", "travel"),
    ("outdoor", "hiking", "running", "ski", "winter-clothing", "travel"),
    ("new-parent", "family", "health", "skincare", "bargain-hunter"),
    ("beauty", "skincare", "health", "vitamins", "loyal-customer"),
    ("phone-switcher", "heavy-data", "student", "bargain-hunter"),
)
_IN_CIRCLE, _OUTSIDE = 0.45, 0.04
_MISSED, _WRONG = 0.2, 0.015
_CONSENTING = 0.75
_SOLD_OUT = 0.2
"""Share of people in the USA who opted out of the sale of their data."""


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
_DEVICES = (
    ("phone", "ios", 0.24), ("phone", "android", 0.38), ("tablet", "ios", 0.05),
    ("tablet", "android", 0.04), ("computer", "windows", 0.17), ("computer", "macos", 0.07),
    ("tv", "android", 0.05),
)  # fmt: skip


class Person(NamedTuple):
    """One simulated person; `interests` and `eagerness` are theirs alone, no request carries them."""

    number: int
    country: Country
    region: str
    city: str
    device_type: str
    os: str
    interests: frozenset[str]
    eagerness: float
    """How readily they click, against the average."""
    consents: bool
    consent: str = ""
    """TCF string; empty outside the EU."""
    us_privacy: str = ""

    @property
    def id(self) -> str:
        """What exchanges know them by (`user.buyeruid`)."""
        return f"person-{self.number}"


class Population:
    """The people of one seed, made when first met; the same number is always the same person."""

    def __init__(
        self, seed: int, size: int, *, vendor: int = OUR_VENDOR, today: date | None = None
    ) -> None:
        self.seed = seed
        self.size = size
        self._vendor = vendor
        self._today = today or date.today()  # noqa: DTZ011 - the day of a consent has no zone
        self._met: dict[int, Person] = {}

    def person(self, number: int) -> Person:
        """Return the person with this number, 0 to `size` - 1."""
        if number not in self._met:
            self._met[number] = self._make(number)
        return self._met[number]

    def somebody(self, dice: Random) -> Person:
        """Return a person at random; low numbers come round far more often, as regulars do."""
        return self.person(int(self.size * dice.random() ** 2))

    def _make(self, number: int) -> Person:
        dice = Random(f"{self.seed}/person/{number}")
        country = dice.choices(COUNTRIES, [country.weight for country in COUNTRIES])[0]
        region, city = dice.choice(country.cities)
        device_type, system, _ = dice.choices(_DEVICES, [share for _, _, share in _DEVICES])[0]
        circle = {
            interest for ring in dice.sample(_CIRCLES, dice.choice((1, 1, 2))) for interest in ring
        }
        interests = frozenset(
            interest
            for interest in INTERESTS
            if dice.random() < (_IN_CIRCLE if interest in circle else _OUTSIDE)
        )
        eagerness = dice.lognormvariate(-0.125, 0.5)
        consents = dice.random() < _CONSENTING if country.in_eu else True
        consent = us_privacy = ""
        if country.in_eu:
            consent = tcf.encode(self._choice(country, dice, consents=consents))
        elif country.code == "USA":
            consents = dice.random() >= _SOLD_OUT
            us_privacy = "1YNN" if consents else "1YYN"
        return Person(
            number, country, region, city, device_type, system, interests, eagerness, consents,
            consent, us_privacy,
        )  # fmt: skip

    def _choice(self, country: Country, dice: Random, *, consents: bool) -> tcf.Choice:
        created = self._today - timedelta(days=dice.randrange(90))
        # A platform that works with most of the list, a few left out, and surely with us.
        gap = dice.randrange(100, 900)
        vendors = [(1, gap - 1), (gap + 3, 1_100), (self._vendor, self._vendor)]
        if self._vendor <= vendors[1][1]:
            vendors = [(1, 1_100)]
        language = country.language.upper()
        if consents:
            return tcf.everything(created, vendors, language=language, country=country.alpha2)
        return tcf.Choice(created, vendors, language=language, country=country.alpha2)


def known_segments(population: Population, person: Person) -> tuple[str, ...]:
    """Return what a data provider believes of somebody: some interests missed, some wrong."""
    dice = Random(f"{population.seed}/dmp/{person.number}")
    return tuple(
        interest
        for interest in INTERESTS
        if (dice.random() >= _MISSED if interest in person.interests else dice.random() < _WRONG)
    )


def segments_csv(path: Path, share: float, population: Population) -> int:
    """Write the provider's file (`id_kind,id,segments`) for this share of people; return its rows."""
    dice = Random(f"{population.seed}/known")
    rows = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("id_kind", "id", "segments"))
        for number in range(population.size):
            if dice.random() >= share:
                continue
            person = population.person(number)
            if segments := known_segments(population, person):
                table.writerow(("buyeruid", person.id, "|".join(segments)))
                rows += 1
    return rows
