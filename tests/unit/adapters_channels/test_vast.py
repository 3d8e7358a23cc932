"""Everything that is put out as VAST is valid, and says what was asked for, where each version has a place for it."""

import pytest
import vastlint
from hypothesis import given
from msgspec.structs import replace

from adapters.channels import prepare
from adapters.channels.vast.markup import CLICK, EVENTS
from adserver.domain.creative import Audio, MediaFile, Verification, Video
from adserver.domain.notice import KINDS
from adserver.domain.opportunity import Opportunity, VideoSpace
from adserver.domain.vast import FIRST_WITH_ICONS, VAST_VERSIONS, VAST_WRAPPERS
from adserver.endpoints.tracking import VIDEO_EVENTS
from adserver.ports import Links
from tests.unit.adapters_channels.played import (
    AUDIO,
    COMPANION,
    CREATIVES,
    FULL_AUDIO,
    FULL_VIDEO,
    SCRIPT,
    SEEN,
    TAG,
    Film,
    answer,
    elements,
    everything,
    named,
    texts,
    wrapping,
)
from tests.unit.adapters_channels.samples import LINKS, VIDEO, hostile_links, hostile_text
from tests.unit.adapters_channels.schema import Answer, faults

EVERYTHING = dict(everything())
OPINIONS = {
    # Whose button it is, the player's or the third party's, has the offset, too.
    "VAST-3.0-skip-event-no-skipoffset": ("skipping", "full-wrapped"),
}
"""What the outside judge warns of, and in which cases it is mistaken."""
every_version = pytest.mark.parametrize("protocol", VAST_VERSIONS, ids=list(VAST_VERSIONS.values()))
every_creative = pytest.mark.parametrize("creative", CREATIVES.values(), ids=list(CREATIVES))


def test_every_version_is_tried_inline_and_as_a_wrapper() -> None:
    assert len(EVERYTHING) == 2 * 2 * (2 * 4 + 2 * 3) * len(VAST_VERSIONS)


@pytest.mark.parametrize("version", VAST_VERSIONS.values())
def test_it_is_valid_by_the_published_schema(version: str) -> None:
    wrong = {name: faults(each) for name, each in EVERYTHING.items() if each.version == version}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_an_outside_judge_finds_neither_errors_nor_warnings() -> None:
    for name, each in EVERYTHING.items():
        result = vastlint.validate(each.document)
        assert result.version == each.version
        found = {issue.id for issue in result.issues if issue.severity != "info"}
        mistaken = {
            issue for issue in found if any(case in name for case in OPINIONS.get(issue, ()))
        }
        assert found == mistaken, name


@every_version
def test_the_schema_check_would_notice(protocol: int) -> None:
    """Misplaced, missing and surplus parts are found, so that the test above means something."""
    said = answer(VIDEO, protocol)
    system = "<AdSystem>adserver</AdSystem>"
    for before, after in (
        (system, ""),
        ("<Creatives>", f"<Creatives>{system}"),
        ("<Duration>00:00:30</Duration>", ""),
        ("00:00:30", "30"),
        ("<MediaFiles>", "<MediaFile/><MediaFiles>"),
        (' delivery="progressive"', ""),
        ("firstQuartile", "first_quartile"),
        ("<Linear>", "<Linear><UniversalAdId/>"),
        ('version="', 'edition="'),
    ):
        assert before in said.document
        assert faults(Answer(said.version, said.document.replace(before, after, 1))) != []


@every_creative
def test_every_event_reports_to_us(creative: Film) -> None:
    for protocol in VAST_WRAPPERS if creative.wraps else VAST_VERSIONS:
        document = (
            answer(creative, protocol, skippable=True).document
            if isinstance(creative, Video)
            else answer(creative, protocol).document
        )
        assert texts(document, "Impression") == [SEEN.impression]
        tracked = {each.get("event"): each.text for each in named(document, "Tracking")}
        skips = isinstance(creative, Video) and protocol not in {2, 5}
        assert tracked == {
            event: SEEN.events + ours
            for event, ours in (EVENTS | ({"skip": "skip"} if skips else {})).items()
        }
    assert set(EVENTS.values()) < set(KINDS)
    assert {*EVENTS.values(), CLICK} <= set(VIDEO_EVENTS)


@every_creative
def test_a_click_leads_through_us_or_where_the_third_party_says(creative: Film) -> None:
    document = answer(creative, 6 if creative.wraps else 3).document
    inline, counted = texts(document, "ClickThrough"), texts(document, "ClickTracking")
    if creative.wraps:
        assert (inline, counted) == ([], [SEEN.events + CLICK])
    else:
        assert (inline, counted) == ([SEEN.click], [])


