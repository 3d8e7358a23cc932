"""A line item with one of its creatives: the pair that may bid."""

import msgspec

from adserver.domain.app_install import AdvertisedApp
from adserver.domain.campaign import Fees, Goal
from adserver.domain.creative import AnyCreative
from adserver.domain.dsa import NOBODY_DECLARED, Disclosure
from adserver.domain.money import Nanos


class Candidate(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One bit of the snapshot, with all that valuing and answering need, resolved at load."""

    index: int
    """The bit. Lower bits promise more."""
    line_item_index: int
    """Position among the snapshot's line items: pace and purse are lists by it."""
    line_item: str
    line_item_number: int
    campaign: str
    advertiser: str
    advertiser_domain: str
    advertiser_bundle: str | None
    categories: tuple[str, ...]
    category_taxonomy: int
    creative: AnyCreative
    goal: Goal
    fees: Fees
    bound: Nanos
    """No bid of this pair is ever above; nanos per impression, net of fees."""
    promise: Nanos
    """What it is worth where people click generously: what the shortlist ranks by; <= `bound`."""
    disclosure: Disclosure = NOBODY_DECLARED
    """Who pays, and on whose behalf."""
    by_audience: bool = False
    by_exact_place: bool = False
    """Its line item targets circles or postcodes."""
    """Does the line item ask for an audience?"""
    app: AdvertisedApp | None = None
    """What people are to install, if Apple is to count it."""

    @property
    def apps(self) -> tuple[str, ...]:
        """The applications that it advertises, as publishers block them; the line item's own comes last."""
        named = (self.advertiser_bundle, self.app and self.app.store_id)
        return tuple({name: None for name in named if name})
