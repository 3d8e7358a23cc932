"""Who wants this very space: narrowing by what one imp says beyond its media."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision import grouped
from adserver.decision.tracing import Trace
from adserver.domain.opportunity import Opportunity


def narrow(snapshot: Snapshot, opportunity: Opportunity, alive: int, trace: Trace) -> int:
    """Return the candidates that want the space as it is placed, named and measured."""
    return grouped.narrow(snapshot.space_rules, opportunity, alive, trace)
