"""Which videos and sounds a player can play: by duration, type, bit rate, protocol, manners."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate
from operator import or_

from adserver.catalog.fitting.spaces import Remembered, Step
from adserver.domain.bits import bits, few
from adserver.domain.creative import AnyCreative, Audio, Played, Video
from adserver.domain.opportunity import AudioSpace, VideoSpace
from adserver.domain.playing import Shape, misfit, shape
from adserver.domain.reasons import Reason


class PlayerIndex:
    """Videos and sounds by what a player can ask of them."""

    def __init__(self, creatives: Sequence[AnyCreative]) -> None:
        size = len(creatives)
        videos: dict[Shape, list[int]] = defaultdict(list)
        sounds: dict[Shape, list[int]] = defaultdict(list)
        lasting: dict[int, list[int]] = defaultdict(list)
        wrapping: dict[str | None, list[int]] = defaultdict(list)
        for index, creative in enumerate(creatives):
            if not isinstance(creative, Video | Audio):
                continue
            lasting[creative.duration_s].append(index)
            if isinstance(creative, Video):
                videos[shape(creative)].append(index)
                wrapping[creative.wraps].append(index)
            else:
                sounds[shape(creative)].append(index)
        self.videos = bits((i for i, each in enumerate(creatives) if isinstance(each, Video)), size)
        self.sounds = bits((i for i, each in enumerate(creatives) if isinstance(each, Audio)), size)
        self.videos_wrapping: Mapping[str | None, int] = {
            version: bits(members, size) for version, members in wrapping.items()
        }
        """Videos by the VAST version of the third party's document that they lead to; `None`: our own."""
        self._durations = sorted(lasting)
        self._lasting_up_to = list(
            accumulate((bits(lasting[each], size) for each in self._durations), or_)
        )
        self._sharing = _shared_files(creatives)
        self._video_spaces = Remembered[VideoSpace](_judges(videos, size))
        self._audio_spaces = Remembered[AudioSpace](_judges(sounds, size))

    def video_misfits(self, space: VideoSpace) -> tuple[Step, ...]:
        """Return the videos that do not fit this player, by reason."""
        return self._video_spaces.misfits(space)

    def audio_misfits(self, space: AudioSpace) -> tuple[Step, ...]:
        """Return the sounds that do not fit this player, by reason."""
        return self._audio_spaces.misfits(space)

    def lasting_at_most(self, seconds: int) -> int:
        """Return the videos and sounds that are over by then."""
        position = bisect_right(self._durations, seconds)
        return self._lasting_up_to[position - 1] if position else 0

    def with_files_of(self, creative: AnyCreative) -> int:
        """Return who plays a file that this creative plays, too, though it is another creative."""
        return few({index for url in _urls(creative) for index in self._sharing.get(url, ())})


def _judges(shapes: Mapping[Shape, list[int]], size: int) -> list[tuple["_Judge", int]]:
    return [(partial(misfit, each), bits(members, size)) for each, members in shapes.items()]


_Judge = partial[Reason | None]


def _urls(creative: AnyCreative) -> list[str]:
    if isinstance(creative, Video):
        return [file.url for file in creative.media_files]
    return [file.url for file in creative.audio_files] if isinstance(creative, Audio) else []


def _shared_files(creatives: Sequence[AnyCreative]) -> Mapping[str, Sequence[int]]:
    """Return candidates by file, for those few files that several creatives play."""
    names: dict[str, set[str]] = defaultdict(set)
    for creative in creatives:
        if isinstance(creative, Played):
            for url in _urls(creative):
                names[url].add(creative.id)
    shared = {url for url, users in names.items() if len(users) > 1}
    members: dict[str, list[int]] = defaultdict(list)
    for index, creative in enumerate(creatives) if shared else ():
        for url in shared.intersection(_urls(creative)):
            members[url].append(index)
    return members
