"""Which products a dynamic creative may show here: the relevant ones of its feed, the better in price first.

Sets of products are ints, as sets of candidates are. What a page asks for is worked out once per page context and state of
the feed (some 0.1 ms for 100,000 products) and remembered; of a person nothing is remembered.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import structlog

from adapters.feeds.shelf import Shelf
from adapters.feeds.shelf_file import BOUGHT, CATEGORY, LIKED, words
from adserver.domain.bits import ascending
from adserver.domain.creative import Dynamic
from adserver.domain.product import Product
from adserver.durable import Stamp, stamp
from adserver.errors import InvalidConfig
from adserver.metrics import PRODUCT_MISFITS
from adserver.ports.products import NOTHING, Misfit, Relevant, Wish

MOST = 8
"""Products that are equally relevant and take turns, and so many behind them."""
LOOKED_AT = 64
"""No more products than this are tried for the template."""
REMEMBERED = 2_048
MAX_TOPICS, MAX_SEGMENTS = 8, 256

Judge = Callable[[Product], Misfit | None]
Context = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]

_log = structlog.get_logger()


class Storefront:
    """`ports.products.Showcase` over the shelf files of a folder; `poll` takes up new ones."""

    def __init__(self, folder: Path, feeds: Iterable[str], judges: Mapping[str, Judge]) -> None:
        """Know the feeds by name, and by creative what tells which products fit its template."""
        self._paths = {name: folder / f"{name}.feed" for name in feeds}
        self._judges = judges
        self._stamps: dict[str, Stamp | None] = dict.fromkeys(self._paths)
        self._shelves: dict[str, Shelf] = {}
        self._windows: dict[str, _Window] = {}
        self.poll()

    def poll(self) -> None:
        """Look whether feeds were loaded anew; one that cannot be read changes nothing. Microseconds if not."""
        for name, path in self._paths.items():
            now = stamp(path)
            if now is not None and now != self._stamps[name]:
                self._stamps[name] = now
                try:
                    fresh = Shelf(path)
                except InvalidConfig as error:
                    _log.error("feed_refused", error=str(error), serving="what was loaded before")
                    continue
                before = self._shelves.get(name)
                self._shelves[name] = fresh
                self._windows = {k: v for k, v in self._windows.items() if v.shelf is not before}
                if before is not None:
                    before.close()

    def relevant(self, creative: Dynamic, wish: Wish) -> Relevant:
        """Return what may be shown; why not, where nothing may, is counted."""
        window = self._windows.get(creative.id)
        if window is None:
            shelf = self._shelves.get(creative.feed)
            if shelf is None:
                PRODUCT_MISFITS.labels(creative.feed, Misfit.NO_FEED).inc()
                return NOTHING
            window = _Window(shelf, creative, self._judges[creative.id])
            self._windows[creative.id] = window
        return window.relevant(wish)

    def product(self, feed: str, number: int) -> Product | None:
        """Return a product, also one that is sold out by now."""
        shelf = self._shelves.get(feed)
        return None if shelf is None else shelf.product(number)


class _Window:
    """One creative's view of one state of its feed."""

    def __init__(self, shelf: Shelf, creative: Dynamic, judge: Judge) -> None:
        self.shelf = shelf
        self._creative = creative
        self._judge = judge
        self._allowed = shelf.everything
        for name, values in creative.only.items():
            accepted = 0
            for value in values:
                accepted |= shelf.having(name, value)
            self._allowed &= accepted
        self._by_language: dict[str, int] = {}
        self._fitting: dict[int, int] = {}
        """By position: the number of a product that fits, 0 for one that does not."""
        self._remembered: dict[Context, Relevant] = {}
        languages = shelf.about.languages
        self._usual = max(languages, key=lambda each: languages[each], default="")
        self._misfits = {each: PRODUCT_MISFITS.labels(creative.feed, each) for each in Misfit}

    def relevant(self, wish: Wish) -> Relevant:
        if wish.segments or wish.avoided:
            said = self._said(wish)
            if any(said):
                return self._ranked(wish, *said)
        key = (wish.languages, wish.topics, wish.page_categories)
        found = self._remembered.get(key)
        if found is None:
            found = self._ranked(wish)
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = found
        elif not found.first:
            self._misfits[Misfit.LANGUAGE if found is NOTHING else Misfit.NO_PRODUCT].inc()
        return found

    def _ranked(self, wish: Wish, liked: int = 0, preferred: int = 0, avoided: int = 0) -> Relevant:
        allowed = self._in_language(wish.languages)
        if not allowed:
            self._misfits[Misfit.LANGUAGE].inc()
            return NOTHING
        allowed &= ~avoided
        tiers = [allowed & liked, allowed & preferred, *self._by_page(wish, allowed), allowed]
        first, others = self._pick(tiers)
        if not first:
            self._misfits[Misfit.NO_PRODUCT].inc()
        return Relevant(self.shelf.about.generation, first, others)

    def _in_language(self, languages: Sequence[str]) -> int:
        """Return what is allowed in the creative's language, the first of the page's that there is, or the feed's usual."""
        asked = (self._creative.language,) if self._creative.language else languages
        for language in asked or (self._usual,):
            if language not in self._by_language and language in self.shelf.about.languages:
                self._by_language[language] = self._allowed & self.shelf.having(
                    "language", language
                )
            if language in self._by_language:
                return self._by_language[language]
        return 0

    def _by_page(self, wish: Wish, allowed: int) -> list[int]:
        """Return the products by how many of the page's topics they have, most first; without topics, nothing."""
        shelf = self.shelf
        asked = []
        for topic in wish.topics[:MAX_TOPICS]:
            found = shelf.having("category", topic) | shelf.having("brand", topic)
            if not found and (parts := words(topic)):
                found = shelf.everything
                for part in parts:
                    found &= shelf.having("word", part)
            asked.append(found)
        suited = 0
        for code in wish.page_categories:
            for key in {code, code.partition("-")[0]}:
                for category in self._creative.pages.get(key, ()):
                    suited |= shelf.having("category", category)
        asked.append(suited)
        levels: list[int] = []
        for each in asked:
            members = each & allowed
            if members:
                levels.append(0)
                for depth in range(len(levels) - 1, 0, -1):
                    levels[depth] |= levels[depth - 1] & members
                levels[0] |= members
        return [each for each in reversed(levels) if each]

    def _pick(self, tiers: Iterable[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        first: list[int] = []
        others: list[int] = []
        tried = 0
        for tier in tiers:
            if not tier or len(others) >= MOST:
                continue
            into = others if first else first
            for position in ascending(tier):
                tried += 1
                if tried > LOOKED_AT:
                    break
                number = self._fits(position)
                if number and number not in first and number not in others:
                    into.append(number)
                    if len(into) >= MOST:
                        if into is others:
                            break
                        into = others
        return tuple(first), tuple(others)

    def _fits(self, position: int) -> int:
        known = self._fitting.get(position)
        if known is None:
            known = self.shelf.number(position)
            product = self.shelf.product(known)
            misfit = Misfit.NO_PRODUCT if product is None else self._judge(product)
            if misfit is not None:
                self._misfits[misfit].inc()
                known = 0
            if len(self._fitting) >= REMEMBERED:
                self._fitting.clear()
            self._fitting[position] = known
        return known

    def _said(self, wish: Wish) -> tuple[int, int, int]:
        """Return what a person's segments say: products that they like, those of categories, those to leave out."""
        liked = preferred = avoided = 0
        shelf = self.shelf
        for segment in wish.segments[:MAX_SEGMENTS]:
            said = shelf.said_by(segment)
            if said[:1] == LIKED:
                liked |= self._place(said[1:])
            elif said[:1] == CATEGORY:
                preferred |= shelf.members(said[1:])
        for segment in wish.avoided[:MAX_SEGMENTS]:
            said = shelf.said_by(segment)
            if said[:1] == BOUGHT:
                avoided |= self._place(said[1:])
        return liked, preferred, avoided

    def _place(self, number: bytes) -> int:
        record = self.shelf.find(int.from_bytes(number, "big"))
        return 0 if record is None or record.position < 0 else 1 << record.position
