"""Line items with their parents, and which of them may bid."""

from collections.abc import Iterator

import msgspec

from adserver.domain.campaign import Advertiser, Campaign, Catalog, InsertionOrder, LineItem


class Placed(msgspec.Struct, frozen=True):
    """An active line item with its parents."""

    advertiser: Advertiser
    campaign: Campaign
    insertion_order: InsertionOrder
    line_item: LineItem

    @property
    def chain(self) -> tuple[Advertiser, Campaign, InsertionOrder, LineItem]:
        """The line item behind its parents."""
        return self.advertiser, self.campaign, self.insertion_order, self.line_item

    @property
    def is_active(self) -> bool:
        """Tell whether it may bid: it is active, as all its parents are."""
        return all(each.status == "active" for each in self.chain)

    @property
    def is_archived(self) -> bool:
        """Tell whether it, or a parent, is history."""
        return any(each.status == "archived" for each in self.chain)


def active_line_items(catalog: Catalog) -> Iterator[Placed]:
    """Yield the line items that may bid: active, as all their parents are."""
    return (placed for placed in all_line_items(catalog) if placed.is_active)


def all_line_items(catalog: Catalog) -> Iterator[Placed]:
    """Yield every line item with its parents, whatever its status."""
    for advertiser in catalog.advertisers:
        for campaign in advertiser.campaigns:
            for order in campaign.insertion_orders:
                for item in order.line_items:
                    yield Placed(advertiser, campaign, order, item)
