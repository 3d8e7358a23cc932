"""What dynamic creatives need from outside: products that are relevant, and their pages."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from adserver.domain.creative import Dynamic
from adserver.domain.prices import Price
from adserver.domain.product import Product
from adserver.errors import Fault


class Misfit(StrEnum):
    """Why a dynamic creative did not show a product, or none at all: metrics count these."""

    NO_IMAGE = "no_image"
    TOO_LONG = "too_long"
    NO_FEED = "no_feed"
    LANGUAGE = "language"
    NO_PRODUCT = "no_product"


class Listed(NamedTuple):
    """A row of a feed: the product, and what it is found by."""

    product: Product
    language: str
    in_stock: bool
    price: Price | None
    """What is asked for it now."""
    discount_percent: int
    facets: tuple[tuple[str, str], ...]
    """Pairs of a name of `product.FILTERS` and a value; of a category every level."""


class Feed(Protocol):
    """A shop's products, read once."""

    name: str

    def products(self) -> Iterator[Listed]:
        """Yield every good row. Raises `InvalidConfig` if the feed cannot be read to its end."""

    @property
    def faults(self) -> Sequence[Fault]:
        """What was wrong with rows that were skipped, by line and field; the first 1,000."""

    @property
    def skipped(self) -> int:
        """How many rows those were."""


class Wish(NamedTuple):
    """What is known when products are chosen: of the page, and of the person only what the permission allows."""

    languages: tuple[str, ...] = ()
    """Those of the page or the device, the likeliest first; empty: unknown."""
    topics: tuple[str, ...] = ()
    """Keywords of the page."""
    page_categories: tuple[str, ...] = ()
    """What the page is about, by the exchange's codes: `IAB17`."""
    segments: tuple[int, ...] = ()
    """Numbers of segments that may choose products: `product:<id>` and `category:<name>`."""
    avoided: tuple[int, ...] = ()
    """Numbers of segments that may keep products away: `bought:<id>`."""


class Relevant(NamedTuple):
    """Products by number that can be shown, all of them in stock, priced and fitting the template."""

    generation: int
    """Which state of the feed this is of; grows with each that is loaded."""
    first: tuple[int, ...]
    """Equally relevant, and more than all others; the better in price and stock come first."""
    others: tuple[int, ...]
    """What follows, in order."""


NOTHING = Relevant(0, (), ())


class Showcase(Protocol):
    """The loaded feeds, as dynamic creatives see them."""

    def relevant(self, creative: Dynamic, wish: Wish) -> Relevant:
        """Return what may be shown, in microseconds; nothing, if the fallback has to be."""


class Arms(Protocol):
    """How often what is being rotated was seen and clicked, as the books last said."""

    def shares(self, line_item: int, arms: tuple[int, ...]) -> Sequence[float]:
        """Return the probability with which each arm (a number, at least two) is to be chosen now; they sum to 1."""


class _Unlearned:
    """Nothing was counted: all are alike."""

    def shares(self, line_item: int, arms: tuple[int, ...]) -> Sequence[float]:
        """Return the same for all."""
        return [1 / len(arms)] * len(arms)


NO_ARMS: Arms = _Unlearned()
