"""Which creatives fit a space: one index per kind of space, and what they have in common."""

from collections.abc import Iterable, Sequence

from adserver.catalog.fitting.declared import DeclaredIndex
from adserver.catalog.fitting.display import DisplayIndex
from adserver.catalog.fitting.natives import NativeIndex
from adserver.catalog.fitting.players import PlayerIndex
from adserver.catalog.lists import Blocklist
from adserver.domain.bits import bits
from adserver.domain.creative import AnyCreative


class FitIndex:
    """Creatives by what a space can ask of them."""

    def __init__(self, creatives: Sequence[AnyCreative]) -> None:
        size = len(creatives)
        self.display = DisplayIndex(creatives)
        self.players = PlayerIndex(creatives)
        self.native = NativeIndex(creatives)
        self.declared = DeclaredIndex(creatives)
        self._attributes = Blocklist(
            ((index, creative.attributes) for index, creative in enumerate(creatives)), size
        )
        self.secure = bits((i for i, creative in enumerate(creatives) if creative.secure), size)

    def with_attributes(self, attributes: Iterable[int]) -> int:
        """Return who has one of these AdCOM creative attributes."""
        return self._attributes.holding(attributes)
