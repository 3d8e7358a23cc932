"""Whether a player can play a video or a sound, and if not, why."""

from typing import NamedTuple

from adserver.domain.creative import Audio, Video
from adserver.domain.opportunity import PlayerSpace, VideoSpace
from adserver.domain.reasons import Reason
from adserver.domain.vast import (
    FIRST_WITH_SKIP,
    SKIPPABLE,
    Rendition,
    plays_bitrate,
    plays_delivery,
    plays_type,
    rendition,
    vast_protocol,
    version_of,
)

NON_LINEAR = 2
"""OpenRTB's `linearity` of an overlay."""


class Shape(NamedTuple):
    """All of a video or a sound that a player may refuse: many creatives have the same."""

    duration_s: int
    renditions: frozenset[Rendition]
    """None: a third party has the files, and asks the player itself."""
    wraps: str | None
    apis: frozenset[int]
    """API frameworks that it cannot do without."""
    skips: bool
    """It brings its own button to skip."""


def shape(creative: Video | Audio) -> Shape:
    """Return what of a creative a player may refuse."""
    files = creative.media_files if isinstance(creative, Video) else creative.audio_files
    return Shape(
        creative.duration_s,
        frozenset(map(rendition, files)),
        creative.wraps,
        frozenset(creative.apis),
        isinstance(creative, Video) and creative.skip_after_s is not None,
    )


def misfit(shape: Shape, space: PlayerSpace) -> Reason | None:
    """Tell why a creative of this shape does not fit the player, or `None` if it does."""
    video = space if isinstance(space, VideoSpace) else None
    if video is not None and video.linearity == NON_LINEAR:
        return Reason.LINEARITY
    if not lasts(shape.duration_s, space):
        return Reason.DURATION
    protocol = vast_protocol(space.protocols, shape.wraps)
    if protocol is None:
        return Reason.PROTOCOL
    if not shape.apis.issubset(space.apis):
        return Reason.API
    if shape.skips and _skip_is_unwelcome(shape, space, version_of(protocol)):
        return Reason.BLOCKED_ATTRIBUTE
    return _no_file(shape, space) if shape.wraps is None else None


def lasts(duration_s: int, space: PlayerSpace) -> bool:
    """Tell whether an advertisement of this duration may be offered."""
    if space.durations_s:
        return duration_s in space.durations_s
    longest = space.max_duration_s
    return space.min_duration_s <= duration_s and (longest is None or duration_s <= longest)


def _skip_is_unwelcome(shape: Shape, space: PlayerSpace, version: str) -> bool:
    """Tell whether the advertisement's own button is blocked, or would stand beside the player's."""
    if isinstance(space, VideoSpace) and space.skippable:
        return shape.wraps is not None  # ours is left out; a third party's stays
    return SKIPPABLE in space.blocked_attributes and version >= FIRST_WITH_SKIP


def _no_file(shape: Shape, space: PlayerSpace) -> Reason | None:
    """Tell what leaves no file to play: of the right type, then of a bit rate, then as it is delivered."""
    files = [file for file in shape.renditions if plays_type(space, file)]
    if not files:
        return Reason.MIME
    files = [file for file in files if plays_bitrate(space, file)]
    if not files:
        return Reason.BITRATE
    return None if any(plays_delivery(space, file) for file in files) else Reason.DELIVERY
