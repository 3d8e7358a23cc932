"""The section `feeds`: which products there are for dynamic creatives, and what campaigns may ask of them."""

from collections.abc import Iterator, Sequence

from adapters.registry import Feeds
from adserver.catalog.placed import all_line_items
from adserver.domain.campaign import Advertiser, Catalog
from adserver.domain.creative import Dynamic


def feed_problems(feeds: Sequence[Feeds]) -> list[tuple[str, str]]:
    """Return what types cannot say: a name is one feed's."""
    names = [feed.name for feed in feeds]
    return [
        (f"$.feeds[{index}].name", f"'{name}' is another feed's name already")
        for index, name in enumerate(names)
        if name in names[:index]
    ]


def feed_refusals(feeds: Sequence[Feeds], catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Yield line items, each with what is wrong with the feed of a dynamic creative of it.

    A feed's products must lead to the domain that exchanges are told of the advertiser: that is the one they check.
    """
    known = {feed.name: feed for feed in feeds}
    for placed in all_line_items(catalog):
        creatives = {each.id: each for each in placed.advertiser.creatives}
        for name in placed.line_item.creatives:
            creative = creatives.get(name)
            if not isinstance(creative, Dynamic):
                continue
            feed = known.get(creative.feed)
            if feed is None:
                said = ", ".join(known) or "none"
                yield (
                    placed.line_item.id,
                    f"creative {name}: no feed is called '{creative.feed}'; the settings have: {said}",
                )
            elif foreign := _foreign(feed, placed.advertiser):
                yield (
                    placed.line_item.id,
                    (
                        f"creative {name}: feed '{creative.feed}' leads to {', '.join(foreign)}, and the advertiser's"
                        f" domain is {placed.advertiser.domain}"
                    ),
                )


def _foreign(feed: Feeds, advertiser: Advertiser) -> list[str]:
    own = advertiser.domain
    return [each for each in feed.domains if each != own and not each.endswith(f".{own}")]
