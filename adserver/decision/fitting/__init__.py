"""Who fits one opportunity: the right kind, size and manners for its space."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision import grouped
from adserver.decision.fitting import display, manners, native, players
from adserver.decision.tracing import Trace
from adserver.domain.opportunity import Opportunity
from adserver.domain.reasons import Reason


def narrow(snapshot: Snapshot, opportunity: Opportunity, alive: int, trace: Trace) -> int:
    """Return the candidates whose creative may be shown here."""
    fit = snapshot.fit
    banners, videos, natives = fit.display.banners, fit.players.videos, fit.native.natives
    sounds = fit.players.sounds
    alive = trace.narrow(Reason.MEDIA_TYPE, alive, _offered(snapshot, opportunity))
    if snapshot.space_rules:
        alive = grouped.narrow(snapshot.space_rules, opportunity, alive, trace)
    if opportunity.secure:
        alive = trace.narrow(Reason.INSECURE, alive, fit.secure)
    if (
        opportunity.allowed_vendors is not None
        or opportunity.allowed_restrictions is not None
        or opportunity.blocked_creatives
    ):
        alive = manners.welcome(snapshot, opportunity, alive, trace)
    fitting = 0
    if opportunity.banner is not None and (shown := alive & banners):
        fitting = display.narrow(snapshot, opportunity.banner, shown, trace)
    if opportunity.video is not None and (played := alive & videos):
        fitting |= players.narrow_videos(snapshot, opportunity.video, played, trace)
    if opportunity.audio is not None and (heard := alive & sounds):
        fitting |= players.narrow_sounds(snapshot, opportunity.audio, heard, trace)
    if opportunity.native is not None and (styled := alive & natives):
        fitting |= native.narrow(snapshot, opportunity.native, styled, trace)
    return fitting


def _offered(snapshot: Snapshot, opportunity: Opportunity) -> int:
    """Return the candidates of the media that are wanted; sets are as wide as the catalog, so none is copied in vain."""
    fit = snapshot.fit
    offered = fit.display.banners if opportunity.banner is not None else 0
    if opportunity.video is not None:
        offered |= fit.players.videos
    if opportunity.audio is not None:
        offered |= fit.players.sounds
    if opportunity.native is not None:
        offered |= fit.native.natives
    return offered
