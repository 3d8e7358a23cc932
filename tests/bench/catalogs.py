"""Catalogs of any size for the benches: seeded, targeted as real ones are, three creatives a line item."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from adserver.domain.campaign import (
    Advertiser,
    Budget,
    Campaign,
    Cap,
    Catalog,
    Flight,
    Goal,
    InsertionOrder,
    LineItem,
    Pacing,
)
from adserver.domain.creative import AnyCreative, Banner, MediaFile, Video
from adserver.domain.money import NANOS_PER_UNIT
from adserver.domain.targeting import Dimension, Expression, ListRule, parse_audience

COUNTRIES = ["DEU", "AUT", "CHE", "GBR", "USA", "FRA", "ITA", "ESP", "NLD", "POL", "SWE", "BRA"]
SEGMENTS = [f"bench-{number}" for number in range(400)]
PER_ADVERTISER = 50
USUALLY_EXCLUDED = (Dimension.PUBLICATION, Dimension.SENSITIVE)
_SIZES = [(300, 250), (728, 90), (160, 600), (320, 50), (970, 250), (300, 600)]
_CATEGORIES = ["IAB1", "IAB9", "IAB17", "IAB19", "IAB20", "IAB22"]
_OWN_CATEGORIES = ["IAB2", "IAB3", "IAB8", "IAB13"]


class Wish(NamedTuple):
    """What part of the line items targets a dimension, and with how many of which values at most."""

    dimension: Dimension
    share: float
    values: Sequence[str]
    most: int


WISHES = (
    Wish(Dimension.COUNTRY, 0.8, COUNTRIES, 4),
    Wish(Dimension.DEVICE_TYPE, 0.3, ["phone", "tablet", "computer", "tv"], 2),
    Wish(Dimension.OS, 0.2, ["android", "ios", "windows", "macos"], 2),
    Wish(Dimension.INVENTORY_TYPE, 0.2, ["site", "app"], 1),
    Wish(Dimension.CATEGORY, 0.2, _CATEGORIES, 3),
    Wish(Dimension.REGION, 0.1, ["DEU-BE", "DEU-BY", "DEU-NW", "AUT-9", "FRA-IDF"], 2),
    Wish(Dimension.PUBLICATION, 0.1, [f"site-{i}.example" for i in range(50)], 10),
)


def catalog(line_items: int, seed: int = 1, wishes: Sequence[Wish] = WISHES) -> Catalog:
    """Return a catalog with so many line items: each bids somewhere, none everywhere."""
    dice = Random(f"{seed}/{line_items}")
    advertisers = []
    for first in range(0, line_items, PER_ADVERTISER):
        name = f"advertiser-{first}"
        creatives = _creatives(name)
        items = tuple(
            _line_item(f"{name}-{number}", [creative.id for creative in creatives], wishes, dice)
            for number in range(min(PER_ADVERTISER, line_items - first))
        )
        order = InsertionOrder(id=f"{name}-order", line_items=items)
        advertisers.append(
            Advertiser(
                id=name,
                domain=f"{name}.example",
                timezone="Europe/Berlin",
                categories=(dice.choice(_OWN_CATEGORIES),),
                creatives=creatives,
                campaigns=(Campaign(id=f"{name}-campaign", insertion_orders=(order,)),),
            )
        )
    return Catalog(tuple(advertisers))


def _creatives(name: str) -> tuple[AnyCreative, ...]:
    landing = f"https://{name}.example/offer"
    banners = [
        Banner(
            id=f"{name}-{width}x{height}", landing_url=landing, width=width, height=height,
            image_url=f"https://cdn.example/{name}/{width}x{height}.png",
        )
        for width, height in _SIZES
    ]  # fmt: skip
    file = MediaFile(url=f"https://cdn.example/{name}/film.mp4", width=1280, height=720)
    film = Video(
        id=f"{name}-film", landing_url=landing, duration_s=15, media_files=(file,), title="Film"
    )
    return (*banners, film)


def _line_item(name: str, creatives: list[str], wishes: Sequence[Wish], dice: Random) -> LineItem:
    targeting = {}
    for dimension, share, values, most in wishes:
        if dice.random() < share:
            chosen = tuple(dice.sample(values, dice.randint(1, min(most, len(values)))))
            exclude = dimension in USUALLY_EXCLUDED or dice.random() < 0.1
            targeting[dimension] = ListRule(exclude=chosen) if exclude else ListRule(include=chosen)
    kind = dice.choice(["cpm", "cpm", "cpc"])
    amount = int(dice.uniform(1.5, 9) * NANOS_PER_UNIT / 1_000)
    pacings: list[Pacing] = ["asap", "even", "ahead"]
    return LineItem(
        id=name,
        flight=Flight(1_700_000_000, 2_500_000_000),
        hours_of_week=tuple(range(168)) if dice.random() < 0.1 else (),
        pacing=dice.choice(pacings),
        goal=Goal(
            kind="cpm" if kind == "cpm" else "cpc",
            amount=amount if kind == "cpm" else amount * 100,
            max_cpm=amount,
        ),
        budget=Budget(daily=100_000 * NANOS_PER_UNIT),
        caps=(Cap(20, 24),) if dice.random() < 0.3 else (),
        targeting=targeting,
        audience=_audience(dice) if dice.random() < 0.5 else None,
        creatives=tuple(dice.sample(creatives, 3)),
    )


def _audience(dice: Random) -> Expression:
    some = " or ".join(dice.sample(SEGMENTS, dice.randint(1, 8)))
    return parse_audience(f"({some}) and not {dice.choice(SEGMENTS)}")
