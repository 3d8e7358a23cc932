"""The people: where they live, what they hold in their hands, what they allow; drawn once, by number."""

from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loadtest import tcf
from loadtest.market.chance import Floats, Whole, choose, uniform
from loadtest.market.interests import Interests, Levels
from loadtest.market.laws import laws
from loadtest.market.places import COUNTRIES, Country, today

OUR_VENDOR = 32_767
"""Our id on the vendor list as the simulation spells it; the real list is far from it."""
SCREENS = 3
"""Most that anybody owns; screen `n` of person `p` has the number `SCREENS * p + n`."""
Truths = NDArray[np.bool_]


class Kind(NamedTuple):
    """A kind of screen."""

    device_type: str
    os: str
    browser: str
    weight: float


KINDS = (
    Kind("phone", "ios", "safari", 0.24), Kind("phone", "android", "chrome", 0.38),
    Kind("tablet", "ios", "safari", 0.05), Kind("tablet", "android", "chrome", 0.04),
    Kind("computer", "windows", "chrome", 0.17), Kind("computer", "macos", "safari", 0.07),
    Kind("tv", "android", "chrome", 0.05),
)  # fmt: skip


class Person(NamedTuple):
    """What a request may tell of somebody at one of their screens."""

    number: int
    country: Country
    region: str
    city: str
    device_type: str
    os: str
    consents: bool
    consent: str = ""
    """TCF string; empty outside the EU."""
    us_privacy: str = ""
    screen: int = 0
    """Which of their screens; negative: one without an id."""

    @property
    def id(self) -> str:
        """What exchanges know this screen by (`user.buyeruid`)."""
        return screen_id(self.number, self.screen)


def screen_id(number: int, screen: int) -> str:
    """Return the id of one of somebody's screens; empty where none is kept."""
    if screen < 0:
        return ""
    return f"person-{number}-{screen + 1}" if screen else f"person-{number}"


class Population:
    """The people of one seed, as arrays by number; the same number is always the same person."""

    def __init__(
        self, seed: int, size: int, *, vendor: int = OUR_VENDOR, day: date | None = None
    ) -> None:
        law = laws().people
        self.seed, self.size = seed, size
        self._vendor, self._today = vendor, day or today()
        self._met: dict[int, Person] = {}
        self.interests = Interests(seed, size)
        self.countries = choose(_rising_countries(), self._dice("country"))
        cities = np.array([len(country.cities) for country in COUNTRIES])[self.countries]
        self.cities = (self._dice("city") * cities).astype(np.int64)
        consents = self._dice("consents")
        in_eu = np.array([country.in_eu for country in COUNTRIES])[self.countries]
        in_usa = np.array([country.code == "USA" for country in COUNTRIES])[self.countries]
        self.consents: Truths = np.where(
            in_eu, consents < law.consenting, ~in_usa | (consents >= law.sold_out)
        )
        self.customers: Truths = self._dice("customer") < law.customers
        self.touchy: Truths = self._dice("touchy") < law.touchy
        self.eagerness: Floats = np.array(law.eagerness)[
            (self._dice("eagerness") * len(law.eagerness)).astype(np.int64)
        ]
        self.screens: Whole = 1 + choose(np.cumsum(law.screens), self._dice("screens"))
        every = np.arange(size * SCREENS)
        self.kinds: Whole = choose(_rising_kinds(), uniform(f"{seed}/kind", every))
        self.opted_in: Truths = self._dice("crm") < law.opted_in

    def _dice(self, purpose: str) -> Floats:
        return uniform(f"{self.seed}/{purpose}", np.arange(self.size))

    def levels(self, step: int) -> Levels:
        """Return what each cares for, by person and topic; not to be kept."""
        return self.interests.at(step)

    def known(self, screens: ArrayLike) -> Truths:
        """Tell which screens, by number, the data provider has ever met."""
        return uniform(f"{self.seed}/known", screens) < laws().people.known

    def person(self, number: int, screen: int = 0, kind: int | None = None) -> Person:
        """Return somebody at one of their screens, the first if not said which; one without an id has its kind told."""
        person = self._met.get(number)
        if person is None:
            person = self._met[number] = self._make(number)
        if not screen:
            return person
        held = KINDS[self.kinds[number * SCREENS + screen] if kind is None else kind]
        return person._replace(screen=screen, device_type=held.device_type, os=held.os)

    def _make(self, number: int) -> Person:
        country = COUNTRIES[self.countries[number]]
        region, city = country.cities[self.cities[number]]
        consents = bool(self.consents[number])
        consent = us_privacy = ""
        if country.in_eu:
            dice = Random(f"{self.seed}/consent/{number}")
            consent = tcf.encode(self._choice(country, dice, consents=consents))
        elif country.code == "USA":
            us_privacy = "1YNN" if consents else "1YYN"
        kind = KINDS[self.kinds[number * SCREENS]]
        return Person(
            number, country, region, city, kind.device_type, kind.os, consents, consent, us_privacy
        )

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


@lru_cache(maxsize=1)
def _rising_countries() -> Floats:
    return np.cumsum([country.weight for country in COUNTRIES])


@lru_cache(maxsize=1)
def _rising_kinds() -> Floats:
    return np.cumsum([kind.weight for kind in KINDS])
