"""What we are told after a bid."""

from typing import Literal

import msgspec

from adserver.domain.ticket import Ticket

Kind = Literal[
    "win", "billing", "loss", "impression", "click",
    "start", "first_quartile", "midpoint", "third_quartile", "complete",
    "viewable", "skip",
]  # fmt: skip
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag="notice"):
    """One notice about one bid. The owner counts each (bid, kind) once."""

    kind: Kind
    ticket: Ticket
    at_s: int
    settles: bool = False
    """This is the event that the exchange's declaration calls billable for this media type."""
    wire_price: int | None = None
    """Clearing price, micros per mille in the bid's currency; `None` if absent or unreadable."""
    loss_code: int | None = None
    rule: str = ""
    """The rule by which it comes from no person; it is recorded all the same, and settles what it settles."""


class Conversion(msgspec.Struct, frozen=True, kw_only=True, tag="conversion"):
    """An order at an advertiser's; counted once per advertiser and order id."""

    advertiser: str
    order: str
    at_s: int
    value: int = 0
    """Nanos of the house currency."""
    click: Ticket | None = None
    """The click that the landing page saw, if it kept it."""
    person: bytes = b""
