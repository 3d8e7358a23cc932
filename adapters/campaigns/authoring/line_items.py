"""Line items: when, for how much, to whom, with which creatives."""

from collections.abc import Collection, Mapping
from datetime import tzinfo
from decimal import ROUND_HALF_EVEN
from typing import Any, get_args

from msgspec.structs import replace

from adapters.campaigns.authoring.apps import app
from adapters.campaigns.authoring.cursor import Cursor, did_you_mean, shown
from adapters.campaigns.authoring.names import Names
from adapters.campaigns.authoring.owners import OWNER_KEYS, owner
from adapters.campaigns.authoring.rotation import rotation
from adapters.campaigns.authoring.schedule import flight, hours_of_week
from adapters.campaigns.authoring.targeting import targeting
from adapters.campaigns.authoring.values import choice, decimal, money, parts_per_million
from adserver.domain.campaign import Fees, Flight, Goal, GoalKind, LineItem, Pacing
from adserver.domain.fees import PPM
from adserver.domain.money import Nanos, cpm_nanos, nanos

KEYS = (
    *OWNER_KEYS, "flight", "dayparts", "pacing", "goal", "fees", "targeting", "creatives", "rotation",
    "app",
)  # fmt: skip
KINDS: tuple[GoalKind, ...] = get_args(GoalKind)
MAX_CPM = 1_000
"""Nobody pays a whole unit for one impression: such a rate is a slipped decimal point."""
MAX_PER_ACTION = 100_000
MAX_RETURN = 1_000
_ORDERS = ("cpa", "roas")


def line_item(cursor: Cursor, names: Names, zone: tzinfo, creatives: Collection[str]) -> LineItem:
    """Read one line item; `creatives` are the ids that its advertiser has."""
    found = cursor.fields(KEYS, required=("id", "flight", "goal", "creatives"))
    values: dict[str, Any] = owner(found, "line_item", names)
    if "dayparts" in found:
        values["hours_of_week"] = hours_of_week(found["dayparts"])
    if "pacing" in found:
        values["pacing"] = choice(found["pacing"], get_args(Pacing))
    if "fees" in found:
        values["fees"] = _fees(found["fees"])
    if "targeting" in found:
        values["targeting"], values["audience"] = targeting(found["targeting"], names)
    if "app" in found:
        values["app"] = app(found["app"], names)
    made = LineItem(
        **values,
        flight=flight(found["flight"], zone) if "flight" in found else Flight(0, 1),
        goal=_goal(found["goal"]) if "goal" in found else Goal("cpm", 1, 1),
        creatives=_creatives(found["creatives"], creatives) if "creatives" in found else (),
    )
    if "rotation" in found:
        by, weights = rotation(found["rotation"], made.creatives)
        made = replace(made, rotation=by, weights=weights)
    return made


def _goal(cursor: Cursor) -> Goal:
    found = cursor.fields((*KINDS, "max_cpm", "orders_per_click", "order_value"))
    kinds = [kind for kind in KINDS if kind in found]
    if len(kinds) != 1:
        cursor.fault(f"write exactly one of {', '.join(KINDS)}: what the advertiser pays for")
        return Goal("cpm", 1, 1)
    kind = kinds[0]
    if "orders_per_click" in found and kind not in _ORDERS:
        found["orders_per_click"].fault("belongs to a cpa or roas goal; remove it")
    if "order_value" in found and kind != "roas":
        found["order_value"].fault("belongs to a roas goal; remove it")
    returned = 0
    if kind == "cpm":
        amount = money(found["cpm"], cpm_nanos, MAX_CPM, "a CPM")
    elif kind == "roas":
        amount = _order_value(cursor, found)
        returned = _return(found["roas"])
    else:
        amount = money(found[kind], nanos, MAX_PER_ACTION, "an amount of money")
    if "max_cpm" in found:
        most = money(found["max_cpm"], cpm_nanos, MAX_CPM, "a CPM")
    else:
        most = amount
        if kind != "cpm":
            cursor.fault(f"`max_cpm` is missing: a {kind} goal needs the most to pay per mille")
    if "orders_per_click" not in found:
        return Goal(kind, amount, most, return_ppm=returned)
    estimate = decimal(found["orders_per_click"], 1, "a share of clicks")
    return Goal(kind, amount, most, float(estimate), returned)


def _order_value(cursor: Cursor, found: Mapping[str, Cursor]) -> Nanos:
    """Return the advertiser's own estimate of what an order is worth."""
    if "order_value" in found:
        return money(found["order_value"], nanos, MAX_PER_ACTION, "an amount of money")
    cursor.fault("`order_value` is missing: what an order is worth, until orders were measured")
    return 1


def _return(cursor: Cursor) -> int:
    """Return in millionths what orders must be worth for each unit spent, half-even."""
    times = decimal(cursor, MAX_RETURN, "a return on spend, such as 4 for four times as much")
    wanted = int((times * PPM).to_integral_value(ROUND_HALF_EVEN))
    if wanted == 0:
        cursor.fault("is less than a millionth of the spend")
    return max(wanted, 1)


def _fees(cursor: Cursor) -> Fees:
    found = cursor.fields(("data_cpm", "tech_percent", "margin_percent"))
    return Fees(
        data_cpm=money(found["data_cpm"], cpm_nanos, MAX_CPM, "a CPM")
        if "data_cpm" in found
        else 0,
        tech_ppm=parts_per_million(found["tech_percent"]) if "tech_percent" in found else 0,
        margin_ppm=parts_per_million(found["margin_percent"]) if "margin_percent" in found else 0,
    )


def _creatives(cursor: Cursor, known: Collection[str]) -> tuple[str, ...]:
    chosen: list[str] = []
    for part in cursor.items():
        word = part.text()
        if word in chosen:
            part.fault(f"{shown(word)} is listed twice; keep one")
        elif word not in known:
            hint = did_you_mean(word, known)
            part.fault(f"this advertiser has no creative {shown(word)}{hint}")
        chosen.append(word)
    if not chosen:
        cursor.fault("lists no creative; a line item needs at least one")
    return tuple(chosen)
