"""Who could have bid on a request at all, money and rivals aside: what supply is counted in."""

from collections.abc import Sequence

from msgspec.structs import replace

from adserver.catalog.snapshot import Snapshot
from adserver.decision import eligibility, pipeline
from adserver.decision.tracing import SILENT
from adserver.decision.world import Moment
from adserver.domain.bits import ascending
from adserver.domain.dice import mixed
from adserver.domain.money import Nanos
from adserver.domain.opportunity import Auction

MOST = 256
"""So many line items are counted of one opportunity, the others stand for by these."""
_DICE = 2


class _Rich:
    """A purse that funds everybody: what a budget leaves is no supply."""

    funded = -1

    def claim(self, line_item: int, exchange: str, amount: Nanos) -> bool:
        """Nobody claims while chances are counted."""
        raise NotImplementedError((line_item, exchange, amount))

    def covers(self, _exchange: str, _amount: Nanos) -> bool:
        """There is enough for everything."""
        return True


_RICH = _Rich()


def count(
    snapshot: Snapshot, auction: Auction, fits: Sequence[int], moment: Moment
) -> dict[int, float]:
    """Return by line item index how many of a request's opportunities it might have bid on.

    `fits` is what `look_ahead` returned. Where very many might, a part of them is counted, drawn by the moment's
    dice, each for as many as it stands for.
    """
    rich = replace(moment, purse=_RICH, stopped=0)
    alive = pipeline.allowed(snapshot, auction, rich, SILENT)
    if alive:
        alive &= eligibility.listener(snapshot, auction, rich).accepting()
    found: dict[int, float] = {}
    size = len(snapshot.candidates)
    for opportunity, fit in zip(auction.opportunities, fits, strict=True):
        members = alive & fit
        if not (opportunity.deals or opportunity.video_floors or opportunity.audio_floors):
            members &= snapshot.floors.reaching(opportunity.floor)
        if not members:
            continue
        line_items, seen = _some(snapshot.homes, members, mixed(moment.seed, _DICE) % size)
        weight = members.bit_count() / seen
        for each in line_items:
            found[each] = found.get(each, 0.0) + weight
    return found


def _some(homes: Sequence[int], members: int, start: int) -> tuple[set[int], int]:
    """Return at most `MOST` line items of these candidates from a place on, and how many candidates they have in it."""
    found: set[int] = set()
    seen = 0
    low = members & ((1 << start) - 1)
    for part in (members ^ low, low):
        for index in ascending(part):
            if homes[index] not in found and len(found) == MOST:
                return found, seen
            found.add(homes[index])
            seen += 1
    return found, seen
