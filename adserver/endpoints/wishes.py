"""What a line item wanted and what the request offered, in words: both sides of every "no"."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Fall
from adserver.domain.campaign import LineItem
from adserver.domain.candidate import Candidate
from adserver.domain.creative import size_of
from adserver.domain.money import wire_cpm
from adserver.domain.opportunity import DealTerms
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension, spell

_NAMED_AFTER_DIMENSIONS = {dimension.value: dimension for dimension in Dimension}
_SUMS = frozenset({Reason.OUTBID, Reason.BELOW_FLOOR})
MOST_CHARS = 200
MOST_VALUES = 20


def wanted(snapshot: Snapshot, index: int, reason: Reason) -> str:
    """Return what the candidate asks for in the matter that it fell for; empty if it asks for nothing."""
    candidate = snapshot.candidates[index]
    item = snapshot.line_items[candidate.line_item_index]
    own = _OWN_WORDS.get(reason)
    if own is not None:
        return own(candidate, item)
    dimension = _NAMED_AFTER_DIMENSIONS.get(reason.value)
    rule = item.targeting.get(dimension) if dimension is not None else None
    if rule is None:
        return ""
    parts = [", ".join(rule.include)] if rule.include else []
    if rule.exclude:
        parts.append(f"not {', '.join(rule.exclude)}")
    return "; ".join(parts)


def got(fall: Fall) -> str:
    """Return what the request offered instead."""
    offered = fall.got
    if fall.reason in _SUMS and isinstance(offered, int):
        return f"{wire_cpm(offered):.3f} CPM"
    if isinstance(offered, tuple | list | frozenset):
        if offered and all(isinstance(each, int) for each in offered):
            return ("x" if fall.reason is Reason.SIZE else ", ").join(map(str, offered))
        return ", ".join(_one(each) for each in list(offered)[:MOST_VALUES])[:MOST_CHARS]
    return str(offered)[:MOST_CHARS]


def _one(value: object) -> str:
    if isinstance(value, DealTerms):
        return value.id
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return str(value)


def _schedule(item: LineItem) -> str:
    start, end = (
        datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M")
        for at_s in (item.flight.start_s, item.flight.end_s)
    )
    hours = f", {len(item.hours_of_week)} hours of the week" if item.hours_of_week else ""
    return f"{start} to {end} UTC{hours}"


_OWN_WORDS: Mapping[Reason, Callable[[Candidate, LineItem], str]] = {
    Reason.AUDIENCE: lambda _, item: "" if item.audience is None else spell(item.audience),
    Reason.AUDIENCE_TOO_SMALL: lambda _, item: spell(item.audience) if item.audience else "",
    Reason.SCHEDULE: lambda _, item: _schedule(item),
    Reason.SIZE: lambda candidate, _: size_of(candidate.creative),
    Reason.MEDIA_TYPE: lambda candidate, _: type(candidate.creative).__name__.lower(),
    Reason.LANGUAGE: lambda candidate, _: candidate.creative.language or "",
    Reason.GOAL: lambda candidate, _: candidate.goal.kind,
    Reason.BLOCKED_ADVERTISER: lambda candidate, _: candidate.advertiser_domain,
    Reason.BLOCKED_CATEGORY: lambda candidate, _: ", ".join(candidate.categories),
    Reason.BLOCKED_VENDOR: lambda candidate, _: ", ".join(map(str, candidate.creative.vendors)),
    Reason.BLOCKED_SUBJECT: lambda candidate, _: ", ".join(candidate.creative.restrictions),
    Reason.BLOCKED_CREATIVE: lambda candidate, _: candidate.creative.id,
    Reason.BLOCKED_ATTRIBUTE: lambda candidate, _: ", ".join(
        map(str, candidate.creative.attributes)
    ),
}
"""What is told otherwise than as a list of the line item's targeting."""
