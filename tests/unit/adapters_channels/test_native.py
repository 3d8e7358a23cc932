"""What a publisher gets to assemble a native ad from."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.native import NativeChannel
from adserver.domain.creative import Native, NativeImage
from adserver.domain.native_fit import fits
from adserver.domain.opportunity import NativeAsset, NativeSpace, Opportunity, VideoSpace
from adserver.ports import Links
from tests.unit.adapters_channels.samples import (
    LINKS,
    NATIVE,
    NATIVE_SPACE,
    VIDEO,
    hostile_links,
    hostile_text,
)

TITLE = NativeAsset(id=3, required=True, kind="title", length=90)
FILM = NativeAsset(
    id=8,
    required=True,
    kind="video",
    player=VideoSpace(mimes=("video/mp4",), max_duration_s=30, protocols=(2, 3)),
)
FILMED = msgspec.structs.replace(NATIVE, video=VIDEO)
VIEWED = LINKS._replace(viewable="https://ads.example/t/viewable/x")


def _answer(space: NativeSpace, native: Native = NATIVE, links: Links = LINKS) -> dict[str, Any]:
    text = NativeChannel().prepare(native).render(links, Opportunity(id="1", native=space))
    answer: dict[str, Any] = json.loads(text)
    return answer


def test_every_part_asked_for_is_answered_under_its_id_and_nothing_else() -> None:
    assert NATIVE_SPACE.native is not None
    assert _answer(NATIVE_SPACE.native) == {
        "ver": "1.2",
        "assets": [
            {"id": 1, "title": {"text": "Boots for a wet autumn"}},
            {"id": 4, "img": {"url": "https://cdn.example/main.png", "w": 1200, "h": 627}},
            {"id": 7, "data": {"value": "Dry Feet"}},
        ],
        "link": {"url": LINKS.click},
        "eventtrackers": [{"event": 1, "method": 1, "url": LINKS.impression}],
    }


def test_without_event_trackers_on_offer_the_impression_goes_the_old_way() -> None:
    for trackers in ((), ((1, 2), (2, 2)), ((500, 1),)):
        answer = _answer(NativeSpace(assets=(TITLE,), trackers=trackers), links=VIEWED)
        assert answer["imptrackers"] == [LINKS.impression]
        assert "eventtrackers" not in answer


@pytest.mark.parametrize(
    ("offered", "used"),
    [
        (((1, 1), (2, 1), (3, 1), (4, 1)), [1, 2]),
        (((1, 1), (3, 1)), [1, 3]),
        (((1, 1), (2, 2), (3, 1)), [1, 3]),
        (((4, 1), (1, 1)), [1]),  # nothing is played, so no video is in view
        (((2, 1),), [2]),
    ],
)
def test_being_viewable_is_told_by_one_of_the_offered_definitions_that_hold(
    offered: tuple[tuple[int, int], ...], used: list[int]
) -> None:
    answer = _answer(NativeSpace(assets=(TITLE,), trackers=offered), links=VIEWED)
    assert [each["event"] for each in answer["eventtrackers"]] == used
    assert [each["url"] for each in answer["eventtrackers"] if each["event"] != 1] == (
        [VIEWED.viewable] if used != [1] else []
    )
    assert answer.get("imptrackers") == (None if 1 in used else [LINKS.impression])


def test_a_video_among_the_parts_is_vast_for_that_player() -> None:
    space = NativeSpace(assets=(TITLE, FILM), trackers=((1, 1), (2, 1), (4, 1)))
    answer = _answer(space, FILMED, VIEWED)
    (vast,) = [each["video"]["vasttag"] for each in answer["assets"] if each["id"] == FILM.id]
    root = ET.fromstring(vast)  # noqa: S314 - our own markup
    assert root.get("version") == "3.0"
    assert root.findtext("./Ad/InLine/Impression") == LINKS.impression.partition("?")[0]
    assert [each.get("type") for each in root.iter("MediaFile")] == ["video/mp4", "video/mp4"]
    assert [each["event"] for each in answer["eventtrackers"]] == [1, 4]


def test_a_video_that_the_player_cannot_play_is_left_out_or_does_not_fit() -> None:
    long = msgspec.structs.replace(FILM, required=False, player=VideoSpace(max_duration_s=10))
    assert [
        each["id"] for each in _answer(NativeSpace(assets=(TITLE, long)), FILMED)["assets"]
    ] == [3]
    assert not fits(FILMED, NativeSpace(assets=(msgspec.structs.replace(long, required=True),)))
    assert not fits(NATIVE, NativeSpace(assets=(FILM,)))


def test_an_application_is_opened_by_its_own_address_and_the_click_is_told_beside_it() -> None:
    native = msgspec.structs.replace(NATIVE, deeplink_url="shop://product/7?a=1")
    link = _answer(NativeSpace(assets=(TITLE,)), native)["link"]
    assert link == {
        "url": "shop://product/7?a=1",
        "clicktrackers": [f"{LINKS.events}click"],
        "fallback": LINKS.click,
    }


def test_the_link_is_ours_alone_whatever_an_exchange_wants_before_it() -> None:
    """It is one address, so there is no room for an exchange's macro before it."""
    links = LINKS._replace(click="%%CLICK%%https%3A%2F%2Fads.example", bare_click=LINKS.click)
    assert _answer(NativeSpace(assets=(TITLE,)), links=links)["link"] == {"url": LINKS.click}


