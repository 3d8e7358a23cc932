"""What is done about each fault of a supply path, at each exchange."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from adserver.domain.reasons import Reason

Action = Literal["refuse", "report", "allow"]

RULES: Mapping[Reason, Action] = {
    Reason.CHAIN_MISSING: "report",
    Reason.CHAIN_INCOMPLETE: "refuse",
    Reason.CHAIN_TOO_LONG: "refuse",
    Reason.CHAIN_BLOCKED_NODE: "refuse",
    Reason.CHAIN_MISMATCH: "report",
    Reason.CHAIN_UNRESOLVED: "report",
    Reason.ADS_TXT_MISSING: "report",
    Reason.SELLER_UNAUTHORISED: "refuse",
    Reason.SUPPLY_UNKNOWN: "report",
}
"""In the order in which they are looked at, and what is done if the settings do not say."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What holds at one exchange."""

    actions: Mapping[Reason, Action]
    max_hops: int = 4
    domains: frozenset[str] = frozenset()
    """As which it signs chains and stands in ads.txt; nothing: as whatever ends the chain."""
    blocked: frozenset[str] = frozenset()
    """Systems, `reseller.example`, or accounts of theirs, `reseller.example/1234`."""
