"""Which dimensions line items target by lists, which of them are asked together, and what index each has.

What no line item targets is in no group, and is not read of requests.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from adserver.catalog.groups import SMALL, Index, RuleGroup, Step, of_auctions, of_spaces
from adserver.catalog.lists import ListIndex, category_and_parent
from adserver.catalog.versions import RangeIndex
from adserver.domain.reasons import Reason
from adserver.domain.sensitive import with_floor
from adserver.domain.targeting import Dimension, ListRule
from adserver.domain.venues import with_parents
from adserver.domain.vocabulary import CELLULAR, GENERATIONS

Rules = Sequence[tuple[int, ListRule]]


def _generation(value: str) -> Sequence[str]:
    return (value, CELLULAR) if value in GENERATIONS else (value,)


_D = Dimension
_KINDS: Mapping[Dimension, Callable[[Rules, int], Index]] = {
    _D.CATEGORY: partial(ListIndex, ancestors=category_and_parent),
    _D.OS_VERSION: RangeIndex,
    _D.VIEWABILITY: RangeIndex,
    _D.SLOT_DURATION: RangeIndex,
    _D.HOPS: RangeIndex,
    _D.CONNECTION: partial(ListIndex, ancestors=_generation),
    _D.VENUE: partial(ListIndex, ancestors=with_parents),
    _D.SENSITIVE: partial(ListIndex, ancestors=with_floor),
}
"""All others are plain lists."""
FIELDS: Mapping[Dimension, str] = {
    **{
        each: each.value
        for each in (
            _D.EXCHANGE, _D.COUNTRY, _D.INVENTORY_TYPE, _D.DEVICE_TYPE, _D.OS, _D.REGION, _D.CITY,
            _D.PUBLICATION,
        )
    },
    _D.CATEGORY: "categories",
}  # fmt: skip
"""What every auction has, and the fields that have it; the rest is among the facts."""
OF_AUCTIONS: Sequence[Sequence[Dimension]] = (
    (
        _D.EXCHANGE, _D.COUNTRY, _D.INVENTORY_TYPE, _D.DEVICE_LANGUAGE, _D.CONNECTION, _D.CARRIER,
    ),
    (_D.DEVICE_TYPE, _D.OS, _D.OS_VERSION, _D.BROWSER, _D.MAKER, _D.MODEL),
    (_D.REGION, _D.CITY, _D.METRO, _D.POSTCODE),
    (
        _D.PUBLICATION, _D.CATEGORY, _D.SITE_ID, _D.APP_ID, _D.PUBLISHER, _D.VENUE,
    ),
    (_D.SELLER, _D.SUPPLY, _D.HOPS),
    (_D.CHANNEL, _D.TV_NETWORK, _D.GENRE, _D.RATING, _D.LIVE, _D.SENSITIVE, _D.KEYWORD),
)  # fmt: skip
"""What is the same for all spaces of a request; dimensions whose values come together are one group."""
OF_SPACES: Sequence[Sequence[Dimension]] = (
    (
        _D.TAG_ID, _D.GPID, _D.POSITION, _D.VIDEO_PLACEMENT, _D.START_DELAY, _D.SKIPPABLE,
        _D.SLOT_DURATION, _D.REWARDED, _D.INTERSTITIAL,
    ),
    (_D.VIEWABILITY, _D.KEY_VALUE),
)  # fmt: skip
READ_IF_WANTED = frozenset(
    each for group in (*OF_AUCTIONS, *OF_SPACES) for each in group if each not in FIELDS
)
"""The dimensions of `Auction.facts` and `Opportunity.facts`."""
TOLD_BY_AGENTS = (_D.OS, _D.OS_VERSION, _D.BROWSER, _D.MAKER, _D.MODEL)
"""What the string of a user agent may tell where nothing else does."""


def auction_groups(rules: Mapping[Dimension, Rules], size: int) -> tuple[RuleGroup, ...]:
    """Return the groups of what is the same for all spaces."""
    return tuple(of_auctions(steps, size, FIELDS) for steps in _grouped(OF_AUCTIONS, rules, size))


def space_groups(rules: Mapping[Dimension, Rules], size: int) -> tuple[RuleGroup, ...]:
    """Return the groups of what each space says of itself."""
    return tuple(of_spaces(steps, size) for steps in _grouped(OF_SPACES, rules, size))


def targeted(rules: Mapping[Dimension, Rules]) -> frozenset[Dimension]:
    """Return the dimensions that have to be read of requests."""
    return frozenset(each for each in READ_IF_WANTED if rules.get(each))


def _grouped(
    groups: Sequence[Sequence[Dimension]], rules: Mapping[Dimension, Rules], size: int
) -> Iterator[Sequence[Step]]:
    for group in groups:
        steps = list(_steps(group, rules, size))
        if size < SMALL:
            yield from ([step] for step in steps)
        elif steps:
            yield steps


def _steps(
    group: Sequence[Dimension], rules: Mapping[Dimension, Rules], size: int
) -> Iterator[Step]:
    for dimension in group:
        if rules.get(dimension):
            make = _KINDS.get(dimension, ListIndex)
            yield Reason(dimension.value), dimension, make(rules[dimension], size)