@pytest.mark.parametrize(
    "bad",
    [
        {"deeplink_url": "javascript://%0aalert(1)"},
        {"images": (NativeImage(url="javascript:alert(1)", width=1, height=1),)},
        {"video": msgspec.structs.replace(VIDEO, media_files=())},
    ],
    ids=["deep link", "image", "video"],
)
def test_a_part_that_cannot_be_put_out_is_named_at_load(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"javascript|autumn"):
        NativeChannel().prepare(msgspec.structs.replace(NATIVE, **bad))


def test_a_wrapped_request_gets_a_wrapped_answer_in_its_own_version() -> None:
    (root,) = _answer(NativeSpace(assets=(TITLE,), wrapped=True, version="1.0")).items()
    assert root[0] == "native"
    assert root[1]["ver"] == "1.0"


def test_a_part_that_is_not_required_and_not_there_is_left_out() -> None:
    rating = NativeAsset(id=5, required=False, kind="text", name="rating")
    assert [part["id"] for part in _answer(NativeSpace(assets=(rating, TITLE)))["assets"]] == [3]


def test_only_a_publisher_with_a_place_for_it_gets_the_link_that_says_why() -> None:
    with_place, without = NativeSpace(assets=(TITLE,), privacy=True), NativeSpace(assets=(TITLE,))
    assert _answer(with_place)["privacy"] == LINKS.why
    assert "privacy" not in _answer(without)
    assert "privacy" not in _answer(with_place, links=LINKS._replace(why=""))


def test_an_answer_inside_a_script_does_not_end_it() -> None:
    native = msgspec.structs.replace(FILMED, title="</script><script>alert(1)</script><!--")
    space = NativeSpace(assets=(TITLE, FILM))
    text = NativeChannel().prepare(native).render(LINKS, Opportunity(id="1", native=space))
    assert "<" not in text
    title, film = json.loads(text)["assets"]
    assert title["title"]["text"] == native.title
    assert ET.fromstring(film["video"]["vasttag"]).tag == "VAST"  # noqa: S314 - ours


@given(title=hostile_text.filter(bool), links=hostile_links)
def test_whatever_is_put_in_is_what_a_publisher_reads(title: str, links: Links) -> None:
    native = Native(id="n", landing_url="", title=title)
    answer = _answer(
        NativeSpace(assets=(NativeAsset(1, required=True, kind="title"),)), native, links
    )
    assert answer["assets"][0]["title"]["text"] == title
    assert answer["link"]["url"] == (links.bare_click or links.click)
    assert answer["imptrackers"] == [links.impression]


assets = st.builds(
    NativeAsset,
    id=st.integers(0, 9),
    required=st.booleans(),
    kind=st.sampled_from(["title", "image", "text", "video"]),
    name=st.sampled_from(["", "icon", "main", "sponsored", "description", "rating"]),
    length=st.none() | st.integers(0, 40),
    width=st.sampled_from([None, 80, 1200]),
    min_width=st.sampled_from([0, 80, 600, 2000]),
    player=st.none()
    | st.builds(
        VideoSpace,
        mimes=st.sampled_from([(), ("video/mp4",), ("video/ogg",)]),
        max_duration_s=st.none() | st.integers(0, 60),
        protocols=st.sampled_from([(), (2, 3), (1,)]),
    ),
)


@given(asked=st.lists(assets, max_size=4))
def test_what_fits_is_rendered_and_what_does_not_is_a_loud_bug(asked: list[NativeAsset]) -> None:
    space = NativeSpace(assets=tuple(asked))
    for native in (NATIVE, FILMED):
        if fits(native, space):
            answered = {part["id"] for part in _answer(space, native)["assets"]}
            assert answered >= {asset.id for asset in asked if asset.required}
        else:
            with pytest.raises(ValueError, match="autumn-native"):
                _answer(space, native)
