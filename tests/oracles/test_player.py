"""Our VAST plays in an independent player's library (npm `vast-client`), which calls our addresses and nobody else's.

It knows no `ViewableImpression`, and verification scripts from 4.1 on only; the schemas stand in for it there.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.channels.vast.markup import CLICK
from adserver.domain.creative import Audio, Video
from adserver.domain.vast import FIRST_WITH_ICONS, VAST_VERSIONS, VAST_WRAPPERS
from tests.oracles.official import Official
from tests.torture.figures import Missing
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
    wrapping,
)
from tests.unit.adapters_channels.samples import VIDEO

OURS = "https://ours.example/vast"
NO_BUTTON = -1
"""What the library says of an advertisement without an offset."""
SECOND = "https://second.example/vast"
EVERYTHING: dict[str, Any] = {"apis": (7,), "companions": ((300, 250),)}
THEIRS = {
    "impression": "https://third.example/i", "start": "https://third.example/s", "click": "https://third.example/c",
    "landing": "https://third.example/shop",
}  # fmt: skip
THIRD_PARTY = f"""<VAST version="2.0"><Ad id="theirs"><InLine><AdSystem>theirs</AdSystem><AdTitle>Theirs</AdTitle>
<Impression>{THEIRS["impression"]}</Impression><Creatives><Creative><Linear><Duration>00:00:30</Duration>
<TrackingEvents><Tracking event="start">{THEIRS["start"]}</Tracking></TrackingEvents>
<VideoClicks><ClickThrough>{THEIRS["landing"]}</ClickThrough><ClickTracking>{THEIRS["click"]}</ClickTracking></VideoClicks>
<MediaFiles><MediaFile delivery="progressive" type="video/mp4" width="640" height="360">https://third.example/v.mp4</MediaFile>
</MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>"""
every_creative = pytest.mark.parametrize(
    "creative",
    [each for each in CREATIVES.values() if each.wraps is None],
    ids=lambda each: each.id,
)


@pytest.fixture(scope="module")
def player() -> Iterator[Official]:
    """Return the library in its process; without Node.js and npm the test skips, but on CI it fails."""
    try:
        with Official("player") as running:
            yield running
    except Missing as lacking:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(lacking))


def play(
    player: Official, documents: dict[str, str], *, seconds: int, skip: bool = False
) -> dict[str, Any]:
    """Return what came of playing the only advertisement of a chain that begins with ours."""
    (said,) = player.ask(
        [{"documents": documents, "first": OURS, "seconds": seconds, "skip": skip}]
    )
    assert "error" not in said, said
    (ad,) = said["ads"]
    found: dict[str, Any] = ad
    return found


def progress(ad: dict[str, Any]) -> list[tuple[float, str]]:
    """Return our events that were called while it played, with the second."""
    return [
        (second, address.removeprefix(SEEN.events))
        for second, address in ad["called"].get("progress", ())
        if address.startswith(SEEN.events)
    ]


@every_creative
def test_it_plays_and_reports_each_event_once(player: Official, creative: Film) -> None:
    for protocol in VAST_VERSIONS:
        document = answer(creative, protocol, **EVERYTHING).document
        ad = play(player, {OURS: document}, seconds=creative.duration_s)
        assert ad["duration"] == creative.duration_s
        assert ad["called"]["impression"] == [SEEN.impression]
        reached = progress(ad)
        assert [name for _, name in reached] == [
            "start",
            "first_quartile",
            "midpoint",
            "third_quartile",
        ]
        quarter = creative.duration_s / 4
        for quartile, (second, _) in enumerate(reached[1:], start=1):
            assert quartile * quarter - 0.5 <= second <= quartile * quarter + 0.5
        assert ad["called"]["end"] == [f"{SEEN.events}complete"]
        assert (ad["called"]["click"], ad["click"]) == ([], SEEN.click)
        files = creative.media_files if isinstance(creative, Video) else creative.audio_files
        assert [(each["url"], each["type"]) for each in ad["files"]] == [
            (each.url, each.mime) for each in files
        ]


def test_nothing_else_is_called(player: Official) -> None:
    for protocol in VAST_VERSIONS:
        document = answer(FULL_VIDEO, protocol, **EVERYTHING).document
        for skip in (False, True):
            ad = play(player, {OURS: document}, seconds=30, skip=skip)
            addresses = [*ad["called"]["impression"], *ad["called"]["click"], *ad["called"]["end"]]
            addresses += [address for _, address in ad["called"]["progress"]]
            assert all(
                each == SEEN.impression or each.startswith(SEEN.events) for each in addresses
            )
            assert len(set(addresses)) == len(addresses)


def test_a_person_who_skips_is_counted_where_a_version_knows_that(player: Official) -> None:
    for protocol, version in VAST_VERSIONS.items():
        document = answer(FULL_VIDEO, protocol).document
        ad = play(player, {OURS: document}, seconds=10, skip=True)
        assert ad["called"]["end"] == ([f"{SEEN.events}skip"] if version >= "3.0" else [])
        assert ad["skipAfter"] == (FULL_VIDEO.skip_after_s if version >= "3.0" else NO_BUTTON)
        assert "complete" not in [name for _, name in progress(ad)]
        by_player = play(
            player,
            {OURS: answer(FULL_VIDEO, protocol, skippable=True).document},
            seconds=1,
            skip=True,
        )
        assert by_player["skipAfter"] == NO_BUTTON
        assert by_player["called"]["end"] == ad["called"]["end"]


@pytest.mark.parametrize("creative", [FULL_VIDEO, FULL_AUDIO], ids=["video", "audio"])
def test_companions_lead_where_the_creative_leads(player: Official, creative: Film) -> None:
    for protocol in VAST_VERSIONS:
        ad = play(player, {OURS: answer(creative, protocol, **EVERYTHING).document}, seconds=1)
        (beside,) = ad["companions"]
        assert (int(beside["width"]), int(beside["height"])) == (300, 250)
        assert beside["pictures"] == [COMPANION.image_url]
        assert (beside["text"], beside["click"]) == (COMPANION.alternative_text, SEEN.click)
        assert (
            play(player, {OURS: answer(creative, protocol).document}, seconds=1)["companions"] == []
        )


@pytest.mark.parametrize("creative", [FULL_VIDEO, FULL_AUDIO], ids=["video", "audio"])
def test_scripts_arrive_with_their_parameters(player: Official, creative: Film) -> None:
    for protocol, version in VAST_VERSIONS.items():
        ad = play(player, {OURS: answer(creative, protocol, **EVERYTHING).document}, seconds=1)
        if version < "4.1":
            assert ad["extensions"] == ["AdVerifications"]
            continue
        assert ad["verifications"] == [
            {
                "vendor": SCRIPT.vendor,
                "script": SCRIPT.script_url,
                "framework": "omid",
                "parameters": SCRIPT.parameters,
            }
        ]


def test_icons_lead_to_why_and_ids_are_those_of_the_registry(player: Official) -> None:
    for protocol, version in VAST_VERSIONS.items():
        ad = play(player, {OURS: answer(FULL_VIDEO, protocol).document}, seconds=1)
        assert ad["icons"] == ([SEEN.why] if version >= FIRST_WITH_ICONS else [])
        if version >= "4.0":
            assert ad["universal"] == [FULL_VIDEO.registered_id, FULL_VIDEO.registry]


@pytest.mark.parametrize("protocol", VAST_WRAPPERS, ids=list(VAST_WRAPPERS.values()))
def test_a_third_party_s_video_plays_and_both_of_us_hear_of_it(
    player: Official, protocol: int
) -> None:
    ours = answer(wrapping(FULL_VIDEO), protocol, companions=((300, 250),)).document
    ad = play(player, {OURS: ours, TAG: THIRD_PARTY}, seconds=30)
    assert sorted(ad["called"]["impression"]) == sorted([SEEN.impression, THEIRS["impression"]])
    assert [name for _, name in progress(ad)] == [
        "start",
        "first_quartile",
        "midpoint",
        "third_quartile",
    ]
    assert THEIRS["start"] in [address for _, address in ad["called"]["progress"]]
    assert ad["called"]["end"] == [f"{SEEN.events}complete"]
    assert ad["click"] == THEIRS["landing"]
    assert sorted(ad["called"]["click"]) == sorted([THEIRS["click"], SEEN.events + CLICK])
    assert [each["url"] for each in ad["files"]] == ["https://third.example/v.mp4"]
    assert [each["click"] for each in ad["companions"]] == [SEEN.click]


def test_a_chain_of_wrappers_plays_and_everybody_hears_of_it_once(player: Official) -> None:
    """Ours leads to somebody's wrapper, which leads to another answer of ours."""
    last = answer(VIDEO, 3).document
    between = (
        answer(wrapping(VIDEO), 6)
        .document.replace(SEEN.events, "https://second.example/v/")
        .replace(SEEN.impression, "https://second.example/i")
    )
    ours = (
        answer(wrapping(VIDEO, tag=SECOND), 14)
        .document.replace("/v/", "/outer/")
        .replace(SEEN.impression, "https://ads.example/outer")
    )
    ad = play(player, {OURS: ours, SECOND: between, TAG: last}, seconds=30)
    assert sorted(ad["called"]["impression"]) == sorted(
        [SEEN.impression, "https://second.example/i", "https://ads.example/outer"]
    )
    starts = [address for _, address in ad["called"]["progress"] if address.endswith("/start")]
    assert len(starts) == len(set(starts)) == 3
    assert ad["click"] == SEEN.click


def test_hostile_texts_stay_texts(player: Official) -> None:
    """Ends of CDATA sections, markup and control characters in what people write."""
    for title in ("]]>", "<VAST/>", "a\0b\x0b]]>]]><Ad>", "&amp;lt;", "x" * 20_000):
        hostile = replace(
            FULL_VIDEO, title=title, companions=(replace(COMPANION, alternative_text=title),),
            verifications=(replace(SCRIPT, parameters=title),),
        )  # fmt: skip
        for protocol in (2, 3, 13):
            ad = play(player, {OURS: answer(hostile, protocol, **EVERYTHING).document}, seconds=1)
            assert ad["called"]["impression"] == [SEEN.impression]
            readable = title.replace("\0", "").replace("\x0b", "")
            assert [each["text"] for each in ad["companions"]] == [readable]


def test_a_sound_plays_beside_its_cover(player: Official) -> None:
    ad = play(player, {OURS: answer(AUDIO, 13, mimes=("audio/mp4",)).document}, seconds=20)
    assert [(each["type"], each["width"]) for each in ad["files"]] == [("audio/mp4", 0)]
    assert isinstance(AUDIO, Audio)
