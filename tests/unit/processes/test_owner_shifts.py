"""Budget moved by the owner: from the books, into the ledger, within the limits of insertion orders."""

from itertools import count
from random import Random
from typing import Any

from adserver.domain.campaign import (
    Advertiser,
    Budget,
    Campaign,
    Catalog,
    Flight,
    Goal,
    InsertionOrder,
    LineItem,
)
from adserver.domain.checkpoints import checkpoint
from adserver.domain.entries import AnyEntry, Granted, Leased, Opened, Seen, Settled, Shifted
from adserver.domain.identity import number
from adserver.domain.ledger import Ledger
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.lines import Lines
from adserver.processes.owner.shifts import STEP_S, Shifts

MIDNIGHT = 1_789_948_800
"""2026-09-21, UTC."""
DAY_S = 86_400
UNIT = 10**9
LEASE = 1
GOAL = Goal("cpc", UNIT, UNIT // 100)


def catalog(percent: int, *items: LineItem) -> Catalog:
    order = InsertionOrder(id="order", line_items=items, budget_shift_percent=percent)
    campaign = Campaign(id="summer", insertion_orders=(order,))
    return Catalog(
        (Advertiser(id="shop", domain="shop.example", timezone="UTC", campaigns=(campaign,)),)
    )


def item(name: str, **changes: Any) -> LineItem:
    fields: dict[str, Any] = {
        "flight": Flight(MIDNIGHT, MIDNIGHT + 10 * DAY_S),
        "goal": GOAL,
        "budget": Budget(lifetime=1_000 * UNIT),
        "creatives": (),
    }
    return LineItem(id=name, **(fields | changes))


class World:
    """A ledger, its entries, and what an owner that shares it does; bids are billed as they are made."""

    def __init__(self, *items: LineItem, percent: int = 30) -> None:
        self.now_s = float(MIDNIGHT)
        self.ledger = Ledger()
        self.entries: list[AnyEntry] = []
        self.lines = Lines(catalog(percent, *items), {})
        self.items = items
        self.ids = count(1)
        self.pots: dict[tuple[str, int], int] = {}
        self.enter(Leased(LEASE, MIDNIGHT))

    def owner(self) -> Shifts:
        """One more that shares the ledger."""
        grants = Grants(self.ledger, self.enter, self.lines, 3_600, lambda: self.now_s)
        return Shifts(self.ledger, self.enter, grants, lambda _: 0.1, lambda: self.now_s)

    def enter(self, entry: AnyEntry) -> None:
        """As the owner's service."""
        self.ledger.apply(entry)
        self.entries.append(entry)

    def spend(self, name: str, amount: int, clicks: int = 0) -> None:
        """Settle so much at once, and count clicks."""
        key = number("line_item", name)
        payer = self.lines.payer(key, self.now_s)
        assert payer is not None
        pot = self.pots.get((name, payer.window.start_s))
        if pot is None:
            pot = self.pots[name, payer.window.start_s] = self.ledger.last_pot + 1
            self.enter(Opened(pot, key, payer.accounts, payer.window.start_s, payer.window.end_s))
        at_s = int(self.now_s)
        if amount:
            self.enter(Granted(LEASE, pot, amount))
            self.enter(
                Settled(
                    bid=next(self.ids).to_bytes(16), kind="billing", line_item=key, exchange="one", lease=LEASE, pots=(pot,),
                    reserved=amount, media=amount, data=0, tech=0, margin=0, at_s=at_s, until_s=at_s,
                )
            )  # fmt: skip
        for _ in range(clicks):
            self.enter(Seen(next(self.ids).to_bytes(16), "click", key, at_s))

    def shifted(self, window: str = "life") -> dict[str, int]:
        """Return what was moved, by line item."""
        return {
            each.id: moved
            for each in self.items
            if (moved := self.ledger.shifted.get(f"line_item/{each.id}/{window}"))
        }


def live(world: World, owners: list[Shifts], rates: dict[str, float], steps: int) -> None:
    """Let everybody spend by the plan, with so many clicks per unit, and step every quarter of an hour."""
    dice = Random(7)
    for _ in range(steps):
        world.now_s += STEP_S
        for name, rate in rates.items():
            payer = world.lines.payer(number("line_item", name), world.now_s)
            assert payer is not None
            due = [
                payer.plan(bound._replace(amount=amount), world.now_s)
                - world.ledger.spent(bound.account)
                for bound in payer.bounds
                for amount in [bound.amount + world.ledger.shifted.get(bound.account, 0)]
            ]
            amount = max(0, min(due))
            clicks = sum(dice.random() < amount / UNIT * rate / 20 for _ in range(20))
            world.spend(name, amount, clicks)
        for owner in owners:
            owner.step(world.now_s)


def test_the_better_ends_with_more_and_the_sum_stays() -> None:
    world = World(item("good"), item("bad"), item("other"))
    live(world, [world.owner()], {"good": 2.0, "bad": 0.5, "other": 0.5}, 500)
    shifted = world.shifted()
    assert shifted["good"] == 300 * UNIT
    assert sum(shifted.values()) == 0
    assert min(shifted.values()) >= -300 * UNIT
    assert Ledger(world.entries).shifted == world.ledger.shifted
    assert Ledger([checkpoint(world.ledger)]).shifted == world.ledger.shifted


def test_where_nothing_may_be_moved_nothing_is() -> None:
    world = World(item("good"), item("bad"), percent=0)
    live(world, [world.owner()], {"good": 4.0, "bad": 0.5}, 200)
    assert world.shifted() == {}


def test_a_day_s_budget_moves_within_the_day_and_the_next_begins_anew() -> None:
    daily = Budget(daily=100 * UNIT)
    world = World(item("good", budget=daily), item("bad", budget=daily))
    live(world, [world.owner()], {"good": 4.0, "bad": 0.5}, 96 + 40)
    assert sum(world.shifted("2026-09-21").values()) == 0
    assert world.shifted("2026-09-22") == {"good": 30 * UNIT, "bad": -30 * UNIT}
    assert world.shifted() == {}


def test_two_owners_of_one_ledger_move_as_much_as_one() -> None:
    rates = {"good": 2.0, "bad": 0.5}
    alone, shared = (World(item("good"), item("bad")) for _ in range(2))
    live(alone, [alone.owner()], rates, 150)
    live(shared, [shared.owner(), shared.owner()], rates, 150)
    entries = [
        sum(isinstance(entry, Shifted) for entry in world.entries) for world in (alone, shared)
    ]
    assert 0 < entries[0] <= entries[1] <= entries[0] + 1


def test_it_is_not_due_before_its_time_and_a_restart_waits() -> None:
    world = World(item("good"), item("bad"))
    owner = world.owner()
    assert not owner.due()
    assert owner.step(world.now_s) == 0
    world.now_s += STEP_S
    assert owner.due()
    owner.step(world.now_s)
    assert not owner.due()
    assert not world.owner().due()


def test_who_is_short_of_supply_gets_nothing() -> None:
    world = World(item("good"), item("bad"))
    live(world, [], {"good": 0.0, "bad": 0.5}, 200)
    world.now_s = MIDNIGHT + 5 * DAY_S
    world.spend("good", 10 * UNIT, 200)  # behind its plan, however good it is
    world.spend("bad", 300 * UNIT, 100)
    owner = world.owner()
    world.now_s += STEP_S
    owner.step(world.now_s)
    assert world.shifted() == {}


def test_impressions_that_one_cannot_buy_are_bought_by_the_other() -> None:
    goal = Goal("cpm", UNIT // 500, UNIT // 500)
    world = World(item("short", goal=goal), item("able", goal=goal, pacing="asap"))
    world.now_s = MIDNIGHT + 5 * DAY_S
    world.spend("short", 100 * UNIT)
    for _ in range(5_000):
        world.enter(
            Seen(next(world.ids).to_bytes(16), "impression", number("line_item", "short"), 1)
        )
    world.spend("able", 900 * UNIT)
    owner = world.owner()
    world.now_s += STEP_S
    owner.step(world.now_s)
    assert world.shifted() == {"short": -300 * UNIT, "able": 300 * UNIT}


def test_a_line_item_that_was_taken_out_gives_back_what_it_got() -> None:
    world = World(item("good", status="paused"), item("bad"))
    world.enter(Shifted("line_item/bad/life", "line_item/good/life", 200 * UNIT, MIDNIGHT))
    world.now_s = MIDNIGHT + 9 * DAY_S
    world.spend("bad", 790 * UNIT)
    owner = world.owner()
    before = world.shifted()["good"]
    for _ in range(20):
        world.now_s += STEP_S
        owner.step(world.now_s)
        after = world.shifted().get("good", 0)
        assert after <= before
        before = after
    assert before < 200 * UNIT
