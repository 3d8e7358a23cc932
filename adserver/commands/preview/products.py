"""The products with which a preview fills dynamic creatives: those that a page would get of which nothing is known."""

from collections.abc import Iterable
from typing import NamedTuple

from adapters.channels import prepare
from adapters.channels.dynamic import DynamicMarkup
from adapters.feeds.shelf import Shelf
from adapters.feeds.storefront import Storefront
from adserver import bootstrap
from adserver.config import Loaded
from adserver.domain.creative import AnyCreative, Dynamic
from adserver.errors import InvalidConfig
from adserver.ports import Markup
from adserver.ports.products import Wish


class Filled(NamedTuple):
    """A dynamic creative with products in it, or why there are none."""

    markup: Markup | None
    why: str = ""


class Shop:
    """The feeds of some creatives, as they are loaded now."""

    def __init__(self, loaded: Loaded, creatives: Iterable[AnyCreative]) -> None:
        """Look into the state folder, changing nothing there."""
        folder = bootstrap.places(loaded).feeds
        prepared = {each.id: (each.feed, prepare(each)) for each in creatives if isinstance(each, Dynamic)}  # fmt: skip
        self._markups = {
            name: markup
            for name, (_, markup) in prepared.items()
            if isinstance(markup, DynamicMarkup)
        }
        self._lacking: dict[str, str] = {}
        for feed in {feed for feed, _ in prepared.values()}:
            path = folder / f"{feed}.feed"
            if not path.exists():
                self._lacking[feed] = f"feed {feed} was never loaded; run `adserver feeds load`"
                continue
            try:
                Shelf(path).close()  # a storefront would log what is wrong; here it is told
            except InvalidConfig:
                self._lacking[feed] = f"feed {feed} cannot be read; run `adserver feeds load`"
        good = {feed for feed, _ in prepared.values()} - set(self._lacking)
        judges = {name: markup.misfit for name, markup in self._markups.items()}
        self._front = Storefront(folder, good, judges)

    def filled(self, creative: Dynamic) -> Filled:
        """Return the creative with products that fit it."""
        if creative.feed in self._lacking:
            return Filled(None, self._lacking[creative.feed])
        relevant = self._front.relevant(creative, Wish())
        numbers = (*relevant.first, *relevant.others)[: creative.products]
        found = [self._front.product(creative.feed, number) for number in numbers]
        products = [each for each in found if each is not None]
        if not products:
            return Filled(None, f"feed {creative.feed} has no product that it can show")
        return Filled(self._markups[creative.id].showing(products))
