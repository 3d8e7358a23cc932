"""What line items of a catalog of today ask for: shares of them per dimension, values from the traffic itself."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from random import Random

from msgspec.structs import replace

from adserver.catalog.facts import FIELDS
from adserver.domain.campaign import Catalog
from adserver.domain.circles import Circle
from adserver.domain.opportunity import Auction, Value
from adserver.domain.targeting import Dimension
from adserver.domain.vocabulary import WORDS
from tests.bench.catalogs import WISHES, Wish

SHARES = {
    Dimension.EXCHANGE: 0.2,
    Dimension.COUNTRY: 0.6,
    Dimension.REGION: 0.2,
    Dimension.CITY: 0.1,
    Dimension.DEVICE_TYPE: 0.3,
    Dimension.OS: 0.2,
    Dimension.INVENTORY_TYPE: 0.2,
    Dimension.PUBLICATION: 0.2,
    Dimension.CATEGORY: 0.2,
    Dimension.SIZE: 0.2,
    Dimension.METRO: 0.03,
    Dimension.POSTCODE: 0.03,
    Dimension.NEAR: 0.03,
    Dimension.OS_VERSION: 0.05,
    Dimension.BROWSER: 0.05,
    Dimension.DEVICE_LANGUAGE: 0.1,
    Dimension.CONNECTION: 0.05,
    Dimension.CARRIER: 0.03,
    Dimension.MAKER: 0.03,
    Dimension.MODEL: 0.03,
    Dimension.SITE_ID: 0.03,
    Dimension.APP_ID: 0.03,
    Dimension.PUBLISHER: 0.03,
    Dimension.CHANNEL: 0.03,
    Dimension.TV_NETWORK: 0.03,
    Dimension.GENRE: 0.03,
    Dimension.RATING: 0.03,
    Dimension.LIVE: 0.03,
    Dimension.KEYWORD: 0.1,
    Dimension.SENSITIVE: 0.5,
    Dimension.VENUE: 0.01,
    Dimension.SELLER: 0.1,
    Dimension.SUPPLY: 0.05,
    Dimension.HOPS: 0.1,
    Dimension.TAG_ID: 0.05,
    Dimension.GPID: 0.03,
    Dimension.KEY_VALUE: 0.05,
    Dimension.POSITION: 0.05,
    Dimension.VIEWABILITY: 0.2,
    Dimension.VIDEO_PLACEMENT: 0.05,
    Dimension.START_DELAY: 0.03,
    Dimension.SKIPPABLE: 0.03,
    Dimension.SLOT_DURATION: 0.03,
    Dimension.REWARDED: 0.03,
    Dimension.INTERSTITIAL: 0.03,
}
"""What part of the line items wishes something of each dimension."""
USUAL = {
    Dimension.HOPS: ["<2", "<3", "<4"],
    Dimension.VIEWABILITY: [">=40", ">=50", ">=60", ">=70"],
    Dimension.SLOT_DURATION: [">=6", "<16", "<31"],
    Dimension.SENSITIVE: ["floor", "any", "drugs_tobacco_alcohol"],
    Dimension.APP_ID: ["1", "2"],
    Dimension.VENUE: ["transit", "retail.malls"],
    Dimension.VIDEO_PLACEMENT: ["instream", "standalone"],
    Dimension.START_DELAY: ["pre", "mid"],
    Dimension.SKIPPABLE: ["yes", "no"],
}
"""What is wished for where the traffic's own values are not what people write, or are none."""
EVERY_TENTH = 10
"""Of the advertisers one in so many has a block list."""
BLOCK_LIST = "blocked.txt"
BLOCKED = 100_000


def wishes(auctions: Iterable[Auction]) -> list[Wish]:
    """Return targeting by the values that occur in the traffic, and by some that do not, so that every dimension
    has work to do.
    """
    found: dict[Dimension, Counter[str]] = {dimension: Counter() for dimension in SHARES}
    found[Dimension.EXCHANGE]["another"] = 1
    for wish in WISHES:
        found[wish.dimension].update(wish.values)
    for auction in auctions:
        for dimension in SHARES:
            if dimension is Dimension.CATEGORY:
                found[dimension].update(auction.categories)
            elif dimension in FIELDS:
                found[dimension][getattr(auction, dimension.value)] += 1
        if auction.point is not None:
            latitude, longitude = auction.point
            found[Dimension.NEAR][str(Circle(round(latitude, 1), round(longitude, 1), 30))] += 1
        _count(found, auction.facts)
        for space in auction.opportunities:
            _count(found, space.facts)
            sizes = space.banner.sizes if space.banner is not None else ()
            found[Dimension.SIZE].update(f"{width}x{height}" for width, height in sizes)
    found |= {dimension: Counter(values) for dimension, values in USUAL.items()}
    versions = found[Dimension.OS_VERSION]
    found[Dimension.OS_VERSION] = Counter(
        {
            text.replace(" ", ">="): count
            for text, count in versions.items()
            if text.partition(" ")[0] in WORDS[Dimension.OS]
        }
    )
    return [
        Wish(dimension, SHARES[dimension], common, min(4, len(common)))
        for dimension, values in found.items()
        if (common := [value for value, _ in values.most_common(50) if value])
    ]


def _count(found: dict[Dimension, Counter[str]], facts: Mapping[Dimension, Value]) -> None:
    for dimension, value in facts.items():
        found[dimension].update([value] if isinstance(value, str) else value)


def blocking(made: Catalog, auctions: Sequence[Auction]) -> Catalog:
    """Return the catalog with a long block list, which some advertisers share."""
    seen = sorted({auction.publication for auction in auctions if auction.publication})
    names = {
        *Random(1).sample(seen, len(seen) // 5),
        *(f"site-{n}.example" for n in range(BLOCKED)),
    }
    return replace(
        made,
        advertisers=tuple(
            replace(each, block_list="" if number % EVERY_TENTH else BLOCK_LIST)
            for number, each in enumerate(made.advertisers)
        ),
        publication_lists={BLOCK_LIST: "\n".join(sorted(names)).encode()},
    )
