"""Which native ads may be shown in a space that the publisher styles."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision.fitting.manners import well_behaved, without
from adserver.decision.tracing import Trace
from adserver.domain.opportunity import NativeSpace


def narrow(snapshot: Snapshot, space: NativeSpace, alive: int, trace: Trace) -> int:
    """Return the candidates that fill what is required."""
    alive = without(snapshot.fit.native.misfits(space), alive, trace)
    return well_behaved(snapshot, space.blocked_attributes, alive, trace)
