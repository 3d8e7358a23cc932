"""Which videos and sounds may be played in a player."""

from adserver.catalog.snapshot import Snapshot
from adserver.decision.fitting.manners import well_behaved, without
from adserver.decision.tracing import Trace
from adserver.domain.opportunity import AudioSpace, VideoSpace
from adserver.domain.reasons import Reason


def narrow_videos(snapshot: Snapshot, space: VideoSpace, alive: int, trace: Trace) -> int:
    """Return the candidates whose video may be played here."""
    alive = without(snapshot.fit.players.video_misfits(space), alive, trace)
    if space.size is not None:
        passing = snapshot.sizes.accepting(f"{space.size[0]}x{space.size[1]}")
        alive = trace.narrow(Reason.SIZE, alive, passing, space.size)
    return well_behaved(snapshot, space.blocked_attributes, alive, trace)


def narrow_sounds(snapshot: Snapshot, space: AudioSpace, alive: int, trace: Trace) -> int:
    """Return the candidates whose sound may be played here."""
    alive = without(snapshot.fit.players.audio_misfits(space), alive, trace)
    return well_behaved(snapshot, space.blocked_attributes, alive, trace)
