"""What players of videos and sounds say of themselves, and of the break that they stand in."""

from typing import Any

import pytest

from adserver.domain.opportunity import Apart, AudioSpace, Pod, VideoSpace
from adserver.domain.reasons import Reason
from tests.unit.openrtb.wire import imp, opportunity, read, request

MIMES = {"mimes": ["video/mp4"]}


def video(**fields: Any) -> VideoSpace:
    """Return the player of an imp that says so much."""
    found = opportunity(video=MIMES | fields).video
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("fields", "space"),
    [
        ({}, VideoSpace(mimes=("video/mp4",))),
        ({"mimes": [" Video/MP4; codecs=avc1 "]}, VideoSpace(mimes=("video/mp4",))),
        ({"w": 640, "h": 360, "linearity": 1}, VideoSpace(mimes=("video/mp4",), size=(640, 360), linearity=1)),
        ({"api": [2, 7], "battr": [16]}, VideoSpace(mimes=("video/mp4",), apis=(2, 7), blocked_attributes=(16,))),
        ({"minbitrate": 300, "maxbitrate": 1500}, VideoSpace(mimes=("video/mp4",), min_bitrate_kbps=300, max_bitrate_kbps=1500)),
        ({"delivery": [1]}, VideoSpace(mimes=("video/mp4",), deliveries=("streaming",))),
        ({"delivery": [2, 3]}, VideoSpace(mimes=("video/mp4",), deliveries=("progressive",))),
        ({"delivery": [3, 1]}, VideoSpace(mimes=("video/mp4",), deliveries=("progressive", "streaming"))),
        ({"delivery": [99]}, VideoSpace(mimes=("video/mp4",))),
        ({"skip": 1}, VideoSpace(mimes=("video/mp4",), skippable=True)),
        ({"skip": 0}, VideoSpace(mimes=("video/mp4",), skippable=False)),
        ({"protocol": 3}, VideoSpace(mimes=("video/mp4",), protocols=(3,))),
        ({"protocol": 3, "protocols": [2]}, VideoSpace(mimes=("video/mp4",), protocols=(2,))),
        ({"rqddurs": [15, 30]}, VideoSpace(mimes=("video/mp4",), max_duration_s=30, durations_s=(15, 30))),
    ],
)  # fmt: skip
def test_a_player_of_videos(fields: dict[str, Any], space: VideoSpace) -> None:
    assert video(**fields) == space


@pytest.mark.parametrize(
    ("fields", "longest"),
    [
        ({}, None),
        ({"maxduration": 30}, 30),
        ({"maxduration": 30, "maxextended": 0}, 30),
        ({"maxduration": 30, "maxextended": 15}, 45),
        ({"maxduration": 30, "maxextended": -1}, None),
        ({"maxduration": 30, "maxextended": -7}, 30),
        ({"poddur": 60}, 60),
        ({"maxduration": 30, "poddur": 60}, 30),
        ({"maxduration": 30, "poddur": 20}, 20),
        ({"maxduration": 30, "maxextended": -1, "poddur": 60}, 60),
    ],
)
def test_how_long_an_advertisement_may_be(fields: dict[str, Any], longest: int | None) -> None:
    assert video(**fields).max_duration_s == longest


def test_required_durations_have_to_fit_into_the_pod() -> None:
    assert video(rqddurs=[15, 30, 90], poddur=60).durations_s == (15, 30)
    alone = request(imp(video=MIMES | {"rqddurs": [15], "poddur": 1}))
    assert read(alone) is Reason.NO_OPPORTUNITY


@pytest.mark.parametrize(
    ("fields", "sizes"),
    [
        ({"companionad": [{"w": 300, "h": 250}, {"w": 728, "h": 90}]}, ((300, 250), (728, 90))),
        (
            {"companionad": [{"format": [{"w": 300, "h": 250}, {"w": 1, "h": 2}]}]},
            ((300, 250), (1, 2)),
        ),
        ({"companionad": [{"w": 300, "h": 250}] * 2, "companiontype": [2, 1]}, ((300, 250),)),
        ({"companionad": [{"w": 300, "h": 250}], "companiontype": [2, 3]}, ()),
        ({"companionad": [{"w": 300}]}, ()),
        ({"companiontype": [1]}, ()),
    ],
)
def test_companions_are_the_sizes_that_take_pictures(
    fields: dict[str, Any], sizes: tuple[tuple[int, int], ...]
) -> None:
    assert video(**fields).companions == sizes
    sound = opportunity(audio={"mimes": ["audio/mpeg"]} | fields).audio
    assert sound is not None
    assert sound.companions == sizes


def test_a_player_of_sounds() -> None:
    found = opportunity(
        audio={
            "mimes": ["audio/mpeg", "audio/mp4"], "protocols": [2, 3, 9], "minduration": 5, "maxduration": 30,
            "minbitrate": 32, "maxbitrate": 128, "battr": [1], "api": [7], "delivery": [1, 2],
        }
    )  # fmt: skip
    assert found.audio == AudioSpace(
        mimes=("audio/mpeg", "audio/mp4"), protocols=(2, 3, 9), min_duration_s=5, max_duration_s=30,
        min_bitrate_kbps=32, max_bitrate_kbps=128, blocked_attributes=(1,), apis=(7,),
        deliveries=("progressive", "streaming"),
    )  # fmt: skip
    assert found.video is None


def test_a_player_without_types_is_none() -> None:
    assert read(request(imp(audio={"maxduration": 30}))) is Reason.NO_OPPORTUNITY
    assert read(request(imp(video={"mimes": []}))) is Reason.NO_OPPORTUNITY


@pytest.mark.parametrize(
    ("fields", "pod"),
    [
        ({}, None),
        ({"slotinpod": 1, "maxseq": 3}, None),  # a slot of what?
        ({"podid": "p"}, Pod("pod p")),
        ({"podid": 7, "slotinpod": -1, "maxseq": 3}, Pod("pod 7", slot=-1)),
        ({"podid": "p", "slotinpod": 99}, Pod("pod p")),
        ({"poddur": 60}, Pod("imp 1", 60)),
        ({"podid": "p", "poddur": 60, "maxseq": 4, "slotinpod": 2}, Pod("pod p", 60, 4, 2)),
        ({"podid": "p", "poddedupe": [1, 2, 4, 99]}, Pod("pod p", apart=(Apart.ADVERTISER, Apart.CATEGORY, Apart.MEDIA_FILE))),
        ({"podid": "p", "poddedupe": [5]}, Pod("pod p")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("medium", ["video", "audio"])
def test_the_break_that_an_imp_stands_in(
    medium: str, fields: dict[str, Any], pod: Pod | None
) -> None:
    assert opportunity(**{medium: MIMES | fields}).pod == pod


def test_endless_lists_are_cut() -> None:
    long = video(
        mimes=["video/mp4"] * 1_000,
        api=list(range(1_000)),
        companionad=[{"format": [{"w": i, "h": 1} for i in range(1, 99)]}] * 99,
    )
    assert max(len(long.mimes), len(long.apis), len(long.companions)) <= 64
