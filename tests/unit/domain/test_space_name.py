"""What is taken for a space's name: the rule in plain loops, and what publishers write."""

from string import ascii_letters, digits, hexdigits

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adserver.domain.space_name import MAX_LETTERS, space_name

LETTERS = ascii_letters + digits + "._/:-"


def looks_like_a_name(said: str) -> bool:
    """The same letter by letter."""
    if len(said) > 64 or not set(said) <= set(LETTERS):
        return False
    numbers = "".join(each if each in digits else " " for each in said).split()
    hashes = "".join(each if each in hexdigits else " " for each in said.replace("-", "")).split()
    return all(len(each) < 11 for each in numbers) and all(len(each) < 16 for each in hashes)


@given(
    st.one_of(
        st.text(max_size=80),
        st.text(LETTERS, max_size=80),
        st.text("0123abF-", max_size=30),
        st.text("019z", min_size=8, max_size=24),
        st.text("019-", max_size=30),
    )
)
@example("top\n")
@example("\u0661\u0662\u0663")
@example("a" * MAX_LETTERS)
@example("z" * MAX_LETTERS)
@example("z" * (MAX_LETTERS + 1))
@example("-" * 48 + "0" * 6 + "-" + "0" * 6 + "-" + "000")
def test_it_is_the_rule(said: str) -> None:
    assert space_name(said) == (said if looks_like_a_name(said) else "")
    assert space_name(said) == space_name(said)


@pytest.mark.parametrize(
    "name",
    ["top", "news.example/homepage-top_1", "/12345/sports/leaderboard:2", "side-300x250", "12345678", "1234567890", "div-gpt-ad-1234567890-0", "abcdefabcdefabc"],
)  # fmt: skip
def test_names_of_spaces_are_told(name: str) -> None:
    assert space_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "anna@example.org", "anna smith", "top?user=7", "4915112345678", "top/12345678901", "div-gpt-ad-1413849600000-0", "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b",
        "6ec0bd7f11c043da", "6E-C0-BD-7F-11-C0-43-DA", "größe",
    ],
)  # fmt: skip
def test_what_may_be_somebody_is_not(name: str) -> None:
    assert space_name(name) == ""
