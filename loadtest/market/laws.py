"""The laws of the market: one frozen file of numbers, partly fitted to logs (`rivals`, `hours`), partly chosen.

`python -m loadtest fit-laws --data PATH` writes the fitted part anew. Every run can tell by `digest` which laws it obeyed.
"""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("laws.json")
LEVELS = 4
"""How much somebody cares for a topic: not at all, curious, keen, sated."""


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the best rival offers, in fen (hundredths of a yuan) per mille, as one campaign's log has it."""

    campaign: str
    atoms: tuple[tuple[int, float], ...]
    """Prices that stand out, such as usual floors, and their shares."""
    mixture: tuple[tuple[float, float, float], ...]
    """Of the rest: share, and mean and deviation of the logarithm. Sums to 1."""


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Waves of a day (cosine and sine of once, twice ... a day), as addends to a logarithm; time is local."""

    requests: tuple[tuple[float, float], ...]
    prices: tuple[tuple[float, float], ...]
    swing: float
    """Deviation of the logarithm of five minutes' requests around the wave."""
    memory: float
    """How much of a swing is left five minutes later."""


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that people care for."""

    arrives: float
    """Chance per step that an interest begins."""
    kin: str
    """The topic whose interest also helps."""
    order: float
    """What an order is usually worth, in units of currency."""
    morning: bool = False
    """Its people are up early."""
    weather: str = ""
    """The weather that it thrives in."""
    words: tuple[str, ...] = ()
    """How words in names begin that speak of it."""


class Interests(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A chain per person and topic with one step every `step_s`."""

    step_s: int
    forget: float
    """Chance per step that an interest is gone at once, whatever it was."""
    cool: float
    grow: float
    wane: float
    tire: float
    rest: float
    topics: dict[str, Topic]


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a data provider tells of a topic, right or wrong: the chance by level."""

    topic: str
    told: tuple[float, float, float, float]


class People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people are."""

    consenting: float
    """In the EU."""
    sold_out: float
    """In the USA: opted out of the sale of their data."""
    known: float
    """Share of screens that the data provider knows."""
    customers: float
    opted_in: float
    """Share of customers whom the shops' CRM may name."""
    touchy: float
    eagerness: tuple[float, ...]
    """How readily they click, each as frequent; the mean is 1."""
    screens: tuple[float, float, float]
    """Chances to own one, two, three."""
    passing: float
    """Share of views without any id: private windows, others' screens."""


class Clicks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Factors of the click rate."""

    media: dict[str, float]
    sizes: dict[str, float]
    positions: dict[str, float]
    devices: dict[str, float]
    interest: tuple[float, float, float, float]
    kin: tuple[float, float, float, float]
    at_home: float
    """On a page about the advertised topic."""
    customer: float
    evening: float
    """The wave of the day, its highest hour 20 (7 for the people of the morning)."""
    weekend: float
    thriving: float
    creatives: float
    publications: float
    tags: float
    """Deviations of the logarithm of what each is good for."""
    fatigue: float
    """What each earlier contact with the line item leaves of the rate."""
    annoyance: float
    """What each earlier contact with any of ours leaves of a touchy person's rate."""
    contacts: int
    """More contacts than that change nothing any more."""


class Orders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Purchases: somebody considers one, then decides; a chain with the steps of interests."""

    considers: tuple[float, float, float, float]
    drops: float
    buys: tuple[float, float, float, float]
    seen: tuple[float, float, float, float]
    """Chance that an impression lets somebody consider it."""
    visited: tuple[float, float, float, float]
    """Chance that a visit to the shop does."""
    arrives: float
    """Share of clicks that become a visit."""
    at_once: tuple[float, float, float, float]
    """Chance to buy during the visit."""
    at_once_s: float
    """Mean time to an order during the visit."""
    report_s: tuple[float, float]
    """Median delay of the shop's report, and the deviation of its logarithm."""
    spread: float
    """Deviation of the logarithm of what an order is worth."""
    click_days: float
    view_days: float


class Laws(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them."""

    rivals: tuple[Price, ...]
    hours: Hours
    interests: Interests
    segments: dict[str, Segment]
    drawn: tuple[float, float, float, float]
    """How likely somebody in the mood for a topic goes where it is at home, by level."""
    weather: dict[str, float]
    people: People
    clicks: Clicks
    orders: Orders


@lru_cache(maxsize=1)
def laws() -> Laws:
    """Return the laws in force."""
    return msgspec.json.decode(FILE.read_bytes(), type=Laws)


def digest() -> str:
    """Return the SHA-256 of the file."""
    return sha256(FILE.read_bytes()).hexdigest()
