"""The native request inside its string."""

import json
from typing import Any

import pytest

from adserver.domain.opportunity import NativeAsset, NativeSpace
from adserver.openrtb import native
from adserver.openrtb.native import native_space
from adserver.openrtb.request import Native

TITLE = {"id": 1, "required": 1, "title": {"len": 90}}
TITLE_READ = NativeAsset(id=1, required=True, kind="title", length=90)


def space(
    markup: Any, ver: str | None = None, battr: list[int] | None = None
) -> NativeSpace | None:
    text = markup if isinstance(markup, str) else json.dumps(markup)
    return native_space(Native(request=text, ver=ver, battr=battr))


def test_every_kind_of_asset_is_read() -> None:
    markup = {
        "ver": "1.2",
        "assets": [
            TITLE,
            {"id": 2, "required": 1, "img": {"type": 3, "wmin": 600, "hmin": 315}},
            {"id": 3, "img": {"type": 1, "w": 80, "h": 80}},
            {"id": 4, "data": {"type": 1, "len": 25}},
            {"id": 5, "required": 0, "data": {"type": 12}},
            {"id": "6", "img": {}},
        ],
        "eventtrackers": [{"event": 1, "methods": [1, 2]}, {"event": 2, "methods": [1]}, {"event": 3}],
    }  # fmt: skip
    assert space(markup, battr=[3]) == NativeSpace(
        assets=(
            TITLE_READ,
            NativeAsset(2, required=True, kind="image", name="main", min_width=600, min_height=315),
            NativeAsset(3, required=False, kind="image", name="icon", width=80, height=80),
            NativeAsset(4, required=False, kind="text", name="sponsored", length=25),
            NativeAsset(5, required=False, kind="text", name="call_to_action"),
            NativeAsset(6, required=False, kind="image", name="main"),
        ),
        trackers=((1, 1), (1, 2), (2, 1)),
        blocked_attributes=(3,),
    )


def test_the_old_root_is_remembered_for_the_answer() -> None:
    new = space({"ver": "1.1", "assets": [TITLE]})
    old = space({"native": {"ver": "1.1", "assets": [TITLE]}})
    assert new == NativeSpace(assets=(TITLE_READ,), version="1.1")
    assert old == NativeSpace(assets=(TITLE_READ,), version="1.1", wrapped=True)


@pytest.mark.parametrize(
    ("inner", "outer", "version"),
    [("1.1", "1.0", "1.1"), (None, "1.0", "1.0"), (None, None, "1.2")],
)
def test_the_version_inside_goes_before_the_one_outside(
    inner: str | None, outer: str | None, version: str
) -> None:
    found = space({"ver": inner, "assets": [TITLE]}, ver=outer)
    assert found is not None
    assert found.version == version


@pytest.mark.parametrize(
    "asset",
    [
        {"id": 2, "video": {"minduration": 5}},
        {"id": 2, "data": {"type": 501}},
        {"id": 2, "img": {"type": 501}},
        {"id": 2},
        {"id": 2, "title": {"len": 5}, "img": {"type": 3}},
        {"title": {"len": 5}},
    ],
)
def test_a_part_that_we_cannot_fill_matters_only_if_it_is_required(asset: dict[str, Any]) -> None:
    optional = space({"assets": [TITLE, asset]})
    required = space({"assets": [TITLE, asset | {"required": 1}]})
    assert optional == NativeSpace(assets=(TITLE_READ,))
    assert required == NativeSpace(assets=(TITLE_READ,), unanswerable=True)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", "{}", '{"assets":[]}', '{"assets":{}}', '{"native":{}}', '"{}"',
        '{"assets":[{"id":1,"title":{}},{"id":1,"title":{}}]}',
        '{"assets":[{"title":{}},{"id":1,"video":{}}]}',
        '{"x":' + "[" * 5_000 + "]" * 5_000 + ',"assets":[{"id":1,"title":{}}]}',
        '{"assets":[' + ",".join(['{"id":%d,"title":{}}' % i for i in range(100)]) + "]}",  # noqa: UP031 - braces
    ],
    ids=range(13),
)  # fmt: skip
def test_what_cannot_be_read_or_asks_for_nothing_is_no_space(text: str) -> None:
    assert space(text) is None


def test_a_wrong_type_inside_costs_only_its_field() -> None:
    assert space({"ver": 1.2, "assets": [TITLE | {"required": 1}, 7]}) == NativeSpace((TITLE_READ,))


def test_no_request_is_no_space() -> None:
    assert native_space(Native()) is None


def test_endless_lists_and_texts_are_not_remembered() -> None:
    text = json.dumps({"assets": [TITLE]})
    native._remembered.cache_clear()
    for number in range(3):
        endless = list(range(number, 50_000))
        read = native_space(Native(request=text, battr=endless))
        assert read is not None
        assert read.blocked_attributes == tuple(endless)
    assert native._remembered.cache_info().currsize == 0
    for number in range(3):
        native_space(Native(request=text, ver="1.2.3.4.5" + "x" * number))
    assert native._remembered.cache_info().currsize == 1
