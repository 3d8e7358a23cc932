"""Which products a dynamic creative shows: what is relevant, by turns where several are equally so."""

from collections.abc import Sequence

from msgspec.structs import replace

from adserver.decision.rotation import PRODUCTS, drawn
from adserver.decision.world import Moment, World
from adserver.domain.bid import Bid
from adserver.domain.campaign import LineItem
from adserver.domain.creative import Dynamic
from adserver.domain.identity import segment_number
from adserver.domain.opportunity import Auction, Value
from adserver.domain.targeting import Dimension
from adserver.ports.products import Relevant, Wish


def furnished(world: World, auction: Auction, bid: Bid, creative: Dynamic, moment: Moment) -> Bid:
    """Return the bid with its products, and the chance with which exactly these were chosen; none means the fallback.

    The person has a part only where the permission and the line item's audience let them: then segments
    `product:<id>` and `category:<name>` choose. What they bought lately (`bought:<id>`) is left out wherever they may
    be recognised for choosing at all.
    """
    assert world.showcase is not None  # noqa: S101 - nobody asks otherwise
    segments = _segments(auction, moment) if moment.permission.personalise else ()
    wish = Wish(
        _languages(auction),
        _several(auction.facts.get(Dimension.KEYWORD, ())),
        auction.categories,
        segments if bid.candidate.by_audience else (),
        segments,
    )
    relevant = world.showcase.relevant(creative, wish)
    if not relevant.first:
        return bid
    item = world.snapshot.line_items[bid.candidate.line_item_index]
    numbers, propensity = _chosen(world, relevant, creative.products, item, moment)
    return replace(
        bid,
        products=numbers,
        generation=relevant.generation,
        propensity=bid.propensity * propensity,
    )


def _chosen(
    world: World, relevant: Relevant, most: int, item: LineItem, moment: Moment
) -> tuple[tuple[int, ...], float]:
    """Return products one after the other, without repeating any: by turns among equals, then in order."""
    waiting = list(relevant.first)
    taken: list[int] = []
    propensity = 1.0
    if item.rotation:
        while len(taken) < most and len(waiting) > 1:
            shares: Sequence[float]
            if item.rotation == "learned":
                shares = world.arms.shares(item.number, tuple(waiting))
            else:
                shares = [1 / len(waiting)] * len(waiting)
            place = drawn(moment.seed, (item.number ^ PRODUCTS) + len(taken), shares)
            propensity *= shares[place]
            taken.append(waiting.pop(place))
    rest = (*waiting, *relevant.others)
    return (*taken, *rest[: most - len(taken)]), propensity


def _segments(auction: Auction, moment: Moment) -> tuple[int, ...]:
    stored = moment.profile.segments
    if not auction.segments:
        return stored
    return (*stored, *(segment_number(name) for name in auction.segments))


def _languages(auction: Auction) -> tuple[str, ...]:
    """Return what the page takes; where it does not say, what the device speaks."""
    return auction.languages or _several(auction.facts.get(Dimension.DEVICE_LANGUAGE, ()))


def _several(value: Value) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return value
