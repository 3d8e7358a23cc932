"""The catalog of a simulation: two advertisers in two time zones, budgets and caps at all levels, all ways of pacing."""

import random
from itertools import count

from msgspec.structs import replace

from adserver.domain.campaign import (
    Advertiser,
    Budget,
    Campaign,
    Cap,
    Catalog,
    Fees,
    Flight,
    Goal,
    InsertionOrder,
    LineItem,
    Pacing,
)
from adserver.domain.creative import Banner
from adserver.domain.exchange import ExchangeTerms

DAY_S = 86_400
HOUR_S = 3_600
SHAPES = ("square", "wide")
SIZES = ((300, 250), (728, 90))
NORTH_LIFE_S = 300
SOUTH_LIFE_S = 1_800
LONGEST_S = SOUTH_LIFE_S
ZONES = ("Europe/Berlin", "America/New_York")

TERMS = {
    "north": ExchangeTerms(name="north", expiry_s=NORTH_LIFE_S),
    "south": ExchangeTerms(
        name="south", expiry_s=SOUTH_LIFE_S, billable_banner="win", notices=("win",)
    ),
}
"""North bills when the advertisement is rendered and tells of losses; south bills the win, and tells of nothing else."""
CEILINGS = {"south": 90_000, "all": 160_000}
"""House nanos per hour."""


def catalog(dice: random.Random, start_s: int, days: int) -> Catalog:
    """Return campaigns for so many days; `start_s` is a midnight (UTC)."""
    end_s = start_s + (days + 2) * DAY_S
    serial = count()

    def item(
        pacing: Pacing,
        cpm: int,
        *,
        daily: int | None = None,
        lifetime: int | None = None,
        flight: Flight | None = None,
        **more: object,
    ) -> LineItem:
        number = next(serial)
        spread = dice.uniform(0.7, 1.4)
        return LineItem(
            id=f"item-{number}",
            flight=flight or Flight(start_s - DAY_S, end_s),
            pacing=pacing,
            goal=Goal("cpm", cpm, cpm),
            budget=Budget(
                None if lifetime is None else int(lifetime * spread),
                None if daily is None else int(daily * spread),
            ),
            fees=Fees(data_cpm=number % 3 * 10, tech_ppm=number % 2 * 50_000, margin_ppm=100_000),
            creatives=() if number % 4 == 1 else SHAPES,
            **more,  # type: ignore[arg-type]
        )

    def hour(day: int) -> Flight:
        begin_s = start_s + day * DAY_S + dice.randrange(24) * HOUR_S
        return Flight(begin_s, begin_s + HOUR_S)

    berlin = InsertionOrder(
        id="order-berlin",
        budget=Budget(lifetime=70_000 * days, daily=dice.randrange(60_000, 110_000)),
        caps=(Cap(6, 24),),
        budget_shift_percent=30,
        line_items=(
            item("even", 1_300, daily=30_000, caps=(Cap(2, 1), Cap(4, 24))),
            item("ahead", 1_500, daily=25_000),
            item("asap", 1_200, lifetime=20_000 * days, caps=(Cap(1, 1),)),
            *(item("even", 1_900, lifetime=12_000, flight=hour(day)) for day in range(days)),
            item("asap", 2_500, lifetime=50_000, flight=Flight(start_s - DAY_S, start_s)),
        ),
    )
    york = InsertionOrder(
        id="order-york",
        budget=Budget(daily=dice.randrange(50_000, 90_000)),
        line_items=(
            item("even", 1_400, daily=40_000, lifetime=25_000 * days),
            item("asap", 1_250, daily=15_000, caps=(Cap(3, 2),)),
            item("even", 1_350, daily=12_000, hours_of_week=tuple(range(8, 160, 2))),
        ),
    )
    late = InsertionOrder(
        id="order-late",
        line_items=(
            item("asap", 1_100, lifetime=30_000 * days),
            item("even", 1_600, daily=20_000, status="paused"),
        ),
    )
    return Catalog(
        (
            _advertiser("shop", ZONES[0], Budget(lifetime=90_000 * days), (Cap(9, 24),), berlin),
            _advertiser("park", ZONES[1], Budget(daily=120_000), (Cap(8, 12),), york, late),
        )
    )


def _advertiser(
    name: str, zone: str, budget: Budget, caps: tuple[Cap, ...], *orders: InsertionOrder
) -> Advertiser:
    """Return an advertiser with one campaign, which gets three quarters of its daily budget."""
    part = None if budget.daily is None else budget.daily * 3 // 4

    def shown(one: LineItem) -> LineItem:
        return replace(
            one, creatives=tuple(f"{name}-{each}" for each in one.creatives or SHAPES[1:])
        )

    campaign = Campaign(
        id=f"{name}-campaign",
        budget=Budget(daily=part),
        caps=caps,
        insertion_orders=tuple(
            replace(order, line_items=tuple(map(shown, order.line_items))) for order in orders
        ),
    )
    return Advertiser(
        id=name,
        domain=f"{name}.example",
        timezone=zone,
        budget=budget,
        caps=(Cap(12, 24),),
        creatives=tuple(
            Banner(
                id=f"{name}-{shape}",
                landing_url=f"https://{name}.example/",
                width=size[0],
                height=size[1],
                image_url=f"https://cdn.example/{shape}.png",
            )
            for shape, size in zip(SHAPES, SIZES, strict=True)
        ),
        campaigns=(campaign,),
    )


def changed(dice: random.Random, before: Catalog) -> Catalog:
    """Return the catalog as somebody edited it: budgets up and down at all levels, line items paused and resumed."""

    def budget(one: Budget) -> Budget:
        if dice.random() < 0.6:
            return one
        factor = dice.choice((0.3, 0.7, 1.1, 1.5))
        return Budget(
            *(
                None if each is None else int(each * factor) + 1
                for each in (one.lifetime, one.daily)
            )
        )

    def line_item(one: LineItem) -> LineItem:
        status = one.status
        if dice.random() < 0.15:
            status = "paused" if status == "active" else "active"
        return replace(one, budget=budget(one.budget), status=status)

    def order(one: InsertionOrder) -> InsertionOrder:
        return replace(
            one, budget=budget(one.budget), line_items=tuple(map(line_item, one.line_items))
        )

    def campaign(one: Campaign) -> Campaign:
        return replace(
            one, budget=budget(one.budget), insertion_orders=tuple(map(order, one.insertion_orders))
        )

    return replace(
        before,
        advertisers=tuple(
            replace(one, budget=budget(one.budget), campaigns=tuple(map(campaign, one.campaigns)))
            for one in before.advertisers
        ),
    )


class Source:
    """A `CampaignSource` whose campaigns somebody edits."""

    def __init__(self, first: Catalog) -> None:
        self.catalog = first

    def load(self) -> Catalog:
        """Return what is written now."""
        return self.catalog
