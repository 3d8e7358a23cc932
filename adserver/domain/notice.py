"""What we are told after a bid."""

from typing import Literal

import msgspec

from adserver.domain.losses import LossReason
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
    wire_minimum: int | None = None
    """What would have won, as the exchange says; micros per mille in the bid's currency; `None` if it does not."""
    impressions_ppm: int | None = None
    """How many impressions were won by one bid (out of home), in millionths; `None` if absent or unreadable."""
    seal: bytes = b""
    """By what the encrypted price is known again; nothing if it came in the open."""
    loss_code: int | None = None
    loss: LossReason | None = None
    """What the code says, if this is a loss."""
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


class Install(msgspec.Struct, frozen=True, kw_only=True, tag="install"):
    """Apple's word on an install or what came of it (SKAdNetwork), verified; counted once per transaction.

    It tells of nobody: neither who, nor when, nor by which bid.
    """

    transaction: bytes
    """A hash of our network's id and Apple's number of it."""
    at_s: int
    version: str
    store_id: str
    """The application that was installed."""
    source: str
    """The last two, three or all four digits of the source identifier; two below version 4."""
    won: bool
    """It is credited to us; otherwise another network's advertisement came later."""
    redownload: bool
    test: bool = False
    """From a development build; counted for nobody."""
    fidelity: int | None = None
    """1: the store's page was opened from it, 0: it was only seen."""
    window: int = 0
    """Which of the three spans after the install it is about: 0, 1 or 2."""
    fine_value: int | None = None
    """0 to 63, as the application means it; told only where enough people installed it."""
    coarse_value: str = ""
    """`low`, `medium` or `high` instead."""
    source_app: str = ""
    """The application or the web site that showed the advertisement, if enough did."""


Fact = Notice | Conversion | Install
"""What the owner makes durable and counts once."""