@pytest.mark.parametrize("creative", [VIDEO, wrapping(VIDEO)], ids=["inline", "wrapper"])
def test_an_icon_links_to_why_from_3_0_on(creative: Film) -> None:
    protocols = VAST_WRAPPERS if creative.wraps else VAST_VERSIONS
    for protocol, version in protocols.items():
        wanted = [SEEN.why] if version >= FIRST_WITH_ICONS else []
        assert texts(answer(creative, protocol).document, "IconClickThrough") == wanted
    assert texts(answer(creative, max(protocols), SEEN._replace(why="")).document, "Icon") == []


def test_viewability_is_asked_for_of_videos_from_4_0_on() -> None:
    for creative in (VIDEO, wrapping(VIDEO)):
        for protocol, version in (VAST_WRAPPERS if creative.wraps else VAST_VERSIONS).items():
            wanted = [SEEN.viewable] if version >= "4.0" else []
            assert texts(answer(creative, protocol).document, "Viewable") == wanted
            assert texts(answer(creative, protocol, LINKS).document, "ViewableImpression") == []
    assert texts(answer(AUDIO, 13).document, "Viewable") == []


@pytest.mark.parametrize("creative", [FULL_VIDEO, FULL_AUDIO, wrapping(FULL_VIDEO)])
def test_scripts_that_measure_go_to_players_that_run_them(creative: Film) -> None:
    """As an element of its own from 4.1 on; before that as an extension, which knows the same parts."""
    for protocol, version in (VAST_WRAPPERS if creative.wraps else VAST_VERSIONS).items():
        document = answer(creative, protocol, apis=(2, 7)).document
        assert texts(document, "JavaScriptResource") == [SCRIPT.script_url]
        assert texts(document, "VerificationParameters") == [SCRIPT.parameters]
        (script,) = named(document, "JavaScriptResource")
        assert script.get("apiFramework") == "omid"
        extensions = [each.get("type") for each in named(document, "Extension")]
        assert extensions == (["AdVerifications"] if version < "4.1" else [])
        assert texts(answer(creative, protocol, apis=(1, 2)).document, "Verification") == []


@pytest.mark.parametrize("creative", [FULL_VIDEO, wrapping(FULL_VIDEO)])
def test_companions_are_those_for_which_there_is_a_place(creative: Film) -> None:
    for protocol in VAST_WRAPPERS if creative.wraps else VAST_VERSIONS:
        assert texts(answer(creative, protocol).document, "Companion") == []
        document = answer(creative, protocol, companions=((300, 250), (1, 1))).document
        (companion,) = named(document, "Companion")
        assert (companion.get("width"), companion.get("height")) == ("300", "250")
        assert texts(document, "StaticResource") == [COMPANION.image_url]
        assert texts(document, "AltText") == [COMPANION.alternative_text]
        assert texts(document, "CompanionClickThrough") == [SEEN.click]


@pytest.mark.parametrize(
    ("skippable", "protocol", "offset"),
    [(None, 3, "00:00:05"), (False, 13, "00:00:05"), (True, 13, None), (None, 2, None)],
)
def test_a_button_of_its_own_is_asked_for_where_the_player_adds_none(
    *, skippable: bool | None, protocol: int, offset: str | None
) -> None:
    document = answer(FULL_VIDEO, protocol, skippable=skippable).document
    (linear,) = named(document, "Linear")
    assert linear.get("skipoffset") == offset
    third_party = answer(wrapping(FULL_VIDEO), 14, skippable=skippable).document
    assert named(third_party, "Linear")[0].get("skipoffset") is None


def test_a_registered_id_is_told_where_each_version_has_a_place() -> None:
    for protocol, version in VAST_VERSIONS.items():
        document = answer(FULL_VIDEO, protocol, companions=((300, 250),)).document
        name = "AdID" if version < "4.0" else "adId"
        assert {each.get(name) for each in named(document, "Creative")} == {"ABCD0001000H"}
        ids = named(document, "UniversalAdId")
        assert {each.text for each in ids} == ({"ABCD0001000H"} if version >= "4.0" else set())
        assert all(each.get("idRegistry") == "ad-id.org" for each in ids)
    (unknown,) = named(answer(VIDEO, 13).document, "UniversalAdId")
    assert (unknown.get("idRegistry"), unknown.text) == ("unknown", VIDEO.id)


def test_from_4_1_on_each_serving_has_an_id_of_its_own() -> None:
    other = LINKS._replace(serving="0123")
    assert texts(answer(VIDEO, 7).document, "AdServingId") == []
    assert {
        texts(answer(VIDEO, 11, links).document, "AdServingId")[0]
        for links in (LINKS, other, LINKS)
    } == {LINKS.serving, "0123"}


