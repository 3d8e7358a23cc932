"""What the event log says of what it took to win."""

from typing import Any

import msgspec
import pytest

from adserver.domain.campaign import Catalog
from adserver.domain.notice import Kind, Notice
from adserver.domain.ticket import Ticket
from adserver.processes.owner.event_lines import notice_line
from adserver.processes.owner.lines import Lines

TICKET = Ticket(b"bid", 0, "north", 1, 1, 1, 0, 3_000_000, 2_500_000, 1, 0, 0)
"""3.00 of the house currency, which the exchange knows as 2.50."""


def line(kind: Kind, what: dict[str, int], ticket: Ticket = TICKET) -> dict[str, Any]:
    notice = Notice(kind=kind, ticket=ticket, at_s=0, **what)  # type: ignore[arg-type]
    found: dict[str, Any] = msgspec.json.decode(notice_line(notice, Lines(Catalog(), {})))
    return found


@pytest.mark.parametrize(
    ("kind", "what", "cleared", "minimum"),
    [
        ("win", {}, None, None),
        ("win", {"wire_price": 2_500_000, "wire_minimum": 1_250_000}, 3_000_000, 1_500_000),
        ("billing", {"wire_price": 1_000_000}, 1_200_000, None),
        ("loss", {"wire_price": 3_000_000, "wire_minimum": 3_000_000}, None, 3_600_000),
        ("win", {"wire_minimum": 1_000_001}, None, 1_200_002),
    ],
    ids=["nothing", "both", "billed", "a loss clears nothing", "rounded up"],
)
def test_amounts_are_of_the_house_currency_per_impression(
    kind: Kind, what: dict[str, int], cleared: int | None, minimum: int | None
) -> None:
    found = line(kind, what)
    assert (found["cleared"], found["minimum"]) == (cleared, minimum)


def test_of_a_bid_of_nothing_nothing_can_be_told() -> None:
    free = Ticket(b"bid", 0, "north", 1, 1, 1, 0, 0, 0, 1, 0, 0)
    assert line("win", {"wire_price": 1, "wire_minimum": 1}, free)["minimum"] is None
