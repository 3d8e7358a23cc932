"""Which of its files a video or a sound offers to a player."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.unit.adapters_channels.played import AUDIO, answer, named, texts
from tests.unit.adapters_channels.samples import VIDEO

SMALL, LARGE, WEBM = (file.url for file in VIDEO.media_files)


def _files(**space: Any) -> list[str]:
    return texts(answer(VIDEO, 3, **space).document, "MediaFile")


def test_only_files_that_the_player_can_play_nearest_in_size_first() -> None:
    assert _files(mimes=("video/webm",)) == [WEBM]
    assert _files(mimes=("video/mp4",), size=(1920, 1080)) == [LARGE, SMALL]
    assert _files(mimes=("video/mp4",), size=(400, 300)) == [SMALL, LARGE]
    assert _files() == [SMALL, LARGE, WEBM]


@pytest.mark.parametrize(
    ("space", "files"),
    [
        ({"min_bitrate_kbps": 701}, [LARGE, WEBM]),  # nobody wrote down theirs
        ({"min_bitrate_kbps": 700, "max_bitrate_kbps": 700}, [SMALL, LARGE, WEBM]),
        ({"max_bitrate_kbps": 699}, [LARGE, WEBM]),
        ({"deliveries": ("progressive",)}, [SMALL, LARGE, WEBM]),
    ],
)
def test_bit_rates_and_delivery_choose_too(space: dict[str, Any], files: list[str]) -> None:
    assert _files(**space) == files


def test_a_codec_is_told_from_3_0_on() -> None:
    coded = replace(VIDEO.media_files[0], codec="avc1.64001f")
    video = replace(VIDEO, media_files=(coded,))
    found = [
        named(answer(video, protocol).document, "MediaFile")[0].get("codec")
        for protocol in (2, 3, 13)
    ]
    assert found == [None, "avc1.64001f", "avc1.64001f"]


def test_a_sound_has_its_type_and_no_size() -> None:
    (file,) = named(answer(AUDIO, 13, mimes=("audio/mp4",)).document, "MediaFile")
    assert dict(file.attrib) == {
        "delivery": "progressive", "type": "audio/mp4", "bitrate": "64", "width": "0", "height": "0",
    }  # fmt: skip
