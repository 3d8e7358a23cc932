"""Which videos and sounds a player can play: by duration, type, protocol, manners."""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from adserver.catalog.bits import bits
from adserver.catalog.fitting.spaces import Remembered, Step
from adserver.domain.creative import AnyCreative, Audio, Video
from adserver.domain.opportunity import AudioSpace, VideoSpace
from adserver.domain.reasons import Reason
from adserver.domain.vast import vast_protocol


class PlayerIndex:
    """Videos and sounds by what a player can ask of them."""

    def __init__(self, creatives: Sequence[AnyCreative]) -> None:
        size = len(creatives)
        videos: dict[tuple[int, frozenset[str]], list[int]] = defaultdict(list)
        for index, creative in enumerate(creatives):
            if isinstance(creative, Video):
                mimes = frozenset(file.mime for file in creative.media_files)
                videos[creative.duration_s, mimes].append(index)
        self.videos = bits((i for i, each in enumerate(creatives) if isinstance(each, Video)), size)
        self.sounds = bits((i for i, each in enumerate(creatives) if isinstance(each, Audio)), size)
        self._video_spaces = Remembered[VideoSpace](
            [
                (partial(video_misfit, duration, mimes), bits(members, size))
                for (duration, mimes), members in videos.items()
            ]
        )

    def video_misfits(self, space: VideoSpace) -> tuple[Step, ...]:
        """Return the videos that do not fit this player, by reason."""
        return self._video_spaces.misfits(space)

    def audio_misfits(self, space: AudioSpace) -> tuple[Step, ...]:
        """Return the sounds that do not fit this player, by reason."""
        raise NotImplementedError


def video_misfit(duration_s: int, mimes: frozenset[str], space: VideoSpace) -> Reason | None:
    """Tell why a video of this duration and these renditions does not fit, or `None` if it does."""
    if space.linearity == 2:  # noqa: PLR2004 - OpenRTB: 2 is non-linear, an overlay
        return Reason.LINEARITY
    if space.durations_s:
        if duration_s not in space.durations_s:
            return Reason.DURATION
    elif duration_s < space.min_duration_s or (
        space.max_duration_s is not None and duration_s > space.max_duration_s
    ):
        return Reason.DURATION
    if space.mimes and mimes.isdisjoint(space.mimes):
        return Reason.MIME
    if vast_protocol(space.protocols) is None:
        return Reason.PROTOCOL
    return None
