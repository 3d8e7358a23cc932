"""What a publisher gets to assemble a native ad from."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.native import NativeChannel
from adserver.domain.creative import Native
from adserver.domain.native_fit import fits
from adserver.domain.opportunity import NativeAsset, NativeSpace, Opportunity
from adserver.ports import Links
from tests.unit.adapters_channels.samples import (
    LINKS,
    NATIVE,
    NATIVE_SPACE,
    hostile_links,
    hostile_text,
)

TITLE = NativeAsset(id=3, required=True, kind="title", length=90)


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
    for trackers in ((), ((2, 1), (1, 2))):
        answer = _answer(NativeSpace(assets=(TITLE,), trackers=trackers))
        assert answer["imptrackers"] == [LINKS.impression]
        assert "eventtrackers" not in answer


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


@given(title=hostile_text.filter(bool), links=hostile_links)
def test_whatever_is_put_in_is_what_a_publisher_reads(title: str, links: Links) -> None:
    native = Native(id="n", landing_url="", title=title)
    answer = _answer(
        NativeSpace(assets=(NativeAsset(1, required=True, kind="title"),)), native, links
    )
    assert answer["assets"][0]["title"]["text"] == title
    assert answer["link"]["url"] == links.click
    assert answer["imptrackers"] == [links.impression]


assets = st.builds(
    NativeAsset,
    id=st.integers(0, 9),
    required=st.booleans(),
    kind=st.sampled_from(["title", "image", "text"]),
    name=st.sampled_from(["", "icon", "main", "sponsored", "description", "rating"]),
    length=st.none() | st.integers(0, 40),
    width=st.sampled_from([None, 80, 1200]),
    min_width=st.sampled_from([0, 80, 600, 2000]),
)


@given(asked=st.lists(assets, max_size=4))
def test_what_fits_is_rendered_and_what_does_not_is_a_loud_bug(asked: list[NativeAsset]) -> None:
    space = NativeSpace(assets=tuple(asked))
    if fits(NATIVE, space):
        answered = {part["id"] for part in _answer(space)["assets"]}
        assert answered >= {asset.id for asset in asked if asset.required}
    else:
        with pytest.raises(ValueError, match="autumn-native"):
            _answer(space)
