"""The rows of the owner's reports."""

import msgspec

from adserver.domain.money import Nanos


class LineReport(msgspec.Struct, frozen=True):
    """One line item for people to read; amounts in house nanos."""

    line_item: str
    advertiser: str
    budget_lifetime: Nanos | None
    budget_daily: Nanos | None
    settled: Nanos
    settled_today: Nanos
    outstanding: Nanos
    late: Nanos
    media: Nanos
    data: Nanos
    tech: Nanos
    margin: Nanos
    pace: float
    planned: Nanos | None
    """What was to be spent by now under the tightest budget; `None` without any."""
    impressions: int
    clicks: int
    orders: int
    """Of these three only what counts; what rules called invalid stands below."""
    billable: Nanos = 0
    """All that was billed to us, less `invalid_spend`: what to bill the advertiser."""
    invalid_spend: Nanos = 0
    """What bids cost whose impression is invalid; part of `settled` or `late` all the same."""
    invalid_impressions: int = 0
    invalid_clicks: int = 0
    invalid_orders: int = 0
    installs: int = 0
    """Installs that Apple credits to the line item."""
    exposed: Nanos = 0
    """At most so much could still be billed of bids that hold no money any more."""
    shifted: Nanos = 0
    """Lifetime budget that it got of others of its insertion order; negative: that it gave."""
    shifted_today: Nanos = 0
    """The same of today's budget."""


class InvalidRow(msgspec.Struct, frozen=True):
    """What a rule called invalid on one day, over all line items."""

    rule: str
    day_s: int
    """Beginning of the day (UTC), seconds since the epoch; -1 for days too long ago to be corrected."""
    kind: str
    """That of a notice; `order`, or `spend` in nanos."""
    invalid: int
    restored: int
    """What was corrected and counts again."""
