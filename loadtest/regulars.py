"""Who asks in the fixed request set: drawn by dice of their own, so that the set stays as it is whatever becomes of the market."""

from random import Random
from typing import NamedTuple

from loadtest.market.people import KINDS, Person
from loadtest.market.places import COUNTRIES
from loadtest.market.publishers import PUBLISHERS, Publisher

_INTERESTS = (
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
_IN_CIRCLE, _OUTSIDE, _LEANING = 0.45, 0.04, 0.45
_DRAWN = {
    "bargain-hunter": "city-breaks.example tariff-check.example com.example.voucher",
    "beauty": "glow-magazine.example com.example.mirror",
    "camera-intent": "camera-review.example",
    "camera-owner": "camera-review.example photo-weekly.example",
    "family": "tv.example.sportlive com.example.babysteps family-table.example tv.example.cinema",
    "health": "com.example.runlog family-table.example well-being.example",
    "heavy-data": "handset-lab.example campus-life.example stream-hub.example",
    "hiking": "trailhead.example com.example.peaks",
    "loyal-customer": "com.example.voucher",
    "new-parent": "newborn-guide.example com.example.babysteps",
    "outdoor": "trailhead.example summit-news.example com.example.peaks weather-map.example com.example.weather",
    "phone-switcher": "tariff-check.example handset-lab.example",
    "photo-weekly": "photo-weekly.example",
    "running": "com.example.runlog sport-clips.example",
    "ski": "summit-news.example powder-report.example sport-clips.example tv.example.sportlive",
    "skincare": "glow-magazine.example",
    "student": "campus-life.example com.example.arcade",
    "travel": "wanderlust-notes.example city-breaks.example",
    "vitamins": "well-being.example",
    "winter-clothing": "powder-report.example",
}
"""By interest the pages that it draws to."""
_PAGES = {publisher.name: publisher for publisher in PUBLISHERS}


class Regular(NamedTuple):
    """Somebody, and where their interests draw them."""

    person: Person
    interests: frozenset[str]


def regular(seed: int, number: int) -> Regular:
    """Return the person of this number; the same whenever asked."""
    dice = Random(f"{seed}/person/{number}")
    country = dice.choices(COUNTRIES, [each.weight for each in COUNTRIES])[0]
    region, city = dice.choice(country.cities)
    kind = dice.choices(KINDS, [each.weight for each in KINDS])[0]
    circle = {each for ring in dice.sample(_CIRCLES, dice.choice((1, 1, 2))) for each in ring}
    interests = frozenset(
        each for each in _INTERESTS if dice.random() < (_IN_CIRCLE if each in circle else _OUTSIDE)
    )
    return Regular(
        Person(number, country, region, city, kind.device_type, kind.os, consents=True), interests
    )


def visited(somebody: Regular, dice: Random) -> Publisher:
    """Return where they are now: often where an interest draws them; TVs run TV apps."""
    if somebody.person.device_type == "tv":
        return dice.choice([each for each in PUBLISHERS if each.name.startswith("tv.")])
    if somebody.interests and dice.random() < _LEANING:
        drawn = _DRAWN.get(dice.choice(sorted(somebody.interests)))
        if drawn:
            return _fitting(somebody, _PAGES[dice.choice(drawn.split())], dice)
    popular = [each.popularity for each in PUBLISHERS]
    return _fitting(somebody, dice.choices(PUBLISHERS, popular)[0], dice)


def _fitting(somebody: Regular, publisher: Publisher, dice: Random) -> Publisher:
    """Apps run on phones and tablets, TV apps on TVs; who cannot go there reads the news."""
    impossible = publisher.name.startswith("tv.") or (
        publisher.kind == "app" and somebody.person.device_type == "computer"
    )
    if not impossible:
        return publisher
    return dice.choice([each for each in PUBLISHERS if each.kind == "site" and not each.about])
