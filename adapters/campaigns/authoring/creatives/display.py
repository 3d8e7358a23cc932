"""Banners as people write them."""

from typing import Any

from adapters.campaigns.authoring.cursor import Cursor
from adapters.campaigns.authoring.values import label, size, url
from adserver.domain.creative import Banner


def banner(found: dict[str, Cursor], common: dict[str, Any]) -> Banner:
    """Read a picture with its size."""
    width, height = size(found["banner"])
    if "image" not in found:
        found["banner"].fault("`image` is missing: the address of the banner's picture")
    return Banner(
        **common,
        width=width,
        height=height,
        image_url=url(found["image"], secure=common["secure"]) if "image" in found else "",
        alternative_text=label(found["alternative_text"]) if "alternative_text" in found else "",
    )
