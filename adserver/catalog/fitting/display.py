"""Which banners fit a space: by size."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from adserver.catalog.bits import bits
from adserver.domain.creative import AnyCreative, Banner, Dynamic, Html


class DisplayIndex:
    """Everything that banner spaces show, by size."""

    def __init__(self, creatives: Sequence[AnyCreative]) -> None:
        size = len(creatives)
        by_size: dict[tuple[int, int], list[int]] = defaultdict(list)
        everyone = []
        for index, creative in enumerate(creatives):
            if isinstance(creative, Banner | Dynamic):
                by_size[creative.width, creative.height].append(index)
                everyone.append(index)
            elif isinstance(creative, Html):
                for measure in creative.sizes:
                    by_size[measure].append(index)
                everyone.append(index)
        self.banners = bits(everyone, size)
        self._by_size = {measure: bits(members, size) for measure, members in by_size.items()}

    def of_sizes(self, sizes: Iterable[tuple[int, int]]) -> int:
        """Return the banners of exactly one of these sizes."""
        found = 0
        for measure in sizes:
            if measure in self._by_size:
                found |= self._by_size[measure]
        return found
