"""Somebody must be able to tell the person who pays: the publisher, or a link of ours in the markup."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Trace
from adserver.domain.dsa import Label, Transparency
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
    return trace.narrow(Reason.DSA, alive, _telling(snapshot, opportunity), SILENT_PUBLISHER)


def label_politics(
    snapshot: Snapshot,
    asked: Transparency | None,
    opportunity: Opportunity,
    alive: int,
    trace: Trace,
) -> int:
    """Return the candidates without the political ones that would stand here without their label."""
    unlabelled = snapshot.review.political
    if asked is None or asked.publisher is not Label.WILL:  # its own label says nothing of politics
        unlabelled &= ~_telling(snapshot, opportunity)
    return trace.narrow(Reason.UNLABELLED, alive, ~unlabelled)


def _telling(snapshot: Snapshot, opportunity: Opportunity) -> int:
    """Return whose markup has a place for our link here."""
    fit = snapshot.fit
    telling = 0
    for media_type, members in (
        (MediaType.BANNER, fit.display.banners),
        (MediaType.NATIVE, fit.native.natives),
    ):
        if can_label(media_type, opportunity):
            telling |= members
    for wraps, members in fit.players.videos_wrapping.items():
        if can_label(MediaType.VIDEO, opportunity, wraps):
            telling |= members
    return telling
