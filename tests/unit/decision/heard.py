"""The obvious way to tell whether a player can play something: one file after the other, one rule after the other."""

from adserver.domain.creative import Audio, AudioFile, MediaFile, Video
from adserver.domain.opportunity import Opportunity, PlayerSpace, VideoSpace

INLINE = {2: "2.0", 3: "3.0", 7: "4.0", 11: "4.1", 13: "4.2", 15: "4.3"}
WRAPPER = {5: "2.0", 6: "3.0", 8: "4.0", 12: "4.1", 14: "4.2", 16: "4.3"}


def can_play(creative: Video | Audio, space: Opportunity) -> bool:
    """Tell whether the opportunity's player can play it, whatever its size."""
    player = space.video if isinstance(creative, Video) else space.audio
    if player is None or (isinstance(player, VideoSpace) and player.linearity == 2):
        return False
    version = _version(creative, player)
    if version is None or not set(creative.apis) <= set(player.apis):
        return False
    if not _skips_well(creative, player, version):
        return False
    files: tuple[MediaFile | AudioFile, ...] = (
        creative.media_files if isinstance(creative, Video) else creative.audio_files
    )
    return (
        _lasts(creative.duration_s, player)
        and (creative.wrapped_url is not None or any(_takes(player, file) for file in files))
        and not set(creative.attributes) & set(player.blocked_attributes)
    )


def _version(creative: Video | Audio, player: PlayerSpace) -> str | None:
    if creative.wrapped_url is None:
        offered = [INLINE[each] for each in player.protocols or (3,) if each in INLINE]
    else:
        followed = [WRAPPER[each] for each in player.protocols or (6,) if each in WRAPPER]
        offered = [each for each in followed if each >= creative.wrapped_version]
    return max(offered, default=None)


def _skips_well(creative: Video | Audio, player: PlayerSpace, version: str) -> bool:
    if not isinstance(creative, Video) or creative.skip_after_s is None:
        return True
    if isinstance(player, VideoSpace) and player.skippable:
        return creative.wrapped_url is None
    return version == "2.0" or 16 not in player.blocked_attributes


def _lasts(seconds: int, player: PlayerSpace) -> bool:
    if player.durations_s:
        return seconds in player.durations_s
    longest = player.max_duration_s if player.max_duration_s is not None else 10**9
    return player.min_duration_s <= seconds <= longest


def _takes(player: PlayerSpace, file: MediaFile | AudioFile) -> bool:
    kbps = file.bitrate_kbps or player.min_bitrate_kbps  # unknown is as it should be
    return (
        (not player.mimes or file.mime in player.mimes)
        and kbps >= player.min_bitrate_kbps
        and (not file.bitrate_kbps or kbps <= (player.max_bitrate_kbps or 10**9))
        and (not player.deliveries or file.delivery in player.deliveries)
    )
