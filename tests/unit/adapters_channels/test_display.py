"""What a page gets to see of a banner."""

import msgspec
from hypothesis import given

from adapters.channels.display import DisplayChannel
from adserver.domain.creative import Banner
from adserver.ports import Links
from tests.unit.adapters_channels.elements import Elements, runnable
from tests.unit.adapters_channels.samples import (
    BANNER,
    BANNER_SPACE,
    LINKS,
    hostile_links,
    hostile_text,
)


def _elements(banner: Banner, links: Links) -> Elements:
    return Elements(DisplayChannel().prepare(banner).render(links, BANNER_SPACE))


def test_an_image_of_the_right_size_links_to_the_click_and_a_pixel_reports() -> None:
    (_, link, image, pixel, _) = _elements(BANNER, LINKS).found
    assert link == ("a", {"href": LINKS.click, "target": "_blank", "rel": "noopener"})
    assert image[0] == pixel[0] == "img"
    assert (image[1]["width"], image[1]["height"]) == ("300", "250")
    assert pixel[1]["src"] == LINKS.impression


def test_a_link_in_the_corner_says_why_and_tells_our_page_nothing_of_this_one() -> None:
    read = _elements(BANNER, LINKS)
    (frame, _, _, _, why) = read.found
    assert frame == ("div", {"style": "position:relative;width:300px"})
    assert (why[0], why[1]["href"]) == ("a", LINKS.why)
    assert (why[1]["rel"], why[1]["target"]) == ("noopener noreferrer", "_blank")
    assert read.text == why[1]["aria-label"] == "Why this ad?"


def test_it_speaks_the_creative_s_language_as_far_as_the_page_behind_it_does() -> None:
    for language, words in (("de", "Warum diese Anzeige?"), ("fr", "Why this ad?")):
        banner = msgspec.structs.replace(BANNER, language=language)
        assert _elements(banner, LINKS).text == words


def test_where_there_is_little_room_it_is_one_letter_with_the_words_to_be_read_out() -> None:
    read = _elements(msgspec.structs.replace(BANNER, width=88, height=31), LINKS)
    assert read.text == "i"
    assert read.found[-1][1]["aria-label"] == "Why this ad?"


def test_where_the_publisher_says_why_there_is_no_link_of_ours() -> None:
    read = _elements(BANNER, LINKS._replace(why=""))
    assert [tag for tag, _ in read.found] == ["a", "img", "img"]
    assert read.text == ""


def test_the_price_macro_reaches_the_exchange_unchanged() -> None:
    markup = DisplayChannel().prepare(BANNER).render(LINKS, BANNER_SPACE)
    assert "?p=${AUCTION_PRICE}" in markup


def test_a_measured_banner_is_watched_by_a_script_within_its_frame() -> None:
    links = LINKS._replace(viewable="https://ads.example/t/viewable/x")
    measured = msgspec.structs.replace(BANNER, viewability=True)
    for why in (LINKS.why, ""):
        read = _elements(measured, links._replace(why=why))
        assert [tag for tag, _ in read.found][:5] == ["div", "a", "img", "img", "script"]
        assert read.parents["script"] == ["div"]
        assert "https://ads.example/t/viewable/x" in read.scripts[0]
    assert _elements(measured, LINKS).scripts == []  # nothing to call


@given(text=hostile_text, links=hostile_links)
def test_whatever_is_put_in_is_what_a_browser_reads_and_nothing_more(
    text: str, links: Links
) -> None:
    banner = Banner(
        id="b",
        landing_url="https://shop.example/",
        width=1,
        height=1,
        image_url="https://cdn.example/?a=1&quot=2",
        alternative_text=text,
    )
    read = _elements(banner, links)
    assert runnable(DisplayChannel().prepare(banner).render(links, BANNER_SPACE)) == []
    (link, image, pixel) = read.found[1:-1] if links.why else read.found
    assert (link[0], image[0], pixel[0]) == ("a", "img", "img")
    assert read.text == ("i" if links.why else "")
    if links.why:
        assert read.found[-1][1]["href"] == links.why
    assert link[1]["href"] == links.click
    assert pixel[1]["src"] == links.impression
    assert image[1]["src"] == banner.image_url
    assert image[1]["alt"] == text
    assert set(link[1]) | set(image[1]) <= {
        "href", "target", "rel", "src", "width", "height", "alt", "style",
    }  # fmt: skip
