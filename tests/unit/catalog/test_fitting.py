"""Which creatives fit a space; the walk over whole catalogs is compared in the pipeline's tests."""

import pytest

from adserver.catalog.fitting import FitIndex, spaces
from adserver.domain.creative import AnyCreative, MediaFile, Native, Video
from adserver.domain.opportunity import NativeAsset, NativeSpace, VideoSpace
from adserver.domain.playing import misfit, shape
from adserver.domain.reasons import Reason
from tests.unit.decision.made import banner

MP4 = MediaFile(url="https://cdn.example/v.mp4", width=640, height=360)
VIDEO = Video(
    id="v", landing_url="https://shop.example/", duration_s=15, media_files=(MP4,), attributes=(6,)
)
NATIVE = Native(id="n", landing_url="https://shop.example/", title="A title", secure=False)
CREATIVES: list[AnyCreative] = [
    banner("a"),
    banner("b", width=728, height=90, attributes=(1, 3)),
    VIDEO,
    NATIVE,
]


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        (VideoSpace(), None),
        (VideoSpace(linearity=1), None),
        (VideoSpace(linearity=2), Reason.LINEARITY),
        (VideoSpace(min_duration_s=15, max_duration_s=15), None),
        (VideoSpace(min_duration_s=16), Reason.DURATION),
        (VideoSpace(max_duration_s=14), Reason.DURATION),
        (VideoSpace(durations_s=(30, 15)), None),
        (VideoSpace(durations_s=(30,)), Reason.DURATION),
        (VideoSpace(mimes=("video/webm", "video/mp4")), None),
        (VideoSpace(mimes=("video/webm",)), Reason.MIME),
        (VideoSpace(protocols=(5, 6)), Reason.PROTOCOL),
        (VideoSpace(protocols=(5, 3)), None),
    ],
)
def test_players_refuse_by_name(space: VideoSpace, reason: Reason | None) -> None:
    assert misfit(shape(VIDEO), space) is reason
    misfits = FitIndex(CREATIVES).players.video_misfits(space)
    assert misfits == (((reason, 0b100),) if reason else ())


def test_kinds_sizes_attributes_and_security_are_sets() -> None:
    fit = FitIndex(CREATIVES)
    assert (fit.display.banners, fit.players.videos, fit.native.natives) == (0b0011, 0b0100, 0b1000)
    assert fit.display.of_sizes([(300, 250), (1, 1)]) == 0b0001
    assert fit.with_attributes([3, 6]) == 0b0110
    assert fit.with_attributes([99]) == 0
    assert fit.secure == 0b0111


def test_native_spaces_refuse_who_lacks_a_required_part() -> None:
    fit = FitIndex(CREATIVES)
    title = NativeAsset(1, required=True, kind="title", length=20)
    picture = NativeAsset(2, required=True, kind="image", name="main")
    assert fit.native.misfits(NativeSpace((title,))) == ()
    assert fit.native.misfits(NativeSpace((title, picture))) == ((Reason.NATIVE_ASSETS, 0b1000),)


def test_hostile_variety_of_spaces_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spaces, "REMEMBERED_SPACES", 5)
    fit = FitIndex(CREATIVES)
    for seconds in range(50):
        expected = ((Reason.DURATION, 0b100),) if seconds > 15 else ()
        assert fit.players.video_misfits(VideoSpace(min_duration_s=seconds)) == expected
    assert len(fit.players._video_spaces._answers) <= 5


def test_spaces_with_endless_lists_are_judged_and_forgotten() -> None:
    fit = FitIndex(CREATIVES)
    for codes in (tuple(range(100_000)), tuple(range(1, 100_000))):
        assert fit.players.video_misfits(VideoSpace(blocked_attributes=codes)) == ()
    assert fit.players._video_spaces._answers == {}
