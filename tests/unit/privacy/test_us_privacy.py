"""The US privacy string, against the vectors of its specification."""

import json

import pytest

from adserver.privacy.us_privacy import UsPrivacy, opted_out, read_us_privacy
from tests.corpus.corpus import corpus

_LETTERS = {"Y": True, "N": False, "-": None}


def test_every_vector_says_what_the_specification_says() -> None:
    for vector in json.loads(corpus("privacy", "us_privacy.json").read_text("utf-8"))["vectors"]:
        text, wanted = vector["us_privacy"], vector["decoded"]
        if not vector["format_valid_v1"]:
            with pytest.raises(ValueError, match=r"US privacy|neither"):
                read_us_privacy(text)
            assert opted_out(text)
            continue
        letters = (wanted["notice"], wanted["optOutSale"], wanted["lspaCovered"])
        assert read_us_privacy(text) == UsPrivacy(*(_LETTERS[each.upper()] for each in letters))
        assert opted_out(text) == vector["opted_out_of_sale"]


@pytest.mark.parametrize(
    "text", ["", "1", "1YN", "1YNNN", "2YNN", "1XNN", "YYNN", "1Y N", "-", "1YN\u00df", "1YNN."]
)
def test_what_cannot_be_read_counts_as_an_opt_out(text: str) -> None:
    assert opted_out(text)


@pytest.mark.parametrize(
    ("text", "out"), [("1YYN", True), ("1yyn", True), ("1YNN", False), ("1---", False)]
)
def test_an_opt_out_of_sale_is_a_yes_in_the_second_place(text: str, out: bool) -> None:  # noqa: FBT001 - a case
    assert opted_out(text) == out
