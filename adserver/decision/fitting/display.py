"""Which banners may be shown in a space for display markup."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision.fitting.manners import well_behaved
from adserver.decision.tracing import Trace
from adserver.domain.opportunity import BannerSpace
from adserver.domain.reasons import Reason

IMAGE_MIMES = frozenset(
    {"text/html", "image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp"}
)
HTML_MIMES = frozenset(
    {"text/html", "application/xhtml+xml", "text/javascript", "application/javascript"}
)
"""One of these must be listed, if anything is, for markup that is more than an image with a link."""


def narrow(snapshot: Snapshot, space: BannerSpace, alive: int, trace: Trace) -> int:
    """Return the candidates whose creative may be shown here."""
    display = snapshot.fit.display
    if space.blocked_types:
        passing = ~display.of_types(space.blocked_types)
        alive = trace.narrow(Reason.BLOCKED_TYPE, alive, passing, space.blocked_types)
    if space.mimes:
        refused = 0
        if IMAGE_MIMES.isdisjoint(space.mimes):
            refused = ~display.html
        if display.html and HTML_MIMES.isdisjoint(space.mimes):
            refused |= display.html
        if refused:
            alive = trace.narrow(Reason.MIME, alive, ~refused, space.mimes)
    if space.sizes or space.ratios or space.largest:
        passing = display.of_sizes(space.sizes)
        if space.ratios:
            passing |= display.of_ratios(space.ratios)
        if space.largest is not None:
            passing |= display.up_to(space.largest)
        alive = trace.narrow(Reason.SIZE, alive, passing, space.sizes)
    lacking = display.choosy and display.needing_more_than(space.apis)
    if lacking:
        alive = trace.narrow(Reason.API, alive, ~lacking, space.apis)
    blocked = space.blocked_attributes
    return well_behaved(snapshot, blocked, alive, trace) if blocked else alive
