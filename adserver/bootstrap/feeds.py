"""Dynamic creatives in a worker: their feeds, their templates, and the pages behind their products."""

from collections.abc import Callable, Mapping

from adapters.channels.dynamic import DynamicMarkup
from adapters.feeds.storefront import Storefront
from adserver.bootstrap.state import places
from adserver.config import Loaded
from adserver.domain.bid import Bid
from adserver.domain.creative import AnyCreative, Dynamic
from adserver.domain.product import Product
from adserver.ports import Markup


class Shopwindow:
    """What a worker needs for dynamic creatives; empty where there are none."""

    def __init__(
        self, loaded: Loaded, creatives: Mapping[str, AnyCreative], markups: Mapping[str, Markup]
    ) -> None:
        self._dynamic = {
            name: creative for name, creative in creatives.items() if isinstance(creative, Dynamic)
        }
        self._by_number = {creative.number: creative for creative in self._dynamic.values()}
        self._markups = {
            name: markup for name, markup in markups.items() if isinstance(markup, DynamicMarkup)
        }
        self.storefront: Storefront | None = None
        if self._dynamic:
            self.storefront = Storefront(
                places(loaded).feeds,
                {creative.feed for creative in self._dynamic.values()},
                {name: markup.misfit for name, markup in self._markups.items()},
            )

    @property
    def poll(self) -> Callable[[], None]:
        """What takes up feeds that were loaded anew; to be called now and then."""
        return (lambda: None) if self.storefront is None else self.storefront.poll

    def furnish(self, bid: Bid) -> Markup:
        """Return a dynamic creative with the products of a bid."""
        creative = self._dynamic[bid.candidate.creative.id]
        found = [self._product(creative, number) for number in bid.products]
        return self._markups[creative.id].showing([each for each in found if each is not None])

    def page(self, creative: int, product: int) -> str | None:
        """Return the page of a product that a dynamic creative (by number) showed, if the feed still has it."""
        shown = self._by_number.get(creative)
        found = None if shown is None else self._product(shown, product)
        return None if found is None else found.link

    def _product(self, creative: Dynamic, number: int) -> Product | None:
        return None if self.storefront is None else self.storefront.product(creative.feed, number)
