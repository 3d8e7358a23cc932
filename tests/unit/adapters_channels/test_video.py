"""What a player gets to see of a video."""

import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import vastlint
from hypothesis import given

from adapters.channels.video import EVENTS, VideoChannel
from adserver.domain.creative import MediaFile, Video
from adserver.domain.labelling import FIRST_VAST_WITH_ICONS
from adserver.domain.notice import KINDS
from adserver.domain.opportunity import Opportunity, VideoSpace
from adserver.domain.vast import VAST_VERSIONS
from adserver.ports import Links
from tests.unit.adapters_channels.samples import LINKS, VIDEO, hostile_links, hostile_text
from tests.unit.adapters_channels.schema import Schema

SCHEMAS = {
    2: "vast_2.0.1.xsd",
    3: "vast3_draft.xsd",
    7: "vast4.xsd",
    11: "vast_4.1.xsd",
    13: "vast_4.2.xsd",
}
every_version = pytest.mark.parametrize("protocol", VAST_VERSIONS, ids=list(VAST_VERSIONS.values()))


def _vast(protocol: int, links: Links = LINKS, video: Video = VIDEO, **space: object) -> str:
    player = VideoSpace(protocols=(protocol,), **space)  # type: ignore[arg-type]  # a test's shorthand
    return VideoChannel().prepare(video).render(links, Opportunity(id="1", video=player))


def _texts(vast: str, name: str) -> list[str]:
    return [found.text or "" for found in _elements(vast) if found.tag.rpartition("}")[2] == name]


def _elements(vast: str) -> list[ET.Element]:
    return list(ET.fromstring(vast).iter())  # noqa: S314  written by us


def _schema(name: str) -> Schema:
    corpus = os.environ.get("ADSERVER_CORPUS")
    if corpus is None:
        message = "ADSERVER_CORPUS is not set: no schemas to check against"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return Schema(Path(corpus) / "vast" / "xsd" / name)


@every_version
def test_an_outside_judge_finds_neither_errors_nor_warnings(protocol: int) -> None:
    result = vastlint.validate(_vast(protocol))
    assert result.version == VAST_VERSIONS[protocol]
    assert [issue for issue in result.issues if issue.severity != "info"] == []


@every_version
def test_it_is_valid_by_the_published_schema(protocol: int) -> None:
    assert _schema(SCHEMAS[protocol]).faults(_vast(protocol)) == []


@every_version
def test_the_schema_check_would_notice(protocol: int) -> None:
    """Misplaced, missing and surplus parts are found, so that the test above means something."""
    schema, vast = _schema(SCHEMAS[protocol]), _vast(protocol)
    system = "<AdSystem>adserver</AdSystem>"
    for broken in (
        vast.replace(system, ""),
        vast.replace(system, "").replace("<Creatives>", f"<Creatives>{system}"),
        vast.replace("<Duration>00:00:30</Duration>", ""),
        vast.replace("00:00:30", "30"),
        vast.replace("<MediaFiles>", "<MediaFile/><MediaFiles>"),
        vast.replace(' delivery="progressive"', ""),
        vast.replace("firstQuartile", "first_quartile", 1),
        vast.replace("<Linear>", "<Linear><UniversalAdId/>"),
        vast.replace('version="', 'edition="'),
    ):
        assert broken != vast
        assert schema.faults(broken) != []


@every_version
def test_impression_click_and_every_event_report_to_us(protocol: int) -> None:
    vast = _vast(protocol)
    assert _texts(vast, "Impression") == [LINKS.impression]
    assert _texts(vast, "ClickThrough") == [LINKS.click]
    assert _texts(vast, "Tracking") == [LINKS.events + name for name in EVENTS.values()]
    assert set(EVENTS.values()) < set(KINDS)


@every_version
def test_an_icon_links_to_why_from_3_0_on(protocol: int) -> None:
    vast = _vast(protocol)
    wanted = [LINKS.why] if protocol >= FIRST_VAST_WITH_ICONS else []
    assert _texts(vast, "IconClickThrough") == wanted
    assert _texts(_vast(protocol, LINKS._replace(why="")), "Icon") == []


@every_version
def test_without_an_icon_it_is_just_as_valid(protocol: int) -> None:
    vast = _vast(protocol, LINKS._replace(why=""))
    assert _schema(SCHEMAS[protocol]).faults(vast) == []
    assert [each for each in vastlint.validate(vast).issues if each.severity != "info"] == []


def test_from_4_1_on_each_serving_has_an_id_of_its_own() -> None:
    other = LINKS._replace(serving="0123")
    assert _texts(_vast(7), "AdServingId") == []
    assert len({_texts(_vast(11, links), "AdServingId")[0] for links in (LINKS, other, LINKS)}) == 2


def test_a_player_that_names_no_protocol_gets_3_0() -> None:
    vast = VideoChannel().prepare(VIDEO).render(LINKS, Opportunity(id="1", video=VideoSpace()))
    assert vast.startswith('<VAST version="3.0">')


def test_only_files_that_the_player_can_play_nearest_in_size_first() -> None:
    assert _texts(_vast(3, mimes=("video/webm",)), "MediaFile") == [
        "https://cdn.example/large.webm"
    ]
    large_first = _texts(_vast(3, mimes=("video/mp4",), size=(1920, 1080)), "MediaFile")
    small_first = _texts(_vast(3, mimes=("video/mp4",), size=(400, 300)), "MediaFile")
    assert large_first == small_first[::-1]
    assert small_first[0] == "https://cdn.example/small.mp4"
    assert len(_texts(_vast(3), "MediaFile")) == 3


@pytest.mark.parametrize(
    "space", [VideoSpace(mimes=("video/ogg",)), VideoSpace(protocols=(1, 5, 9))]
)
def test_rendering_for_a_player_that_can_play_nothing_is_a_loud_bug(space: VideoSpace) -> None:
    with pytest.raises(ValueError, match="can play"):
        VideoChannel().prepare(VIDEO).render(LINKS, Opportunity(id="1", video=space))


def test_a_video_without_files_is_refused_when_loaded() -> None:
    with pytest.raises(ValueError, match="media files"):
        VideoChannel().prepare(Video(id="v", landing_url="", duration_s=1, media_files=()))


@pytest.mark.parametrize(
    ("seconds", "written"), [(6, "00:00:06"), (75, "00:01:15"), (3600, "01:00:00")]
)
def test_durations_are_written_as_clock_times(seconds: int, written: str) -> None:
    video = Video(id="v", landing_url="", duration_s=seconds, media_files=VIDEO.media_files)
    assert _texts(_vast(2, video=video), "Duration") == [written]


@given(title=hostile_text, mime=hostile_text, links=hostile_links)
def test_whatever_is_put_in_is_what_a_player_reads(title: str, mime: str, links: Links) -> None:
    """What XML cannot say at all, such as NUL, is left out; line ends become what XML makes of them."""
    file = MediaFile(url="https://cdn.example/a?b=1&c=]]>", mime=mime, width=1, height=1)
    video = Video(id="v", landing_url="", duration_s=1, title=title, media_files=(file,))
    vast = _vast(13, links, video)
    readable = "".join(c for c in title if c >= " " or c in "\t\n\r").replace("\ufffe", "")
    readable = readable.replace("\uffff", "").replace("\r\n", "\n").replace("\r", "\n")
    assert _texts(vast, "AdTitle") == [readable or "v"]
    assert _texts(vast, "MediaFile") == [file.url]
    assert _texts(vast, "ClickThrough") == [links.click]
    assert _texts(vast, "Tracking")[0] == links.events + "start"
    assert len(_elements(vast)) == (27 if links.why else 22)
