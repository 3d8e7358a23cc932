"""Small catalogs, auctions and moments, said in as few words as a test needs."""

from collections.abc import Sequence
from typing import Any

import msgspec

from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.snapshot import Snapshot
from adserver.decision import valuation
from adserver.decision.demands import Demand
from adserver.decision.tracing import Trace, Untraced
from adserver.decision.world import Moment, World
from adserver.decision.worth import Worth
from adserver.domain.campaign import (
    Advertiser,
    Campaign,
    Catalog,
    Deal,
    Flight,
    Goal,
    InsertionOrder,
    LineItem,
)
from adserver.domain.candidate import Candidate
from adserver.domain.creative import Banner
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import Auction, AuctionType, BannerSpace, Opportunity
from adserver.domain.person import Profile, Touch
from adserver.ports import ClickModel, OrderModel, Purse
from adserver.privacy.permission import ALLOWED
from tests.fakes.click_model import FakeClickModel, FakeOrderModel
from tests.fakes.purse import FakePurse

NOW_S = 1_795_000_000
CPM = 1_000_000
"""Nanos per impression of one currency unit per mille."""


def banner(name: str = "banner", **changes: Any) -> Banner:
    """A square banner."""
    fields: dict[str, Any] = {
        "landing_url": "https://shop.example/",
        "width": 300,
        "height": 250,
        "image_url": "https://cdn.example/a.png",
    }
    return Banner(id=name, **(fields | changes))


def cpm(amount: float) -> Goal:
    """So many currency units per mille."""
    return Goal("cpm", int(amount * CPM), int(amount * CPM))


def line_item(name: str = "item", **changes: Any) -> LineItem:
    """In flight, 2.00 CPM, the square banner."""
    fields: dict[str, Any] = {
        "flight": Flight(NOW_S - 86_400, NOW_S + 86_400),
        "goal": cpm(2),
        "creatives": ("banner",),
    }
    return LineItem(id=name, **(fields | changes))


DEALS = (Deal(id="deal-1", exchange="one"), Deal(id="deal-2", exchange="one"))


def advertiser(name: str, *items: LineItem, **changes: Any) -> Advertiser:
    """One campaign, one insertion order."""
    order = InsertionOrder(id=f"{name}-order", line_items=items)
    fields: dict[str, Any] = {
        "domain": f"{name}.example",
        "timezone": "UTC",
        "creatives": (banner(),),
        "campaigns": (Campaign(id=f"{name}-campaign", insertion_orders=(order,)),),
    }
    return Advertiser(id=name, **(fields | changes))


def snapshot(*items: LineItem, **changes: Any) -> Snapshot:
    """One advertiser's line items, compiled."""
    return compile_snapshot(Catalog((advertiser("shop", *items, **changes),), DEALS))


def opportunity(name: str = "1", **changes: Any) -> Opportunity:
    """A square banner space."""
    return Opportunity(id=name, **({"banner": BannerSpace(((300, 250),))} | changes))


def auction(*opportunities: Opportunity, **changes: Any) -> Auction:
    """First price, in the house currency, from a known person."""
    fields: dict[str, Any] = {
        "exchange": "one",
        "auction_type": AuctionType.FIRST_PRICE,
        "person": b"p" * 16,
        "opportunities": opportunities or (opportunity(),),
    }
    return Auction(id="r", **(fields | changes))


def world(
    compiled: Snapshot,
    clicks: ClickModel | None = None,
    orders: OrderModel | None = None,
    **changes: Any,
) -> World:
    """No exploring, fake models."""
    return World(
        snapshot=compiled,
        clicks=clicks or FakeClickModel(),
        orders=orders or FakeOrderModel(),
        **({"explore_ppm": 0} | changes),
    )


def moment(compiled: Snapshot, purse: Purse | None = None, **changes: Any) -> Moment:
    """Everything allowed, everybody funded, nobody paced."""
    fields: dict[str, Any] = {
        "now_s": NOW_S,
        "seed": 7,
        "terms": ExchangeTerms(name="one"),
        "permission": ALLOWED,
        "paces": [1.0] * len(compiled.line_items),
        "profile": Profile(),
    }
    return Moment(purse=purse or FakePurse(), **(fields | changes))


def valued(
    everywhere: World,
    now: Moment,
    trace: Trace | None = None,
    *,
    floor: int = 0,
    candidates: Sequence[Candidate] | None = None,
) -> list[Worth]:
    """What a square banner space in the open auction is worth to these (to all), the best first."""
    compiled, space = everywhere.snapshot, opportunity()
    demand = Demand(None, floor, AuctionType.FIRST_PRICE, compiled.everyone)
    asked = compiled.candidates if candidates is None else candidates
    return valuation.value(
        everywhere, auction(space), space, demand, asked, now, trace or Untraced()
    )


def seen(item: LineItem, *ages_s: int, kind: str = "impression") -> tuple[Touch, ...]:
    """Contacts of these ages."""
    return tuple(
        Touch(kind, NOW_S - age, item.number, 1, bytes([age % 256]) * 16) for age in ages_s
    )


def changed(item: LineItem, **changes: Any) -> LineItem:
    """A line item with other fields."""
    return msgspec.structs.replace(item, **changes)
