"""Who pays for a line item: the chain of accounts above it, and the windows that budgets count in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from adserver.domain.campaign import Budget, Catalog, LineItem
from adserver.domain.identity import number
from adserver.domain.ledger import LIFETIME
from adserver.domain.money import Nanos
from adserver.domain.week import HOUR_S

EVERYWHERE = "all"


class Window(NamedTuple):
    """A half-open span of time with a name: `start_s <= now < end_s`."""

    label: str
    start_s: int
    end_s: int


class Limit(NamedTuple):
    """No more than `amount` may ever be settled and outstanding in `account`."""

    account: str
    amount: Nanos
    daily: bool


class Level(NamedTuple):
    """One link of a chain: `campaign/summer`, and what may be spent under it."""

    name: str
    budget: Budget


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """A line item and everybody above it who pays with it, the nearest first."""

    line_item: LineItem
    advertiser: str
    zone: ZoneInfo
    levels: tuple[Level, ...]
    live: bool = True
    """Everybody in it is active: the line item bids while its flight is on."""
    order: str = ""
    """The insertion order's id."""
    shift_percent: int = 0
    """How much of its budget the insertion order lets it give and get."""

    def accounts(self, day: Window) -> tuple[str, ...]:
        """Name every account that spending on this day counts in, limited or not.

        Unlimited ones too: a budget set at noon must know what the morning cost.
        """
        return tuple(
            account
            for level in self.levels
            for account in (f"{level.name}{LIFETIME}", f"{level.name}/{day.label}")
        )

    def limits(self, day: Window) -> tuple[Limit, ...]:
        """Return the limits that hold on this day."""
        found = []
        for name, budget in self.levels:
            if budget.lifetime is not None:
                found.append(Limit(f"{name}{LIFETIME}", budget.lifetime, daily=False))
            if budget.daily is not None:
                found.append(Limit(f"{name}/{day.label}", budget.daily, daily=True))
        return tuple(found)


def chains(catalog: Catalog) -> Iterator[Chain]:
    """Yield the chain of every line item, whatever its status: yesterday's bids must settle too.

    Raises `KeyError` (`ZoneInfoNotFoundError`) for a time zone that the machine does not know.
    """
    for advertiser in catalog.advertisers:
        zone = ZoneInfo(advertiser.timezone)
        top = Level(f"advertiser/{advertiser.id}", advertiser.budget)
        for campaign in advertiser.campaigns:
            middle = Level(f"campaign/{campaign.id}", campaign.budget)
            for order in campaign.insertion_orders:
                lower = Level(f"insertion_order/{order.id}", order.budget)
                for line_item in order.line_items:
                    own = Level(f"line_item/{line_item.id}", line_item.budget)
                    owners = (advertiser, campaign, order, line_item)
                    yield Chain(
                        line_item=line_item,
                        advertiser=advertiser.id,
                        zone=zone,
                        levels=(own, lower, middle, top),
                        live=all(each.status == "active" for each in owners),
                        order=order.id,
                        shift_percent=order.budget_shift_percent,
                    )


def day_of(zone: ZoneInfo, now_s: float) -> Window:
    """Return the calendar day around a moment; 23 or 25 hours long when clocks change."""
    today = datetime.fromtimestamp(now_s, zone).date()
    return Window(today.isoformat(), *(
        int(datetime(d.year, d.month, d.day, tzinfo=zone).timestamp())
        for d in (today, today + timedelta(days=1))
    ))  # fmt: skip


def active_span(hours_of_week: tuple[int, ...], zone: ZoneInfo, day: Window) -> tuple[int, int]:
    """Return when dayparts begin and end on a day, gaps between them included; without any, the day."""
    if not hours_of_week:
        return day.start_s, day.end_s
    hours = [
        start_s
        for start_s in range(day.start_s, day.end_s, HOUR_S)
        if is_active(hours_of_week, zone, start_s)
    ]
    return (hours[0], min(hours[-1] + HOUR_S, day.end_s)) if hours else (day.start_s, day.end_s)


def is_active(hours_of_week: tuple[int, ...], zone: ZoneInfo, at_s: float) -> bool:
    """Tell whether dayparts (none: always) leave the local hour around a moment."""
    if not hours_of_week:
        return True
    local = datetime.fromtimestamp(at_s, zone)
    return local.weekday() * 24 + local.hour in hours_of_week


def hour_of(now_s: float) -> Window:
    """Return the hour of the clock (UTC) around a moment."""
    start_s = int(now_s // HOUR_S) * HOUR_S
    label = datetime.fromtimestamp(start_s, UTC).strftime("%Y-%m-%dT%H")
    return Window(label, start_s, start_s + HOUR_S)


def ceiling_key(name: str) -> int:
    """Return the number that stands for an hourly ceiling: of an exchange by name, or `EVERYWHERE`."""
    return number("ceiling", name)


def ceiling_account(name: str, hour: Window) -> str:
    """Return the account of a ceiling: `exchange/north/2026-11-21T22`, `all/2026-11-21T22`."""
    prefix = EVERYWHERE if name == EVERYWHERE else f"exchange/{name}"
    return f"{prefix}/{hour.label}"
