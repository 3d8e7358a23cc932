"""What an imp offers room for: banners and players as the core sees them (native has a module of its own)."""

from adserver.domain.opportunity import Apart, AudioSpace, BannerSpace, Pod, VideoSpace
from adserver.openrtb.request import Audio, Banner, Format, Player, Video

MAX_SIZES = 64
MAX_RENDITIONS = 64
MAX_APIS = 64
MAX_COMPANIONS = 16
UNLIMITED = -1
"""OpenRTB's `maxextended` where an advertisement may last as long as it likes."""
STATIC_COMPANION = 1
"""OpenRTB's `companiontype` of pictures, the only companions that we make."""
DELIVERIES = {1: "streaming", 2: "progressive", 3: "progressive"}
"""AdCOM's delivery methods; what is to be downloaded first is a plain file, as what plays while it arrives."""
SLOTS = frozenset({-1, 1, 2})
"""OpenRTB's `slotinpod`, but for 0, which is any: last, first, first or last."""
_Terms = tuple[
    tuple[str, ...],
    int,
    int | None,
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    tuple[int, ...],
    int,
    int | None,
    tuple[str, ...],
    tuple[tuple[int, int], ...],
]
"""The fields of `PlayerSpace`."""
APART = {kind.value: kind for kind in Apart}


def banner_space(banner: Banner, instl: int | None = None) -> BannerSpace | None:
    """Return the sizes, ratios and blocks, or `None` where only half sizes are named.

    `format` goes before `w` and `h`; where one of its entries has both a size and a ratio, the size is meant
    (OpenRTB 2.6, 3.2.10). A space that names no size at all takes any. `instl` says that it fills the screen; that
    other sizes than the named would then fit is nothing that the standard says (see `BannerSpace.largest`).
    """
    sizes: list[tuple[int, int]] = []
    ratios: tuple[tuple[int, int, int], ...] = ()
    if banner.format:
        formats = banner.format[:MAX_SIZES]
        sizes = [(each.w, each.h) for each in formats if each.w and each.h]
        if len(sizes) < len(formats):
            ratios = _ratios(formats)
    if not sizes:
        if banner.w and banner.h:
            sizes.append((banner.w, banner.h))
        elif not ratios and (banner.format or banner.w or banner.h):
            return None
    return BannerSpace(
        tuple(sizes),
        tuple(banner.battr) if banner.battr else (),
        tuple(banner.btype) if banner.btype else (),
        tuple(banner.mimes[:MAX_RENDITIONS]) if banner.mimes else (),
        ratios,
        tuple(banner.api[:MAX_APIS]) if banner.api else (),
        instl == 1,
    )


def _ratios(formats: list[Format]) -> tuple[tuple[int, int, int], ...]:
    """Return what is named by ratio alone, with the least width."""
    return tuple(
        [
            (each.wratio, each.hratio, each.wmin or 0)
            for each in formats
            if each.wratio and each.hratio and not (each.w and each.h)
        ]
    )


def video_space(video: Video) -> VideoSpace | None:
    """Return the player's terms, or `None` without its one required field, `mimes`, or where nothing can be offered."""
    if not video.mimes or _no_duration(video):
        return None
    size = (video.w, video.h) if video.w and video.h else None
    skippable = None if video.skip is None else video.skip == 1
    return VideoSpace(*_player(video, video.protocol), size, video.linearity, skippable)


def audio_space(audio: Audio) -> AudioSpace | None:
    """Return the terms of a player of sounds; `None` as for videos."""
    if not audio.mimes or _no_duration(audio):
        return None
    return AudioSpace(*_player(audio, None))


def pod(player: Player, name: str) -> Pod | None:
    """Return the break that this imp is a slot of, or all of; `None` if it stands alone.

    `name` is the imp's id: a pod without an id of its own is this imp's. Only a pod with a length (`poddur`) takes
    several advertisements for one imp, so only there `maxseq` counts.
    """
    if player.podid in {None, ""} and not player.poddur:
        return None
    return Pod(
        f"imp {name}" if player.podid in {None, ""} else f"pod {player.podid}",
        player.poddur or None,
        (player.maxseq or None) if player.poddur else None,
        player.slotinpod if player.slotinpod in SLOTS else 0,
        tuple([APART[code] for code in player.poddedupe if code in APART])
        if player.poddedupe
        else (),
    )


def _player(player: Player, protocol: int | None) -> _Terms:
    """Return what `PlayerSpace` has, in the order of its fields: names would double the time."""
    protocols = tuple(player.protocols) if player.protocols else ()
    if protocol is not None and not protocols:
        protocols = (protocol,)
    return (
        tuple(
            [
                mime.partition(";")[0].strip().lower()
                for mime in (player.mimes or ())[:MAX_RENDITIONS]
            ]
        ),
        player.minduration or 0,
        _longest_s(player),
        tuple(_required_s(player)) if player.rqddurs else (),
        protocols,
        tuple(player.battr) if player.battr else (),
        tuple(player.api[:MAX_APIS]) if player.api else (),
        player.minbitrate or 0,
        player.maxbitrate or None,
        _deliveries(player.delivery) if player.delivery else (),
        _companions(player.companionad, player.companiontype) if player.companionad else (),
    )


def _deliveries(codes: list[int]) -> tuple[str, ...]:
    return tuple(sorted({DELIVERIES[code] for code in codes if code in DELIVERIES}))


def _required_s(player: Player) -> list[int]:
    """Return the exact durations of which one is asked for, but for those that the pod has no room for."""
    most = player.poddur
    return [each for each in player.rqddurs or () if not most or each <= most]


def _no_duration(player: Player) -> bool:
    """Tell whether none of the required durations has room in the pod: a fault of whoever asks."""
    return bool(player.rqddurs) and not _required_s(player)


def _longest_s(player: Player) -> int | None:
    """Return the longest duration that one advertisement may have, if anything limits it.

    `maxextended` adds to `maxduration`; a pod (`poddur`) is never shorter than one of its advertisements. Where
    durations are required, `maxduration` must not be there (OpenRTB 2.6, 3.2.7), so it says nothing.
    """
    if player.rqddurs:
        return max(_required_s(player))
    longest = player.maxduration or None
    if longest is not None and player.maxextended:
        longest = None if player.maxextended == UNLIMITED else longest + max(0, player.maxextended)
    if not player.poddur:
        return longest
    return player.poddur if longest is None else min(longest, player.poddur)


def _companions(spaces: list[Banner], types: list[int] | None) -> tuple[tuple[int, int], ...]:
    if types and STATIC_COMPANION not in types:
        return ()
    found: list[tuple[int, int]] = []
    for each in spaces[:MAX_COMPANIONS]:
        space = banner_space(each)
        if space is not None:
            found += space.sizes
    return tuple(dict.fromkeys(found[:MAX_SIZES]))
