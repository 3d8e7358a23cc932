"""Who fits one opportunity: the right kind, size and manners for its space."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision import placement
from adserver.decision.fitting import display, manners, native, players
from adserver.decision.tracing import Trace
from adserver.domain.opportunity import Opportunity
from adserver.domain.reasons import Reason


def narrow(snapshot: Snapshot, opportunity: Opportunity, alive: int, trace: Trace) -> int:
    """Return the candidates whose creative may be shown here."""
    fit = snapshot.fit
    banners, videos, natives = fit.display.banners, fit.players.videos, fit.native.natives
    sounds = fit.players.sounds if opportunity.audio is not None else 0
    offered = (
        (banners if opportunity.banner is not None else 0)
        | (videos if opportunity.video is not None else 0)
        | sounds
        | (natives if opportunity.native is not None else 0)
    )
    alive = trace.narrow(Reason.MEDIA_TYPE, alive, offered)
    if snapshot.space_rules:
        alive = placement.narrow(snapshot, opportunity, alive, trace)
    if opportunity.secure:
        alive = trace.narrow(Reason.INSECURE, alive, fit.secure)
    if (
        opportunity.allowed_vendors is not None
        or opportunity.allowed_restrictions is not None
        or opportunity.blocked_creatives
    ):
        alive = manners.welcome(snapshot, opportunity, alive, trace)
    fitting = 0
    if opportunity.banner is not None and alive & banners:
        fitting |= display.narrow(snapshot, opportunity.banner, alive & banners, trace)
    if opportunity.video is not None and alive & videos:
        fitting |= players.narrow_videos(snapshot, opportunity.video, alive & videos, trace)
    if opportunity.audio is not None and alive & sounds:
        fitting |= players.narrow_sounds(snapshot, opportunity.audio, alive & sounds, trace)
    if opportunity.native is not None and alive & natives:
        fitting |= native.narrow(snapshot, opportunity.native, alive & natives, trace)
    return fitting
