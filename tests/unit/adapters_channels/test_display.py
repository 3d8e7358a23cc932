"""What a page gets to see of a banner."""

from html.parser import HTMLParser

from hypothesis import given

from adapters.channels.display import DisplayChannel
from adserver.domain.creative import Banner
from adserver.ports import Links
from tests.unit.adapters_channels.samples import (
    BANNER,
    BANNER_SPACE,
    LINKS,
    hostile_links,
    hostile_text,
)


class Elements(HTMLParser):
    """Collects every start tag; anything else between them would show up as `text`."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser for `<tag ...>`."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Called by the parser for anything between tags."""
        self.text += data


def _elements(banner: Banner, links: Links) -> Elements:
    return Elements(DisplayChannel().prepare(banner).render(links, BANNER_SPACE))


def test_an_image_of_the_right_size_links_to_the_click_and_a_pixel_reports() -> None:
    (link, image, pixel) = _elements(BANNER, LINKS).found
    assert link == ("a", {"href": LINKS.click, "target": "_blank", "rel": "noopener"})
    assert image[0] == pixel[0] == "img"
    assert (image[1]["width"], image[1]["height"]) == ("300", "250")
    assert pixel[1]["src"] == LINKS.impression


def test_the_price_macro_reaches_the_exchange_unchanged() -> None:
    markup = DisplayChannel().prepare(BANNER).render(LINKS, BANNER_SPACE)
    assert "?p=${AUCTION_PRICE}" in markup


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
    (link, image, pixel) = read.found
    assert (link[0], image[0], pixel[0], read.text) == ("a", "img", "img", "")
    assert link[1]["href"] == links.click
    assert pixel[1]["src"] == links.impression
    assert image[1]["src"] == banner.image_url
    assert image[1]["alt"] == text
    assert set(link[1]) | set(image[1]) <= {
        "href", "target", "rel", "src", "width", "height", "alt", "style",
    }  # fmt: skip
