"""How money is kept for bids in flight."""

from typing import Annotated, Literal

from msgspec import Meta

from adserver.settings.ranges import Section


class Money(Section, frozen=True, kw_only=True):
    """How carefully budgets are kept; [what that means](../explanation/money.md#strict-and-lease)."""

    mode: Literal["lease", "strict"] = "lease"
    """`strict`: a bid keeps its money as long as it may be billed, so budgets are never exceeded, and at a win rate of a
    tenth nine tenths of them lie idle. `lease`: only as long as bills of its exchange usually take."""
    host_term_s: Annotated[int, Meta(ge=10, le=3_600)] = 120
    """Where servers share a ledger: one that cannot reach it for so long stops bidding, and the others count on it."""