@pytest.mark.parametrize(
    "creative",
    [
        replace(VIDEO, media_files=()),
        replace(VIDEO, wrapped_url=TAG),
        replace(AUDIO, audio_files=()),
    ],
)
def test_there_are_files_of_ours_or_a_third_party_s(creative: Film) -> None:
    with pytest.raises(ValueError, match="either media files or a third party's tag"):
        prepare(creative)


def test_a_companion_of_no_known_type_is_refused_when_loaded() -> None:
    unknown = replace(COMPANION, image_url="https://cdn.example/beside")
    with pytest.raises(ValueError, match="what kind of picture"):
        prepare(replace(FULL_VIDEO, companions=(unknown,)))
    said = replace(unknown, mime="image/png")
    (found,) = named(
        answer(replace(FULL_VIDEO, companions=(said,)), 3, companions=((300, 250),)).document,
        "StaticResource",
    )
    assert found.get("creativeType") == "image/png"


def test_over_long_texts_and_durations_pass_as_they_are() -> None:
    long = replace(VIDEO, title="ü" * 10_000, duration_s=3_600)
    said = answer(long, 13)
    assert faults(said) == []
    assert texts(said.document, "AdTitle") == ["ü" * 10_000]
    assert texts(said.document, "Duration") == ["01:00:00"]


@given(title=hostile_text, mime=hostile_text, links=hostile_links, parameters=hostile_text)
def test_whatever_is_put_in_is_what_a_player_reads(
    title: str, mime: str, links: Links, parameters: str
) -> None:
    """What XML cannot say at all, such as NUL, is left out; line ends become what XML makes of them."""
    file = MediaFile(
        url="https://cdn.example/a?b=1&c=]]>", mime=mime, width=1, height=1, codec=mime
    )
    script = Verification(vendor=mime, script_url=SCRIPT.script_url, parameters=parameters)
    companion = replace(COMPANION, alternative_text=title)
    video = Video(
        id="v", landing_url=VIDEO.landing_url, duration_s=1, title=title, media_files=(file,), verifications=(script,),
        companions=(companion,), registry=mime, registered_id=title,
    )  # fmt: skip
    document = answer(video, 13, links, apis=(7,), companions=((300, 250),)).document
    assert texts(document, "AdTitle") == [_read(title) or "v"]
    assert texts(document, "MediaFile") == [file.url]
    assert texts(document, "ClickThrough") == [links.click]
    assert texts(document, "Tracking")[0] == links.events + "start"
    assert "".join(texts(document, "VerificationParameters")) == _read(parameters)
    assert "".join(texts(document, "AltText")) == _read(title)
    names = {each.tag for each in elements(document)}
    assert not names - {each.tag for each in elements(FULLEST)}


FULLEST = answer(FULL_VIDEO, 13, apis=(7,), companions=((300, 250),)).document


def _read(text: str) -> str:
    """Return what a reader of XML makes of a text in it."""
    readable = "".join(c for c in text if c >= " " or c in "\t\n\r")
    for unsayable in ("\ufffe", "\uffff"):
        readable = readable.replace(unsayable, "")
    return readable.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    "space", [VideoSpace(mimes=("video/ogg",)), VideoSpace(protocols=(1, 5, 9))]
)
def test_rendering_for_a_player_that_can_play_nothing_is_a_loud_bug(space: VideoSpace) -> None:
    with pytest.raises(ValueError, match="can play"):
        prepare(VIDEO).render(LINKS, Opportunity(id="1", video=space))
    wrapped = VideoSpace(protocols=(2, 3, 7, 5))
    with pytest.raises(ValueError, match="can play"):
        prepare(wrapping(VIDEO, "3.0")).render(LINKS, Opportunity(id="1", video=wrapped))


def test_a_player_that_names_no_protocol_gets_3_0() -> None:
    for creative in (VIDEO, wrapping(VIDEO)):
        vast = prepare(creative).render(LINKS, Opportunity(id="1", video=VideoSpace()))
        assert vast.startswith('<VAST version="3.0">')


def test_a_sound_is_called_one_where_there_is_a_word_for_it() -> None:
    assert [each.get("adType") for each in named(answer(AUDIO, 13).document, "Ad")] == ["audio"]
    assert [each.get("adType") for each in named(answer(VIDEO, 13).document, "Ad")] == ["video"]
    assert [each.get("adType") for each in named(answer(AUDIO, 7).document, "Ad")] == [None]
    assert isinstance(AUDIO, Audio)
