"""What an imp offers room for: banner and video as the core sees them (native has a module of its own)."""

from adserver.domain.opportunity import BannerSpace, VideoSpace
from adserver.openrtb.request import Banner, Video

MAX_SIZES = 64
MAX_RENDITIONS = 64


def banner_space(banner: Banner) -> BannerSpace | None:
    """Return the sizes and blocks, or `None` where only flexible or half sizes are asked for.

    `format` goes before `w` and `h`. A space that names no size at all takes any.
    """
    sizes: list[tuple[int, int]] = []
    if banner.format:
        sizes = [(each.w, each.h) for each in banner.format[:MAX_SIZES] if each.w and each.h]
    if not sizes:
        if banner.w and banner.h:
            sizes.append((banner.w, banner.h))
        elif banner.format or banner.w or banner.h:
            return None
    return BannerSpace(
        tuple(sizes),
        tuple(banner.battr) if banner.battr else (),
        tuple(banner.btype) if banner.btype else (),
        tuple(banner.mimes[:MAX_RENDITIONS]) if banner.mimes else (),
    )


def video_space(video: Video) -> VideoSpace | None:
    """Return the player's terms, or `None` without its one required field, `mimes`.

    In a dynamic pod (`poddur`) we offer one ad, so the pod's length is a limit like `maxduration`.
    """
    if not video.mimes:
        return None
    protocols = tuple(video.protocols) if video.protocols else ()
    if video.protocol is not None and not protocols:
        protocols = (video.protocol,)
    return VideoSpace(
        mimes=tuple([mime.strip().lower() for mime in video.mimes[:MAX_RENDITIONS]]),
        min_duration_s=video.minduration or 0,
        max_duration_s=longest_s(video),
        durations_s=tuple(video.rqddurs) if video.rqddurs else (),
        protocols=protocols,
        size=(video.w, video.h) if video.w and video.h else None,
        linearity=video.linearity,
        blocked_attributes=tuple(video.battr) if video.battr else (),
    )


def longest_s(video: Video) -> int | None:
    """Return the longest duration that may be offered, if anything limits it."""
    limit = video.maxduration or video.poddur or None
    if limit and video.poddur:
        limit = min(limit, video.poddur)
    if video.rqddurs:  # exactly one of these, whatever else is said
        limit = max(video.rqddurs)
    return limit
