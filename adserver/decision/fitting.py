"""Who fits one opportunity: the right kind, size and manners for its space."""

from adserver.catalog.fitting import Step
from adserver.catalog.snapshot import Snapshot
from adserver.decision.tracing import Trace
from adserver.domain.opportunity import BannerSpace, Opportunity, VideoSpace
from adserver.domain.reasons import Reason

XHTML_BANNER = 2
"""AdCOM banner ad type of an image with a link, the only one we make."""
ACCEPTED_MIMES = frozenset(
    {"text/html", "image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp"}
)


def narrow(snapshot: Snapshot, opportunity: Opportunity, alive: int, trace: Trace) -> int:
    """Return the candidates whose creative may be shown here."""
    fit = snapshot.fit
    banner, video, native = opportunity.banner, opportunity.video, opportunity.native
    offered = (
        (fit.banners if banner is not None else 0)
        | (fit.videos if video is not None else 0)
        | (fit.natives if native is not None else 0)
    )
    alive = trace.narrow(Reason.MEDIA_TYPE, alive, offered)
    if opportunity.secure:
        alive = trace.narrow(Reason.INSECURE, alive, fit.secure)
    fitting = 0
    if banner is not None and alive & fit.banners:
        fitting |= _banners(snapshot, banner, alive & fit.banners, trace)
    if video is not None and alive & fit.videos:
        fitting |= _videos(snapshot, video, alive & fit.videos, trace)
    if native is not None and alive & fit.natives:
        fitting |= _well_behaved(
            snapshot,
            native.blocked_attributes,
            _without(fit.native_misfits(native), alive & fit.natives, trace),
            trace,
        )
    return fitting


def _banners(snapshot: Snapshot, space: BannerSpace, alive: int, trace: Trace) -> int:
    if XHTML_BANNER in space.blocked_types:
        return trace.narrow(Reason.BLOCKED_TYPE, alive, 0, space.blocked_types)
    if space.mimes and ACCEPTED_MIMES.isdisjoint(space.mimes):
        return trace.narrow(Reason.MIME, alive, 0, space.mimes)
    if space.sizes:
        passing = snapshot.fit.of_sizes(space.sizes)
        alive = trace.narrow(Reason.SIZE, alive, passing, space.sizes)
    return _well_behaved(snapshot, space.blocked_attributes, alive, trace)


def _videos(snapshot: Snapshot, space: VideoSpace, alive: int, trace: Trace) -> int:
    alive = _without(snapshot.fit.video_misfits(space), alive, trace)
    if space.size is not None:
        passing = snapshot.sizes.accepting(f"{space.size[0]}x{space.size[1]}")
        alive = trace.narrow(Reason.SIZE, alive, passing, space.size)
    return _well_behaved(snapshot, space.blocked_attributes, alive, trace)


def _without(misfits: tuple[Step, ...], alive: int, trace: Trace) -> int:
    for reason, members in misfits:
        alive = trace.narrow(reason, alive, ~members)
    return alive


def _well_behaved(snapshot: Snapshot, blocked: tuple[int, ...], alive: int, trace: Trace) -> int:
    if blocked:
        bad = snapshot.fit.with_attributes(blocked)
        alive = trace.narrow(Reason.BLOCKED_ATTRIBUTE, alive, ~bad, blocked)
    return alive
