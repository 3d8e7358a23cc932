"""Whatever a stranger's bidder answers, the judge says what is wrong with it and goes on."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.certification.judge import problems

ASKED = {
    "assets": [{"id": 1, "required": 1, "title": {"len": 9}}, {"id": 2, "img": {"wmin": 80, "hmin": 80}}],
    "eventtrackers": [{"event": 1, "methods": [1]}],
}  # fmt: skip
REQUEST = {
    "id": "r",
    "cur": ["USD"],
    "imp": [{"id": "1", "native": {"request": json.dumps(ASKED)}}],
}
ANSWER: dict[str, Any] = {
    "assets": [{"id": 1, "title": {"text": "Tents"}}, {"id": 2, "img": {"url": "https://i.example", "w": 80, "h": 80}}],
    "link": {"url": "https://shop.example"},
    "eventtrackers": [{"event": 1, "method": 1, "url": "https://t.example"}],
}  # fmt: skip
WRONG: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 1.5, "", "x", [], [None], [[]], {}, {"url": 1}]
)


def judged(adm: str) -> list[str]:
    bid = {"id": "b", "impid": "1", "price": 1.0, "crid": "c", "mtype": 4, "adm": adm}
    response = {"id": "r", "cur": "USD", "seatbid": [{"bid": [bid]}]}
    return problems(REQUEST, response)


def paths(value: Any, *above: str | int) -> list[tuple[str | int, ...]]:
    """Return where all values inside stand."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    return [above, *(path for name, each in inside for path in paths(each, *above, name))]


def replaced(value: Any, path: tuple[str | int, ...], by: object) -> Any:
    if not path:
        return by
    if isinstance(value, list):
        return [replaced(each, path[1:], by) if n == path[0] else each for n, each in enumerate(value)]  # fmt: skip
    return {name: replaced(each, path[1:], by) if name == path[0] else each for name, each in value.items()}  # fmt: skip


def test_the_answer_by_the_book_has_nothing_wrong() -> None:
    assert judged(json.dumps(ANSWER)) == []


@given(path=st.sampled_from(paths(ANSWER)), wrong=WRONG)
def test_one_value_of_another_type_is_complained_of_or_allowed(
    path: tuple[str | int, ...], wrong: object
) -> None:
    found = judged(json.dumps(replaced(ANSWER, path, wrong)))
    assert all(isinstance(each, str) for each in found)
    if path[-1:] in {("id",), ("event",), ("method",), ("text",)} or not path:
        assert found or isinstance(wrong, str)


@pytest.mark.parametrize(
    "adm", ["[" * 100_000, '{"a":' * 100_000, "{", "[]", '"x"', '{"native":7}']
)
def test_what_is_no_object_is_no_answer(adm: str) -> None:
    assert any("no JSON object" in each for each in judged(adm))
