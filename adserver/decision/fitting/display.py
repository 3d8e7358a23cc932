"""Which banners may be shown in a space for display markup."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision.fitting.manners import well_behaved
from adserver.decision.tracing import Trace
from adserver.domain.opportunity import BannerSpace
from adserver.domain.reasons import Reason

XHTML_BANNER = 2
"""AdCOM banner ad type of an image with a link, the only one we make."""
ACCEPTED_MIMES = frozenset(
    {"text/html", "image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp"}
)


def narrow(snapshot: Snapshot, space: BannerSpace, alive: int, trace: Trace) -> int:
    """Return the candidates whose creative may be shown here."""
    if XHTML_BANNER in space.blocked_types:
        return trace.narrow(Reason.BLOCKED_TYPE, alive, 0, space.blocked_types)
    if space.mimes and ACCEPTED_MIMES.isdisjoint(space.mimes):
        return trace.narrow(Reason.MIME, alive, 0, space.mimes)
    if space.sizes:
        passing = snapshot.fit.display.of_sizes(space.sizes)
        alive = trace.narrow(Reason.SIZE, alive, passing, space.sizes)
    return well_behaved(snapshot, space.blocked_attributes, alive, trace)
