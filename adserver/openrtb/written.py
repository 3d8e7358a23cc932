"""Parts of bids that were written before, by what they depend on.

Most depend on the creative, the exchange and the kind of inventory; some on the very space, which strangers choose; those
of dynamic creatives on the products in them. Each kind has a shelf of its own, so that none pushes another's out.
"""

from adserver.domain.bid import Bid
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import (
    AudioSpace,
    BannerSpace,
    MediaType,
    NativeSpace,
    Opportunity,
    VideoSpace,
)
from adserver.openrtb.describing import Describer
from adserver.ports import Markup

REMEMBERED_BIDS = 2_048
"""Written parts that are kept, some 3 kB each; then all are forgotten, since what is still asked for is soon back."""
REMEMBERED_SPACES = 256
"""The same for parts that depend on the space."""
REMEMBERED_CHARS = 16_384
"""Longer ones, the space included, are written anew each time."""

_Space = BannerSpace | VideoSpace | AudioSpace | NativeSpace
_Products = tuple[int, tuple[int, ...]]
"""Products in a dynamic creative, behind the state of the feed that they are of."""
_Key = tuple[int, str, str, bool, _Space | _Products | None]


_Shelf = dict[_Key, tuple[str, ...]]


class WrittenParts:
    """Has each part written by the `Describer` the first time it is asked for; one per worker."""

    def __init__(self, describer: Describer) -> None:
        self._describer = describer
        self._steady: _Shelf = {}
        self._varying: _Shelf = {}
        self._furnished: _Shelf = {}

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._steady) + len(self._varying) + len(self._furnished)

    def find(
        self, bid: Bid, terms: ExchangeTerms, markup: Markup, inventory_type: str, *, labelled: bool
    ) -> tuple[str, ...]:
        """Return the creative's part of a bid, cut where the token belongs."""
        shelf = self._steady
        depends: _Space | _Products | None = None
        if bid.products:
            shelf, depends = self._furnished, (bid.generation, bid.products)
        elif markup.varies:
            shelf, depends = self._varying, _space(bid.opportunity, bid.media_type)
        key: _Key = (bid.candidate.index, terms.name, inventory_type, labelled, depends)
        pieces = shelf.get(key)
        if pieces is None:
            pieces = self._describer.describe(bid, terms, markup, inventory_type, labelled=labelled)
            self._keep(shelf, key, pieces)
        return pieces

    def _keep(self, shelf: _Shelf, key: _Key, pieces: tuple[str, ...]) -> None:
        if sum(map(len, pieces)) + len(repr(key)) > REMEMBERED_CHARS:
            return
        most = REMEMBERED_SPACES if shelf is self._varying else REMEMBERED_BIDS
        if len(shelf) >= most:
            shelf.clear()
        shelf[key] = pieces


def _space(opportunity: Opportunity, media_type: MediaType) -> _Space | None:
    if media_type is MediaType.BANNER:
        return opportunity.banner
    if media_type is MediaType.VIDEO:
        return opportunity.video
    return opportunity.audio if media_type is MediaType.AUDIO else opportunity.native
