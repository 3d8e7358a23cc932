"""Screens out of home: nobody is known there and nobody clicks."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Trace
from adserver.domain.reasons import Reason


def narrow(snapshot: Snapshot, alive: int, trace: Trace) -> int:
    """Return who pays for being seen. Caps do not apply: they count what one person or household has seen."""
    return trace.narrow(Reason.GOAL, alive, ~snapshot.for_clicks)
