"""Templates: gaps only where what goes into them is harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.product_template import Gap, shortened, template

GOOD = '<a href="{{click_url}}"><img src="{{image_url}}" alt="{{title|60}}"><b>{{ title|30 }}</b> {{price}}</a>'


def wrapped(inner: str, before: str = "", behind: str = "") -> str:
    return f"<div>{before}{{{{products}}}}{inner}{{{{end}}}}{behind}</div>"


def test_a_template_is_cut_into_texts_and_gaps() -> None:
    read = template(wrapped(GOOD, before="<style>b{color:red}</style>"), secure=True)
    assert read.before == "<div><style>b{color:red}</style>"
    assert read.behind == "</div>"
    assert [each for each in read.repeated if isinstance(each, Gap)] == [
        Gap("click_url"), Gap("image_url"), Gap("title", 60), Gap("title", 30), Gap("price", 20),
    ]  # fmt: skip
    assert read.has_picture


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<b>no products</b>", "needs {{products}} once"),
        ("{{end}}{{products}}", "needs {{products}} once"),
        (wrapped("<b>{{title}}</b>"), "nobody could get to the product"),
        (wrapped(GOOD, before="{{title}}"), "outside of"),
        (wrapped(GOOD + "{{titel}}"), "did you mean {{title}}?"),
        (wrapped(GOOD + "\n\n{{7*7}}"), "line 3: unknown placeholder"),
        (wrapped(GOOD + "{{title|0}}"), "unknown placeholder"),
        (wrapped(GOOD + "{{title|999}}"), "at most 500"),
        (wrapped(GOOD + "{{image_url|9}}"), "only texts have a length"),
        (wrapped(GOOD + "{{ {{title}} }}"), "opening {{"),
        (wrapped(GOOD + "<script>{{title}}</script>"), "<script> may not stand"),
        (wrapped(GOOD + "<svg><title>{{title}}</title></svg>"), "may not stand"),
        (wrapped(GOOD + "<style>{{title}}</style>"), "may not stand here"),
        (wrapped(GOOD + '<p style="color:{{brand}}">'), "may not stand in `style`"),
        (wrapped(GOOD + "<p title={{title}}>"), "needs double quotes"),
        (wrapped(GOOD + "<p title='{{title}}'>"), "needs double quotes"),
        (wrapped(GOOD + "<p {{title}}>"), "needs double quotes"),
        (wrapped(GOOD + "<!-- {{title}} -->"), "where none may stand"),
        (wrapped(GOOD + "<p><{{title}}></p>"), r"where none may stand|unknown|tag"),
        (wrapped(GOOD + '<a href="x{{click_url}}">'), "may not stand in `href`"),
        (wrapped(GOOD + '<a href="{{image_url}}">'), "may not stand in `href`"),
        (wrapped(GOOD + '<img src="{{click_url}}">'), "may not stand in `src`"),
        (wrapped(GOOD + '<img src="{{title}}">'), "may not stand in `src`"),
        (wrapped(GOOD + "{{click_url}}"), "may not stand here"),
        (wrapped(GOOD + '<p onclick="f()">'), "it is a script"),
        (wrapped(GOOD + '<a href="https://evil.example/">x</a>'), "the links of a template"),
        (wrapped(GOOD + '<img src="http://cdn.example/a.png">'), "must begin with https"),
        (wrapped(GOOD + '<img src="javascript:alert(1)">'), "must begin with https"),
        (wrapped(GOOD + '<base href="https://evil.example/">'), "<base> may not stand"),
        (wrapped(GOOD) + "x" * 60_000, "is longer than"),
    ],
)  # fmt: skip
def test_a_gap_anywhere_else_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("?", r"\?").replace("{", r"\{")):
        template(text, secure=True)


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("short", 10, "short"),
        ("a walking boot", 14, "a walking boot"),
        ("a walking boot, waterproof", 16, "a walking boot…"),
        ("a walking boot waterproof", 20, "a walking boot…"),
        ("Donaudampfschifffahrt", 10, None),
        ("a Donaudampfschifffahrt", 10, None),
        ("防水の登山靴はとても軽くて丈夫です", 8, "防水の登山靴は…"),
    ],
)
def test_texts_are_cut_between_words(text: str, most: int, expected: str | None) -> None:
    assert shortened(text, most) == expected


@given(st.text(max_size=60), st.integers(1, 40))
def test_a_shortened_text_is_never_too_long(text: str, most: int) -> None:
    found = shortened(text, most)
    assert found is None or len(found) <= most
