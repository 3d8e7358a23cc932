"""Dynamic creatives as people write them."""

from typing import Any

from adapters.campaigns.authoring.creatives.display import file_beside
from adapters.campaigns.authoring.cursor import Cursor, shown
from adapters.campaigns.authoring.values import label, size, slug, url, whole
from adserver.domain.creative import Banner, Dynamic
from adserver.domain.product import FILTERS
from adserver.domain.product_template import template

MAX_PRODUCTS = 6
KEYS = ("size", "feed", "template", "products", "only", "pages", "fallback")


def dynamic(found: dict[str, Cursor], common: dict[str, Any]) -> Dynamic:
    """Read which products are shown, in which template, and what is shown when none can be."""
    parts = found["dynamic"].fields(KEYS, required=("size", "feed", "template", "fallback"))
    width, height = size(parts["size"]) if "size" in parts else (1, 1)
    markup = ""
    if "template" in parts:
        markup = file_beside(parts["template"])
        if markup:
            try:
                template(markup, secure=common["secure"])
            except ValueError as error:
                parts["template"].fault(str(error))
    return Dynamic(
        **common,
        width=width,
        height=height,
        feed=slug(parts["feed"]) if "feed" in parts else "",
        template=parts["template"].text() if "template" in parts else "",
        markup=markup,
        products=whole(parts["products"], 1, MAX_PRODUCTS) if "products" in parts else 1,
        only=_only(parts["only"]) if "only" in parts else {},
        pages=_pages(parts["pages"]) if "pages" in parts else {},
        fallback=_fallback(
            parts["fallback"].fields(("image", "alternative_text"), required=("image",))
            if "fallback" in parts
            else {},
            common,
            (width, height),
        ),
    )


def _only(cursor: Cursor) -> dict[str, tuple[str, ...]]:
    found = cursor.fields(FILTERS)
    return {name: tuple(label(part) for part in values.items()) for name, values in found.items()}


def _pages(cursor: Cursor) -> dict[str, tuple[str, ...]]:
    found = cursor.entries()
    for code, values in found.items():
        if not code.isalnum() and not code.replace("-", "").isalnum():
            values.fault(f"{shown(code)} is no category of pages such as IAB17")
    return {code: tuple(label(part) for part in values.items()) for code, values in found.items()}


def _fallback(found: dict[str, Cursor], common: dict[str, Any], measure: tuple[int, int]) -> Banner:
    return Banner(
        **common,
        width=measure[0],
        height=measure[1],
        image_url=url(found["image"], secure=common["secure"]) if "image" in found else "",
        alternative_text=label(found["alternative_text"]) if "alternative_text" in found else "",
    )
