"""Somebody must be able to tell the person who pays: the publisher, or a link of ours in the markup."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Trace
from adserver.domain.dsa import Transparency
from adserver.domain.labelling import can_label
from adserver.domain.opportunity import MediaType, Opportunity
from adserver.domain.reasons import Reason

SILENT_PUBLISHER = "the publisher shows nothing, and this space has no place for our link"


def narrow(
    snapshot: Snapshot, asked: Transparency, opportunity: Opportunity, alive: int, trace: Trace
) -> int:
    """Return the candidates whose markup may be put out here without keeping from people what they must be told."""
    if not asked.falls_to_us:
        return alive
    fit = snapshot.fit
    telling = 0
    for media_type, members in (
        (MediaType.BANNER, fit.display.banners),
        (MediaType.VIDEO, fit.players.videos),
        (MediaType.NATIVE, fit.native.natives),
    ):
        if can_label(media_type, opportunity):
            telling |= members
    return trace.narrow(Reason.DSA, alive, telling, SILENT_PUBLISHER)
