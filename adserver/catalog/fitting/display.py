"""Which banners fit a space: by size and ratio, kind of markup and what they need to be there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from adserver.catalog.lists import Blocklist
from adserver.domain.bits import bits
from adserver.domain.creative import AnyCreative, Banner, Display, Html
from adserver.domain.display_fit import Size, reduced, within
from adserver.domain.html_markup import MRAID, html_markup

TEXT, IMAGE, SCRIPT, FRAME = 1, 2, 3, 4
"""AdCOM banner ad types."""


class DisplayIndex:
    """Everything that banner spaces show."""

    def __init__(self, creatives: Sequence[AnyCreative]) -> None:
        size = len(creatives)
        shown = [(i, each) for i, each in enumerate(creatives) if isinstance(each, Display)]
        by_size: dict[Size, list[int]] = defaultdict(list)
        by_ratio: dict[tuple[Size, int], list[int]] = defaultdict(list)
        for index, creative in shown:
            for measure in exact_sizes(creative):
                by_size[measure].append(index)
            if isinstance(creative, Html) and creative.ratio is not None:
                by_ratio[reduced(creative.ratio), creative.min_width].append(index)
        self.banners = bits((index for index, _ in shown), size)
        self.html = bits((i for i, each in shown if isinstance(each, Html)), size)
        """Those that are whatever their author made them, rather than an image."""
        self._by_size = {measure: bits(members, size) for measure, members in by_size.items()}
        self._by_ratio: dict[Size, list[tuple[int, int]]] = defaultdict(list)
        for (ratio, least), members in by_ratio.items():
            self._by_ratio[ratio].append((least, bits(members, size)))
        types = {
            each.id: markup_types(each) for each in {each.id: each for _, each in shown}.values()
        }
        self._types = Blocklist(((i, types[each.id]) for i, each in shown), size)
        self.choosy = any(each.apis for _, each in shown)
        """Does any need an API framework to be there?"""
        self._needing = {
            api: bits((i for i, each in shown if api in each.apis), size)
            for api in sorted({api for _, each in shown for api in each.apis})
        }

    def of_sizes(self, sizes: Sequence[Size]) -> int:
        """Return the banners that can have exactly one of these sizes."""
        found = 0
        by_size = self._by_size
        for measure in sizes:
            if measure in by_size:
                found = found | by_size[measure] if found else by_size[measure]
        if self._by_ratio:
            for measure in sizes:
                found |= self._of_ratio(measure, measure[0])
        return found

    def of_ratios(self, ratios: Iterable[tuple[int, int, int]]) -> int:
        """Return the banners of one of these ratios that stand being as narrow as each says."""
        found = 0
        if self._by_ratio:
            for wide, high, least in ratios:
                found |= self._of_ratio((wide, high), least)
        return found

    def up_to(self, largest: Size) -> int:
        """Return the banners that fill a space which takes smaller ones."""
        found = 0
        for measure, members in self._by_size.items():
            if within(measure, largest):
                found |= members
        return found

    def of_types(self, types: Iterable[int]) -> int:
        """Return the banners whose markup is of one of these AdCOM banner ad types."""
        return self._types.holding(types)

    def needing_more_than(self, apis: Sequence[int]) -> int:
        """Return the banners that need an API framework beside these."""
        found = 0
        for api, members in self._needing.items():
            if api not in apis:
                found |= members
        return found

    def _of_ratio(self, ratio: Size, width: int) -> int:
        found = 0
        for least, members in self._by_ratio.get(reduced(ratio), ()):
            if width >= least:
                found |= members
        return found


def exact_sizes(creative: Display) -> tuple[Size, ...]:
    """Return the sizes that a creative is made for."""
    return creative.sizes if isinstance(creative, Html) else ((creative.width, creative.height),)


def markup_types(creative: Display) -> tuple[int, ...]:
    """Return which AdCOM banner ad types a creative's markup is of, truthfully: an image with a script of ours is both."""
    scripted = not MRAID.isdisjoint(creative.apis)
    if not isinstance(creative, Html):
        measured = isinstance(creative, Banner) and creative.viewability
        return (IMAGE, SCRIPT) if measured else (IMAGE,)
    markup = html_markup(creative)
    found: list[int] = []
    if markup.scripts or scripted or creative.viewability:
        found.append(SCRIPT)
    if markup.frames:
        found.append(FRAME)
    return tuple(found) or ((IMAGE,) if markup.images else (TEXT,))
