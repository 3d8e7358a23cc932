"""Products of a shop's feed, as dynamic creatives show them."""

import msgspec

from adserver.domain.identity import number
from adserver.domain.targeting import Dimension

FILTERS = ("brand", "category", "id", "condition", "color", "gender", "size", "label")
"""What `only` of a dynamic creative may name."""
FACTS = frozenset({Dimension.KEYWORD, Dimension.DEVICE_LANGUAGE})
"""What of a request products are chosen by, beyond what every auction has."""


class Product(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One product; texts are plain and still to be escaped, prices are written out in its language."""

    id: str
    title: str
    link: str
    """Its page: on a domain of the feed, or the row was refused."""
    description: str = ""
    image: str = ""
    brand: str = ""
    price: str = ""
    """What is asked for it now; nothing if the feed names no price."""
    old_price: str = ""
    """What was asked before a sale; nothing without one."""


def product_number(feed: str, identifier: str) -> int:
    """Return a product's id as a stable 63-bit number."""
    return number.__wrapped__(
        "product", f"{feed}/{identifier}"
    )  # 100,000 of them would flush the cache
