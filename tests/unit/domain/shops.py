"""The smallest catalog that money can be spent in."""

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
    Status,
)

FREE = Budget()
"""Without any limit."""


def shop(
    *budgets: Budget,
    order: Budget = FREE,
    advertiser: Budget = FREE,
    shift_percent: int = 0,
    paused: str = "",
    **changes: Any,
) -> Catalog:
    """One advertiser in Berlin with an insertion order, and a line item in it for each budget.

    `paused` is one level of them: `advertiser`, `campaign`, `order`, `line item`. `changes` are fields of line items.
    """
    fields: dict[str, Any] = {
        "flight": Flight(0, 1),
        "goal": Goal("cpm", 100, 100),
        "creatives": (),
        "status": _status("line item", paused),
    }
    line_items = tuple(
        LineItem(id=f"item-{index}", budget=budget, **(fields | changes))
        for index, budget in enumerate(budgets)
    )
    held = InsertionOrder(
        id="order",
        budget=order,
        line_items=line_items,
        status=_status("order", paused),
        budget_shift_percent=shift_percent,
    )
    campaign = Campaign(id="campaign", insertion_orders=(held,), status=_status("campaign", paused))
    return Catalog(
        (
            Advertiser(
                id="shop",
                domain="shop.example",
                timezone="Europe/Berlin",
                budget=advertiser,
                campaigns=(campaign,),
                status=_status("advertiser", paused),
            ),
        )
    )


def _status(level: str, paused: str) -> Status:
    return "paused" if level == paused else "active"
