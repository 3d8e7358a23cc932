"""One advertiser's file: who pays, the creatives, and campaigns down to line items."""

from collections.abc import Collection, Sequence
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from msgspec.structs import replace

from adapters.campaigns.authoring.creatives import creative
from adapters.campaigns.authoring.cursor import Cursor, did_you_mean, shown
from adapters.campaigns.authoring.line_items import line_item
from adapters.campaigns.authoring.names import Names
from adapters.campaigns.authoring.owners import OWNER_KEYS, owner
from adapters.campaigns.authoring.targeting import avoiding
from adapters.campaigns.authoring.values import choice, domain, label, pattern, whole
from adserver.domain.campaign import Advertiser, Campaign, InsertionOrder, LineItem
from adserver.domain.dsa import MAX_NAME_CHARS, Disclosure
from adserver.domain.sensitive import SENSITIVE_TOPICS

KEYS = (
    *OWNER_KEYS, "domain", "bundle", "timezone", "categories", "category_taxonomy", "dsa", "avoid",
    "block_list", "allow_list",
)  # fmt: skip
MAX_TAXONOMY = 999
MAX_SHIFT_PERCENT = 90
"""Who has nothing left can never show that it has become better."""
_CATEGORIES = {
    1: (r"IAB(?:[1-9]|1\d|2[0-6])(?:-[1-9]\d?)?", "a category of taxonomy 1 such as IAB19-20"),
}
_OTHER_CATEGORY = (r"[A-Za-z0-9]{1,16}", "a category code: digits or letters")


def advertiser(root: Cursor, names: Names) -> Advertiser | None:
    """Read a whole file; `None` after a fault that leaves nothing to build."""
    found = root.fields(("advertiser", "creatives", "campaigns"), required=("advertiser",))
    if "advertiser" not in found:
        return None
    head = found["advertiser"].fields(KEYS, required=("id", "domain", "timezone"))
    values: dict[str, Any] = owner(head, "advertiser", names)
    zone, values["timezone"] = _zone(head["timezone"]) if "timezone" in head else (UTC, "UTC")
    values["domain"] = domain(head["domain"]) if "domain" in head else ""
    if "bundle" in head:
        values["bundle"] = pattern(
            head["bundle"], r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", "an app's bundle or store id"
        )
    taxonomy = 1
    if "category_taxonomy" in head:
        taxonomy = values["category_taxonomy"] = whole(head["category_taxonomy"], 1, MAX_TAXONOMY)
    if "categories" in head:
        form = _CATEGORIES.get(taxonomy, _OTHER_CATEGORY)
        values["categories"] = tuple(pattern(part, *form) for part in head["categories"].items())
    if "dsa" in head:
        values["dsa"] = _disclosure(head["dsa"])
    for key in ("block_list", "allow_list"):
        if key in head:
            values[key] = names.publication_lists.named(head[key])
    parts = found["creatives"].items() if "creatives" in found else []
    creatives = [made for part in parts if (made := creative(part, names))]
    values["creatives"] = tuple(creatives)
    if "campaigns" in found:
        known = {made.id for made in creatives}
        values["campaigns"] = tuple(
            _campaign(part, names, zone, known) for part in found["campaigns"].items()
        )
    if "avoid" in head:
        topics = tuple(choice(part, SENSITIVE_TOPICS) for part in head["avoid"].items())
        values["campaigns"] = tuple(_avoiding(each, topics) for each in values.get("campaigns", ()))
    return Advertiser(**values)


def _disclosure(cursor: Cursor) -> Disclosure:
    """Read who pays and on whose behalf; exchanges take no long names."""
    found = cursor.fields(("behalf", "paid", "domain"))
    names = {key: label(found[key]) for key in ("behalf", "paid") if key in found}
    for key, name in names.items():
        if len(name) > MAX_NAME_CHARS:
            found[key].fault(
                f"is longer than {MAX_NAME_CHARS} characters, the most that exchanges take"
            )
    return Disclosure(
        names.get("behalf", ""),
        names.get("paid", ""),
        domain(found["domain"]) if "domain" in found else "",
    )


def _campaign(cursor: Cursor, names: Names, zone: tzinfo, creatives: Collection[str]) -> Campaign:
    found = cursor.fields((*OWNER_KEYS, "insertion_orders"), required=("id", "insertion_orders"))
    parts = found["insertion_orders"].items() if "insertion_orders" in found else []
    return Campaign(
        **owner(found, "campaign", names),
        insertion_orders=tuple(_insertion_order(part, names, zone, creatives) for part in parts),
    )


def _avoiding(campaign: Campaign, topics: tuple[str, ...]) -> Campaign:
    """Return a campaign none of whose line items bids beside these topics."""
    orders = [
        replace(
            order,
            line_items=tuple(
                replace(item, targeting=avoiding(item.targeting, topics))
                for item in order.line_items
            ),
        )
        for order in campaign.insertion_orders
    ]
    return replace(campaign, insertion_orders=tuple(orders))


def _insertion_order(
    cursor: Cursor, names: Names, zone: tzinfo, creatives: Collection[str]
) -> InsertionOrder:
    found = cursor.fields(
        (*OWNER_KEYS, "budget_shift_percent", "line_items"), required=("id", "line_items")
    )
    parts = found["line_items"].items() if "line_items" in found else []
    shift = found.get("budget_shift_percent")
    order = InsertionOrder(
        **owner(found, "insertion_order", names),
        line_items=tuple(line_item(part, names, zone, creatives) for part in parts),
        budget_shift_percent=0 if shift is None else whole(shift, 0, MAX_SHIFT_PERCENT),
    )
    if shift is not None and order.budget_shift_percent and not _shiftable(order.line_items):
        shift.fault("moves nothing: two line items must have a budget of the same kind")
    return order


def _shiftable(items: Sequence[LineItem]) -> bool:
    """Tell whether budget can be moved at all: from one to another, daily to daily or lifetime to lifetime."""
    return any(
        sum(getattr(item.budget, kind) is not None for item in items) > 1
        for kind in ("daily", "lifetime")
    )


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """Return the zones of this machine; looking through its database takes some 20 ms."""
    return frozenset(available_timezones())


def _zone(cursor: Cursor) -> tuple[tzinfo, str]:
    word = cursor.text()
    zones = _zones()
    if word in zones:
        return ZoneInfo(word), word
    if not zones:
        cursor.fault("this machine has no time zone database; install the package tzdata")
    else:
        hint = did_you_mean(word, zones) or "; write an IANA name such as Europe/Berlin"
        cursor.fault(f"{shown(word)} is no time zone{hint}")
    return UTC, word
