"""A ledger and grants over a catalog, without an owner around them."""

from typing import Any

from adserver.domain.campaign import Budget, Catalog, Fees, Flight
from adserver.domain.entries import (
    AnyEntry,
    Settled,
)
from adserver.domain.identity import number
from adserver.domain.ledger import Ledger
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.lines import Lines
from tests.unit.domain.shops import shop

NOON = 1_795_258_800
"""2026-11-21, 12:00 in Berlin."""
ITEM, OTHER = number("line_item", "item-0"), number("line_item", "item-1")
LIFE_S = 600
UNIT = 120
"""Price 100, fees of a tenth in all, data of 10."""


class World:
    """A ledger, what was entered, and grants over a catalog."""

    def __init__(self, catalog: Catalog, ceilings: dict[str, int] | None = None, host: str = "") -> None:  # fmt: skip
        self.entries: list[AnyEntry] = []
        self.ledger = Ledger()
        self.lines = Lines(catalog, ceilings or {})
        self.grants = Grants(self.ledger, self.enter, self.lines, LIFE_S, lambda: 0.0, host)

    def enter(self, entry: AnyEntry) -> None:
        """As the owner: apply, then keep."""
        self.ledger.apply(entry)
        self.entries.append(entry)

    def told(self) -> list[AnyEntry]:
        """Return what was entered since it was last asked."""
        entries, self.entries = self.entries, []
        return entries


def item(**changes: Any) -> dict[str, Any]:
    """In flight for days, money for all of it at once."""
    fields = {"flight": Flight(NOON - 10 * 86_400, NOON + 10 * 86_400), "pacing": "asap", "fees": Fees(10, 40_000, 60_000)}  # fmt: skip
    return fields | changes


def world(*budgets: Budget, ceilings: dict[str, int] | None = None, host: str = "", **changes: Any) -> World:  # fmt: skip
    return World(shop(*budgets, **item(**changes)), ceilings, host)


def billed(bid: bytes, pots: tuple[int, ...] = (1,), kind: type[Settled] = Settled) -> Settled:
    return kind(bid, "billing", ITEM, "north", 1, pots, 130, 100, 5, 10, 15, NOON, NOON + 9_000)
