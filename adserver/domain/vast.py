"""Which VAST version to answer a player with, and what of a video or a sound it can then play."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from adserver.domain.creative import AudioFile, MediaFile, Played, Video
from adserver.domain.opportunity import PlayerSpace, VideoSpace

VAST_VERSIONS: Mapping[int, str] = {
    2: "2.0", 3: "3.0", 7: "4.0", 11: "4.1", 13: "4.2", 15: "4.3",
}  # fmt: skip
"""The protocols that we write inline, by their AdCOM number, oldest first."""
VAST_WRAPPERS: Mapping[int, str] = {
    5: "2.0", 6: "3.0", 8: "4.0", 12: "4.1", 14: "4.2", 16: "4.3",
}  # fmt: skip
"""The same for wrappers: documents that lead to somebody else's."""

UNSAID = 3
"""Answer to a player that names no protocol: 3.0 is the oldest version that every player in use reads
(newer ones must read it), while a player of 3.0 may stumble over what 4.x demands.
"""
UNSAID_WRAPPER = 6

FIRST_WITH_ICONS = "3.0"
FIRST_WITH_SKIP = "3.0"
SKIPPABLE = 16
"""AdCOM's creative attribute of an advertisement that brings its own button to skip."""
OPEN_MEASUREMENT = 7
"""AdCOM's API framework of players that run verification scripts."""

PICTURE_TYPES: Mapping[str, str] = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
}  # fmt: skip
"""Of pictures beside a player, by the ends of their addresses."""

Rendition = tuple[str, int, str]
"""Of a file what a player may refuse: media type in lower case, kilobits per second (0: unknown), delivery."""


def vast_protocol(offered: Sequence[int], wraps: str | None = None) -> int | None:
    """Return the newest of the offered AdCOM protocols that we write; `None` if there is none.

    `wraps` is the version of the document that a wrapper of ours leads to; `None`: there is none, we answer inline.
    AdCOM lists wrappers as protocols of their own, so inline versions alone are no offer to a wrapper, nor wrappers
    to an inline answer. What a wrapper leads to has to be read by the same player: whoever follows wrappers of one
    version reads documents of that version and of older ones, but nothing is known of newer ones. So the wrapper may be
    newer than what it leads to, never older.
    """
    if wraps is None:
        if not offered:
            return UNSAID
        return max((protocol for protocol in offered if protocol in VAST_VERSIONS), default=None)
    following = [
        protocol
        for protocol in offered or (UNSAID_WRAPPER,)
        if VAST_WRAPPERS.get(protocol, "") >= wraps
    ]
    return max(following, default=None)


def version_of(protocol: int) -> str:
    """Return the VAST version of a protocol that `vast_protocol` returned."""
    return VAST_VERSIONS.get(protocol) or VAST_WRAPPERS[protocol]


def rendition(file: MediaFile | AudioFile) -> Rendition:
    """Return what of a file a player may refuse."""
    return file.mime.lower(), file.bitrate_kbps, file.delivery


def plays_type(space: PlayerSpace, file: Rendition) -> bool:
    """Tell whether the player takes this media type."""
    return not space.mimes or file[0] in space.mimes


def plays_bitrate(space: PlayerSpace, file: Rendition) -> bool:
    """Tell whether the bit rate lies within the player's bounds; one that nobody wrote down does."""
    kbps, most = file[1], space.max_bitrate_kbps
    return not kbps or (space.min_bitrate_kbps <= kbps and (most is None or kbps <= most))


def plays_delivery(space: PlayerSpace, file: Rendition) -> bool:
    """Tell whether the player takes files delivered like this."""
    return not space.deliveries or file[2] in space.deliveries


def plays(space: PlayerSpace, file: Rendition) -> bool:
    """Tell whether the player can play this file."""
    return plays_type(space, file) and plays_bitrate(space, file) and plays_delivery(space, file)


def brings_skip(creative: Played, space: PlayerSpace) -> bool:
    """Tell whether what we answer brings its own button to skip, as attribute 16 declares.

    Not where the player adds one (`skip` is 1: the attribute must not be sent, OpenRTB 2.6, 7.4), nor before VAST 3.0,
    which has no `skipoffset`.
    """
    if not isinstance(creative, Video) or creative.skip_after_s is None:
        return False
    if isinstance(space, VideoSpace) and space.skippable:
        return False
    protocol = vast_protocol(space.protocols, creative.wraps)
    return protocol is not None and version_of(protocol) >= FIRST_WITH_SKIP


def measured(creative: Played, space: PlayerSpace) -> bool:
    """Tell whether verification scripts go along: only a player that lists Open Measurement runs them."""
    return bool(creative.verifications) and OPEN_MEASUREMENT in space.apis


def picture_type(address: str) -> str:
    """Return the media type of a picture by the end of its address; nothing if that does not tell."""
    return PICTURE_TYPES.get(urlsplit(address).path.rpartition(".")[2].lower(), "")
