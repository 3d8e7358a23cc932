"""Products in a template: each with its own link, every text a text, and the fallback where none can be shown."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.channels import prepare
from adapters.channels.dynamic import DynamicMarkup
from adserver.domain.product import Product
from adserver.ports.products import Misfit
from tests.unit.adapters_channels.elements import Elements
from tests.unit.adapters_channels.samples import BANNER_SPACE, DYNAMIC, LINKS, TOKEN
from tests.unit.adapters_feeds.test_feed_files import PAYLOADS

BOOT = Product(
    "boot", "A walking boot", "https://shop.example/p/boot", "Dry feet", "https://cdn.example/a.jpg?a=1&b=2",
    "Fjell", "€39.90", "€49.90",
)  # fmt: skip
BARE = LINKS._replace(bare_click=LINKS.click)


def made() -> DynamicMarkup:
    markup = prepare(DYNAMIC)
    assert isinstance(markup, DynamicMarkup)
    return markup


def shown(*products: Product, quoted: bool = False) -> Elements:
    links = LINKS if quoted else BARE
    return Elements(made().showing(products).render(links, BANNER_SPACE))


def test_a_product_is_shown_with_its_picture_texts_and_link() -> None:
    read = shown(BOOT)
    tags = [(tag, attributes) for tag, attributes in read.found if tag in {"a", "img"}]
    (link, picture, pixel, why) = tags
    assert link[1]["href"] == LINKS.click
    assert picture[1]["src"] == BOOT.image
    assert picture[1]["alt"] == BOOT.title
    assert pixel[1]["src"] == LINKS.impression
    assert why[1]["href"] == LINKS.why
    for text in (BOOT.title, "€39.90", "€49.90"):
        assert text in html.unescape(read.text)


def test_each_of_several_products_has_a_link_of_its_own() -> None:
    links = [a["href"] for tag, a in shown(BOOT, BOOT, BOOT).found if tag == "a"][:3]
    assert links == [LINKS.click, f"{LINKS.click}/1", f"{LINKS.click}/2"]


def test_behind_an_exchange_s_own_link_the_place_is_quoted_as_the_token_is() -> None:
    """Whoever unquotes the whole finds the link that would stand there without the exchange's."""
    wrapped = LINKS._replace(click=f"https://xch.example/c?to={TOKEN}", bare_click=LINKS.click)
    found = made().showing([BOOT, BOOT]).render(wrapped, BANNER_SPACE)
    assert f'href="https://xch.example/c?to={TOKEN}%2F1"' in found


@pytest.mark.parametrize(
    ("changes", "misfit"),
    [
        ({"image": ""}, Misfit.NO_IMAGE),
        ({"image": "javascript:alert(1)"}, Misfit.NO_IMAGE),
        ({"title": "Donaudampfschifffahrtsgesellschaft" * 3}, Misfit.TOO_LONG),
        ({"price": "1" * 30}, Misfit.TOO_LONG),
        ({"title": "A walking boot for very long and very wet ways " * 3}, None),
        ({"old_price": "", "brand": "", "description": ""}, None),
    ],
)
def test_what_has_no_place_in_the_template_is_told(
    changes: dict[str, str], misfit: Misfit | None
) -> None:
    product = replace(BOOT, **changes)
    assert made().misfit(product) is misfit
    if misfit is not None:
        with pytest.raises(ValueError, match="does not fit"):
            made().showing([product])


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_products_are_texts_and_pictures(payload: str) -> None:
    product = Product(payload, payload, payload, payload, BOOT.image, payload, "€1.00", payload)
    if made().misfit(product) is None:
        text = made().showing([product]).render(BARE, BANNER_SPACE)
        read = Elements(text)
        plain = Elements(made().showing([BOOT]).render(BARE, BANNER_SPACE))
        assert [tag for tag, _ in read.found] == [tag for tag, _ in plain.found]
        assert read.scripts == []
        for _, attributes in read.found:
            assert not [name for name in attributes if name.startswith("on")]
            addresses = [attributes[name] or "" for name in ("href", "src") if name in attributes]
            assert all(address.startswith("https://") for address in addresses)
        assert "${" not in text.replace("${AUCTION_PRICE}", "", 1), "the pixel's macro alone"
        assert "%%" not in text


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_leaves_the_page_as_it_is(title: str, brand: str) -> None:
    product = replace(BOOT, title=title, brand=brand)
    if made().misfit(product) is None:
        read = shown(product)
        assert [tag for tag, _ in read.found] == [tag for tag, _ in shown(BOOT).found]


def test_without_products_the_fallback_is_shown() -> None:
    text = made().render(LINKS, BANNER_SPACE)
    assert DYNAMIC.fallback.image_url in html.unescape(text)
    assert "{{" not in text


@pytest.mark.parametrize("products", [0, 7])
def test_more_products_than_fit_a_link_are_refused(products: int) -> None:
    with pytest.raises(ValueError, match="shows 1 to 6"):
        prepare(replace(DYNAMIC, products=products))
