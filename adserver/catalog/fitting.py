"""Which creatives fit a space: by media type, size, attributes, duration, assets."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Generic, TypeVar

from adserver.catalog.bits import bits
from adserver.catalog.lists import Blocklist
from adserver.domain.creative import AnyCreative, Banner, Native, Video
from adserver.domain.native_fit import fits
from adserver.domain.opportunity import NativeSpace, VideoSpace
from adserver.domain.reasons import Reason
from adserver.domain.vast import vast_protocol

Space = TypeVar("Space", VideoSpace, NativeSpace)
Step = tuple[Reason, int]
"""A reason and the candidates that pass it."""
REMEMBERED_SPACES = 512
REMEMBERED_LENGTH = 2_048
"""Spaces that are longer than this when written out are judged anew each time."""


class FitIndex:
    """Creatives by what a space can ask of them."""

    def __init__(self, creatives: Sequence[AnyCreative]) -> None:
        size = len(creatives)
        by_size: dict[tuple[int, int], list[int]] = defaultdict(list)
        videos: dict[tuple[int, frozenset[str]], list[int]] = defaultdict(list)
        natives: dict[tuple[object, ...], list[int]] = defaultdict(list)
        models: dict[tuple[object, ...], Native] = {}
        for index, creative in enumerate(creatives):
            if isinstance(creative, Banner):
                by_size[creative.width, creative.height].append(index)
            elif isinstance(creative, Video):
                mimes = frozenset(file.mime for file in creative.media_files)
                videos[creative.duration_s, mimes].append(index)
            else:
                shape = (creative.title, frozenset(creative.texts.items()), creative.images)
                natives[shape].append(index)
                models[shape] = creative
        self.banners = _all_of(by_size.values(), size)
        self.videos = _all_of(videos.values(), size)
        self.natives = _all_of(natives.values(), size)
        self._by_size = {measure: bits(members, size) for measure, members in by_size.items()}
        self._attributes = Blocklist(
            ((index, creative.attributes) for index, creative in enumerate(creatives)), size
        )
        self.secure = bits((i for i, creative in enumerate(creatives) if creative.secure), size)
        self._video_spaces = _Remembered[VideoSpace](
            [
                (partial(video_misfit, duration, mimes), bits(members, size))
                for (duration, mimes), members in videos.items()
            ]
        )
        self._native_spaces = _Remembered[NativeSpace](
            [
                (partial(native_misfit, models[shape]), bits(members, size))
                for shape, members in natives.items()
            ]
        )

    def of_sizes(self, sizes: Iterable[tuple[int, int]]) -> int:
        """Return the banners of exactly one of these sizes."""
        found = 0
        for measure in sizes:
            if measure in self._by_size:
                found |= self._by_size[measure]
        return found

    def with_attributes(self, attributes: Iterable[int]) -> int:
        """Return who has one of these AdCOM creative attributes."""
        return self._attributes.holding(attributes)

    def video_misfits(self, space: VideoSpace) -> tuple[Step, ...]:
        """Return the videos that do not fit this player, by reason."""
        return self._video_spaces.misfits(space)

    def native_misfits(self, space: NativeSpace) -> tuple[Step, ...]:
        """Return the native ads that cannot fill what is required, by reason."""
        return self._native_spaces.misfits(space)


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


def native_misfit(creative: Native, space: NativeSpace) -> Reason | None:
    """Tell why a native ad of this shape does not fit, or `None` if it does."""
    return None if fits(creative, space) else Reason.NATIVE_ASSETS


class _Remembered(Generic[Space]):
    """Answers per distinct space, remembered in a bounded table: publishers ask the same again."""

    def __init__(self, shapes: Sequence[tuple[Callable[[Space], Reason | None], int]]) -> None:
        self._shapes: Sequence[tuple[Callable[[Space], Reason | None], int]] = shapes
        self._answers: dict[Space, tuple[Step, ...]] = {}

    def misfits(self, space: Space) -> tuple[Step, ...]:
        known = self._answers.get(space)
        if known is not None:
            return known
        failing: dict[Reason, int] = {}
        for misfit, members in self._shapes:
            reason = misfit(space)
            if reason is not None:
                failing[reason] = failing.get(reason, 0) | members
        answer = tuple(failing.items())
        # Hostile variety must not fill the memory, neither by number nor by lists of a hundred thousand codes.
        if len(repr(space)) <= REMEMBERED_LENGTH:
            if len(self._answers) >= REMEMBERED_SPACES:
                self._answers.clear()
            self._answers[space] = answer
        return answer


def _all_of(groups: Iterable[Sequence[int]], size: int) -> int:
    return bits((index for group in groups for index in group), size)
