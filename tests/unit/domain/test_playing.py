"""Why a player cannot play something."""

import pytest
from msgspec.structs import replace

from adserver.domain.creative import Audio, AudioFile, MediaFile, Played, Video
from adserver.domain.opportunity import AudioSpace, PlayerSpace, VideoSpace
from adserver.domain.playing import misfit, shape
from adserver.domain.reasons import Reason
from adserver.domain.vast import brings_skip, measured
from tests.unit.adapters_channels.played import SCRIPT

FILES = (
    MediaFile(url="https://cdn.example/s.mp4", width=640, height=360, bitrate_kbps=500),
    MediaFile(url="https://cdn.example/l.mp4", width=1280, height=720, bitrate_kbps=2_000),
    MediaFile(
        url="https://cdn.example/l.m3u8", width=1280, height=720, mime="application/x-mpegURL",
        delivery="streaming",
    ),
)  # fmt: skip
VIDEO = Video(id="v", landing_url="https://shop.example/", duration_s=15, media_files=FILES)
SKIPPING = replace(VIDEO, skip_after_s=5)
TAGGED = replace(
    SKIPPING, media_files=(), wrapped_url="https://third.example/", wrapped_version="3.0"
)
NEEDY = replace(VIDEO, apis=(7,))
SOUND = Audio(
    id="a", landing_url="https://shop.example/", duration_s=30,
    audio_files=(AudioFile(url="https://cdn.example/a.mp3", bitrate_kbps=128),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("creative", "space", "reason"),
    [
        (VIDEO, VideoSpace(mimes=("application/x-mpegurl",)), None),
        (VIDEO, VideoSpace(mimes=("video/webm",)), Reason.MIME),
        (VIDEO, VideoSpace(mimes=("video/mp4",), min_bitrate_kbps=501, max_bitrate_kbps=1_999), Reason.BITRATE),
        (VIDEO, VideoSpace(mimes=("video/mp4",), min_bitrate_kbps=500), None),
        (VIDEO, VideoSpace(max_bitrate_kbps=499), None),  # of the stream nobody wrote it down
        (VIDEO, VideoSpace(mimes=("video/mp4",), deliveries=("streaming",)), Reason.DELIVERY),
        (VIDEO, VideoSpace(deliveries=("streaming",)), None),
        (VIDEO, VideoSpace(deliveries=("progressive", "streaming")), None),
        (NEEDY, VideoSpace(apis=(1, 2)), Reason.API),
        (NEEDY, VideoSpace(apis=(7,)), None),
        (NEEDY, VideoSpace(), Reason.API),  # what is not listed is not there
        (SKIPPING, VideoSpace(blocked_attributes=(16,)), Reason.BLOCKED_ATTRIBUTE),
        (SKIPPING, VideoSpace(blocked_attributes=(16,), skippable=False), Reason.BLOCKED_ATTRIBUTE),
        (SKIPPING, VideoSpace(blocked_attributes=(16,), skippable=True), None),  # the button is the player's
        (SKIPPING, VideoSpace(blocked_attributes=(16,), protocols=(2,)), None),  # 2.0 knows no button
        (VIDEO, VideoSpace(blocked_attributes=(16,)), None),
        (TAGGED, VideoSpace(mimes=("video/x-unheard",), max_bitrate_kbps=1), None),  # theirs to answer
        (TAGGED, VideoSpace(protocols=(2, 3, 5)), Reason.PROTOCOL),
        (TAGGED, VideoSpace(protocols=(6,)), None),
        (TAGGED, VideoSpace(skippable=True), Reason.BLOCKED_ATTRIBUTE),  # two buttons
        (TAGGED, VideoSpace(max_duration_s=14), Reason.DURATION),
        (SOUND, AudioSpace(mimes=("audio/mpeg",), protocols=(2, 3), max_duration_s=30), None),
        (SOUND, AudioSpace(mimes=("audio/mp4",)), Reason.MIME),
        (SOUND, AudioSpace(protocols=(9, 10)), Reason.PROTOCOL),  # DAAST
        (SOUND, AudioSpace(durations_s=(15,)), Reason.DURATION),
        (SOUND, AudioSpace(max_bitrate_kbps=96), Reason.BITRATE),
    ],
)  # fmt: skip
def test_players_refuse_by_name(
    creative: Video | Audio, space: PlayerSpace, reason: Reason | None
) -> None:
    assert misfit(shape(creative), space) is reason


@pytest.mark.parametrize(
    ("creative", "space", "brings"),
    [
        (SKIPPING, VideoSpace(), True),
        (SKIPPING, VideoSpace(skippable=False), True),
        (SKIPPING, VideoSpace(skippable=True), False),
        (SKIPPING, VideoSpace(protocols=(2,)), False),
        (VIDEO, VideoSpace(), False),
        (TAGGED, VideoSpace(protocols=(6,)), True),
        (SOUND, AudioSpace(), False),
    ],
)
def test_attribute_16_is_true_of_what_brings_a_button(
    creative: Played, space: PlayerSpace, *, brings: bool
) -> None:
    assert brings_skip(creative, space) is brings


def test_scripts_run_where_open_measurement_is_listed() -> None:
    scripted = replace(VIDEO, verifications=(SCRIPT,))
    assert measured(scripted, VideoSpace(apis=(2, 7)))
    assert not measured(scripted, VideoSpace(apis=(2,)))
    assert not measured(VIDEO, VideoSpace(apis=(7,)))
