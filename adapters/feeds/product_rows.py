"""One row of a feed as a product: fields by the names of the public merchant product data specification.

Read are id, title, description, link, image_link, price, sale_price, availability, brand, product_type (or
google_product_category), language (or content_language), condition, color, gender, size and custom_label_0 to _4.
The rest of a row is left alone.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from adapters.rows import BadField
from adserver.domain.prices import Price, price, shown
from adserver.domain.product import Product
from adserver.domain.web_address import web_address
from adserver.ports.products import Listed

MAX_ID, MAX_TITLE, MAX_DESCRIPTION, MAX_WORD, MAX_URL = 100, 500, 1_000, 100, 2_000
MAX_LEVELS = 10
"""Levels of a category that are read."""
IN_STOCK = frozenset({"in_stock", "in stock", "instock"})
SOLD_OUT = frozenset(
    {"out_of_stock", "out of stock", "outofstock", "preorder", "backorder", "sold_out", "sold out",
     "discontinued"}
)  # fmt: skip
"""Whatever nobody can have today counts as sold out: it is not advertised."""
_NOISE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+"
)
"""Line breaks, control characters, and what turns the direction of writing."""
_BLANKS = re.compile(r"\s+")
_UNSAFE = frozenset("\"'<>\\^`{|}")
_LANGUAGE = re.compile(r"([A-Za-z]{2})(?:[-_][A-Za-z0-9]{2,8})*")


class Terms(NamedTuple):
    """What holds for every row of a feed."""

    domains: Sequence[str]
    """Where products' pages may be."""
    language: str
    """Of rows that say nothing else, as the next."""
    currency: str


def listed(row: Mapping[str, str], terms: Terms) -> Listed:
    """Return the product of a row. Raises `BadField`."""
    identifier = _text(row, "id", MAX_ID)
    title = _text(row, "title", MAX_TITLE)
    for name, value in (("id", identifier), ("title", title)):
        if not value:
            raise BadField(name, "is missing")
    language = _language(row, terms)
    asked, before = _prices(row, terms)
    product = Product(
        identifier,
        title,
        _link(row, terms),
        _text(row, "description", None)[:MAX_DESCRIPTION],
        _image(row),
        _text(row, "brand", MAX_WORD),
        shown(asked, language) if asked else "",
        shown(before, language) if before else "",
    )
    discount = 0
    if asked and before:
        discount = 100 * (before.minor - asked.minor) // before.minor
    return Listed(product, language, _in_stock(row), asked, discount, tuple(_facets(row, product)))


def levels(category: str) -> list[str]:
    """Return every level of a category and every way down to one: `Home > Pans` is Home, Home > Pans and Pans."""
    parts = [part.strip() for part in category.split(">")][:MAX_LEVELS]
    paths = [" > ".join(parts[: depth + 1]) for depth in range(len(parts))]
    return [each for each in dict.fromkeys((*paths, *parts)) if each]


def _facets(row: Mapping[str, str], product: Product) -> list[tuple[str, str]]:
    found = [("id", product.id)]
    if product.brand:
        found.append(("brand", product.brand))
    category = row.get("product_type") or row.get("google_product_category") or ""
    found += [("category", each) for each in levels(_clean(category)[: MAX_WORD * MAX_LEVELS])]
    for name in ("condition", "color", "gender", "size"):
        if word := _text(row, name, MAX_WORD):
            found.append((name, word))
    for number in range(5):
        if word := _text(row, f"custom_label_{number}", MAX_WORD):
            found.append(("label", word))
    return found


def _prices(row: Mapping[str, str], terms: Terms) -> tuple[Price | None, Price | None]:
    """Return what is asked for now and what was asked before, if this is a sale."""
    regular = _price(row, "price", terms.currency)
    sale = _price(row, "sale_price", terms.currency)
    if sale is None or regular is None:
        return regular, None
    if sale.currency != regular.currency:
        raise BadField("sale_price", f"is in {sale.currency}, the price in {regular.currency}")
    return (sale, regular) if sale.minor < regular.minor else (regular, None)


def _price(row: Mapping[str, str], name: str, currency: str) -> Price | None:
    text = row.get(name, "").strip()
    if not text:
        return None
    try:
        return price(text, currency)
    except ValueError as error:
        raise BadField(name, str(error)) from None


def _in_stock(row: Mapping[str, str]) -> bool:
    word = row.get("availability", "").strip().lower()
    if word not in IN_STOCK | SOLD_OUT:
        raise BadField(
            "availability", f"{word[:40]!r} is none of in_stock, out_of_stock, preorder, backorder"
        )
    return word in IN_STOCK


def _link(row: Mapping[str, str], terms: Terms) -> str:
    """Return the page's address: of the declared domains, however it is spelled."""
    address = _address(row, "link", secure=False)
    if not address:
        raise BadField("link", "is missing")
    parts = urlsplit(address)
    host = parts.hostname or ""
    declared = any(host == each or host.endswith(f".{each}") for each in terms.domains)
    if not declared:
        raise BadField(
            "link", f"{host[:80]!r} is none of the feed's domains: {', '.join(terms.domains)}"
        )
    return address


def _image(row: Mapping[str, str]) -> str:
    """Return the picture's address; browsers show no other than https beside secure pages."""
    return _address(row, "image_link", secure=True)


def _address(row: Mapping[str, str], name: str, *, secure: bool) -> str:
    address = row.get(name, "").strip()
    if not address:
        return ""
    try:
        parts = urlsplit(web_address(address, secure=secure))
        _ = parts.port  # raises ValueError for what is no port
    except ValueError as error:
        raise BadField(name, f"is no web address: {error}") from None
    if len(address) > MAX_URL or set(address) & _UNSAFE:
        raise BadField(
            name, f"holds quotes, brackets or backslashes, or more than {MAX_URL} characters"
        )
    if "@" in parts.netloc:
        raise BadField(name, "holds a user name or password")
    return address


def _language(row: Mapping[str, str], terms: Terms) -> str:
    tag = (row.get("language") or row.get("content_language") or "").strip()
    if not tag:
        return terms.language
    found = _LANGUAGE.fullmatch(tag)
    if found is None:
        raise BadField("language", f"{tag[:40]!r} is no language: write de or de-AT")
    return found[1].lower()


def _text(row: Mapping[str, str], name: str, most: int | None) -> str:
    written = row.get(name)
    if not written:
        return ""
    text = _clean(written)
    if most is not None and len(text) > most:
        raise BadField(name, f"is longer than {most} characters")
    return text


def _clean(text: str) -> str:
    return _BLANKS.sub(" ", _NOISE.sub(" ", text)).strip()
