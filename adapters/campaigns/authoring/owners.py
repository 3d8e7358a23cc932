"""What advertisers, campaigns, insertion orders and line items have in common."""

from typing import Any, get_args

from adapters.campaigns.authoring.cursor import Cursor
from adapters.campaigns.authoring.names import Names
from adapters.campaigns.authoring.schedule import caps
from adapters.campaigns.authoring.values import choice, label, money
from adserver.domain.campaign import Budget, Status
from adserver.domain.money import nanos

OWNER_KEYS = ("id", "name", "status", "lifetime_budget", "daily_budget", "frequency_caps")
MAX_BUDGET = 1_000_000_000


def owner(found: dict[str, Cursor], kind: str, names: Names) -> dict[str, Any]:
    """Return the fields of `OWNER_KEYS` as arguments for the owner's class."""
    values: dict[str, Any] = {
        "id": names.declare(kind, found["id"]) if "id" in found else "?",
        "budget": Budget(_budget(found, "lifetime_budget"), _budget(found, "daily_budget")),
    }
    if "name" in found:
        values["name"] = label(found["name"])
    if "status" in found:
        values["status"] = choice(found["status"], get_args(Status))
    if "frequency_caps" in found:
        values["caps"] = caps(found["frequency_caps"])
    return values


def _budget(found: dict[str, Cursor], key: str) -> int | None:
    return money(found[key], nanos, MAX_BUDGET, "a budget") if key in found else None
