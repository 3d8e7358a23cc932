"""The obvious way to tell who may bid: one candidate after the other, one rule after the other.

Shares nothing with the compiled index but the nouns.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from adserver.domain.campaign import Advertiser, Cap, Catalog, LineItem
from adserver.domain.creative import AnyCreative, Audio, Banner, Html, Native, Video
from adserver.domain.identity import segment_number
from adserver.domain.native_fit import fits
from adserver.domain.opportunity import Auction, Opportunity
from adserver.domain.person import Touch
from adserver.domain.targeting import Dimension, ListRule, holds
from tests.unit.decision import heard, told

Pair = tuple[str, str]
Row = tuple[Advertiser, Sequence[tuple[str, tuple[Cap, ...]]], LineItem, AnyCreative]


def pairs(catalog: Catalog) -> list[Row]:
    """Return every (advertiser, cap owners, line item, creative) whose whole chain is active."""
    found: list[Row] = []
    for advertiser in catalog.advertisers:
        creatives = {creative.id: creative for creative in advertiser.creatives}
        for campaign in advertiser.campaigns:
            for order in campaign.insertion_orders:
                for item in order.line_items:
                    if {x.status for x in (advertiser, campaign, order, item)} != {"active"}:
                        continue
                    owners = [
                        (f"advertiser {advertiser.id}", advertiser.caps),
                        (f"campaign {campaign.id}", campaign.caps),
                        (f"insertion order {order.id}", order.caps),
                        (f"line item {item.id}", item.caps),
                    ]
                    found += [
                        (advertiser, owners, item, creatives[name]) for name in item.creatives
                    ]
    return found


def may_bid(
    catalog: Catalog,
    auction: Auction,
    segments: Sequence[int],
    touches: Sequence[Touch],
    now_s: float,
    at_home: Sequence[Touch] = (),
) -> set[Pair]:
    """Return (line item, creative) of everybody whom the request as a whole does not refuse."""
    everybody = pairs(catalog)
    chains = {item.number: owners for _, owners, item, _ in everybody}
    return {
        (item.id, creative.id)
        for advertiser, owners, item, creative in everybody
        if _wanted_here(item, creative, auction)
        and told.wants(item.targeting, auction.facts, told.OF_AUCTIONS)
        and told.wants_point(item.targeting, auction.point)
        and told.may_publish(catalog, advertiser, auction)
        and _in_flight(item, advertiser, now_s)
        and not _blocked(advertiser, creative, auction)
        and (item.audience is None or holds(item.audience, _Named(segments, auction.segments)))
        and _within_caps(owners, chains, touches, now_s, known=auction.person is not None)
        and _within_caps(
            owners, chains, at_home, now_s, known=auction.household is not None, per="household"
        )
    }


def _wanted_here(item: LineItem, creative: AnyCreative, auction: Auction) -> bool:
    wishes = item.targeting
    single = {
        Dimension.EXCHANGE: auction.exchange,
        Dimension.COUNTRY: auction.country,
        Dimension.REGION: auction.region,
        Dimension.CITY: auction.city,
        Dimension.DEVICE_TYPE: auction.device_type,
        Dimension.OS: auction.os,
        Dimension.INVENTORY_TYPE: auction.inventory_type,
        Dimension.PUBLICATION: auction.publication,
    }
    if not all(_accepts(wishes.get(name), [value]) for name, value in single.items()):
        return False
    if isinstance(creative, Banner) and not _accepts(
        wishes.get(Dimension.SIZE), [f"{creative.width}x{creative.height}"]
    ):
        return False
    if isinstance(creative, Html) and not _html_may_be_anything(creative, item):
        return False
    return _accepts(wishes.get(Dimension.CATEGORY), _with_parents(auction.categories))


def _in_flight(item: LineItem, advertiser: Advertiser, now_s: float) -> bool:
    local = datetime.fromtimestamp(now_s, ZoneInfo(advertiser.timezone))
    hour = local.weekday() * 24 + local.hour
    return item.flight.start_s <= now_s < item.flight.end_s and (
        not item.hours_of_week or hour in item.hours_of_week
    )


def _blocked(advertiser: Advertiser, creative: AnyCreative, auction: Auction) -> bool:
    own = set(_with_parents(advertiser.categories))
    return (
        any(
            advertiser.domain == blocked or advertiser.domain.endswith("." + blocked)
            for blocked in auction.blocked_domains
        )
        or bool(own & set(auction.blocked_categories))
        or bool(auction.allowed_categories and not own & set(auction.allowed_categories))
        or advertiser.bundle in auction.blocked_apps
        or bool(
            auction.languages and creative.language and creative.language not in auction.languages
        )
    )


def fits_space(creative: AnyCreative, item: LineItem, space: Opportunity) -> bool:
    """Tell whether a creative may be shown at an opportunity."""
    if space.secure and not creative.secure:
        return False
    if not told.wants(item.targeting, space.facts, told.OF_SPACES):
        return False
    if isinstance(creative, Banner):
        banner = space.banner
        return (
            banner is not None
            and 2 not in banner.blocked_types
            and (not banner.sizes or (creative.width, creative.height) in banner.sizes)
            and not set(creative.attributes) & set(banner.blocked_attributes)
        )
    if isinstance(creative, Html):
        display = space.banner
        return (
            display is not None
            and not {3 if "<script" in creative.markup else 1} & set(display.blocked_types)
            and (
                any(_html_may_be(creative, item, size) for size in display.sizes)
                if display.sizes
                else _html_may_be_anything(creative, item)
            )
            and set(creative.apis) <= set(display.apis)
            and not set(creative.attributes) & set(display.blocked_attributes)
        )
    if isinstance(creative, Video | Audio):
        size = space.video.size if isinstance(creative, Video) and space.video else None
        return heard.can_play(creative, space) and (
            size is None or _accepts(item.targeting.get(Dimension.SIZE), [f"{size[0]}x{size[1]}"])
        )
    assert isinstance(creative, Native)
    native = space.native
    return (
        native is not None
        and fits(creative, native)
        and not set(creative.attributes) & set(native.blocked_attributes)
    )


def _html_may_be(creative: Html, item: LineItem, size: tuple[int, int]) -> bool:
    """Tell whether HTML can have a size, and the line item wants it; an exclusion does not reach what a ratio fits."""
    rule = item.targeting.get(Dimension.SIZE)
    named = f"{size[0]}x{size[1]}"
    if size in creative.sizes and _accepts(rule, [named]):
        return True
    ratio = creative.ratio
    fits_ratio = (
        ratio is not None
        and size[0] * ratio[1] == size[1] * ratio[0]
        and size[0] >= creative.min_width
    )
    return fits_ratio and (rule is None or not rule.include or _accepts(rule, [named]))


def _html_may_be_anything(creative: Html, item: LineItem) -> bool:
    rule = item.targeting.get(Dimension.SIZE)
    if rule is None or (creative.ratio is not None and not rule.include):
        return True
    included = [tuple(map(int, each.split("x"))) for each in rule.include]
    return any(_html_may_be(creative, item, (w, h)) for w, h in (*creative.sizes, *included))


class _Named:
    """Segments asked for by name, held as numbers or as names from the request."""

    def __init__(self, numbers: Sequence[int], names: Sequence[str]) -> None:
        self._numbers, self._names = numbers, names

    def __contains__(self, name: object) -> bool:
        return name in self._names or segment_number(str(name)) in self._numbers


def _accepts(rule: ListRule | None, values: Sequence[str]) -> bool:
    if rule is None:
        return True
    if any(value in rule.exclude for value in values):
        return False
    return not rule.include or any(value in rule.include for value in values)


def _with_parents(categories: Sequence[str]) -> list[str]:
    return [
        name for category in categories for name in {category, category.split("-", maxsplit=1)[0]}
    ]


def _within_caps(
    owners: Sequence[tuple[str, tuple[Cap, ...]]],
    chains: dict[int, Sequence[tuple[str, tuple[Cap, ...]]]],
    touches: Sequence[Touch],
    now_s: float,
    *,
    known: bool,
    per: str = "person",
) -> bool:
    for name, all_caps in owners:
        caps = [cap for cap in all_caps if cap.per == per]
        if caps and not known:
            return False
        for cap in caps:
            count = sum(
                touch.kind == "impression"
                and touch.at_s > now_s - cap.hours * 3600
                and any(owner == name for owner, _ in chains.get(touch.line_item, ()))
                for touch in touches
            )
            if count >= cap.impressions:
                return False
    return True
