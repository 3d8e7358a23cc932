"""Applications as what is advertised: what Apple's SKAdNetwork needs to know of them, and how it tells of installs.

Apple: developer.apple.com/documentation/storekit/skadnetwork.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import msgspec

VERSIONS = ("2.0", "2.1", "2.2", "3.0", "4.0")
"""What we speak, oldest first."""
MAX_CAMPAIGN = 100
"""Up to version 3 campaigns have a number from 1 to this."""
MIN_SOURCE, MAX_SOURCE = 1_000, 9_999
"""Source identifiers have four digits. Ours never begin with a zero, so that their number says them."""


class Overlay(msgspec.Struct, frozen=True, kw_only=True):
    """The store's own card, laid over an advertisement (StoreKit's `SKOverlay`)."""

    delay_s: int | None = None
    """So long after the advertisement began; `None`: not over the advertisement."""
    end_card_delay_s: int | None = None
    """The same for the card behind a video."""
    dismissible: bool = True
    raised: bool = False
    """Above the bottom of the screen, not at it."""


class AdvertisedApp(msgspec.Struct, frozen=True, kw_only=True):
    """What a line item wants installed, for Apple's count of it."""

    store_id: str
    """In Apple's App Store: digits."""
    source_identifier: int
    """What postbacks name the line item by: of four digits they tell all, the last three, or the last two."""
    view_through: bool = False
    """Installs are to count where the advertisement was only seen, too."""
    product_page: str = ""
    """One of the application's own pages in the store, by its UUID; empty: the usual one."""
    overlay: Overlay | None = None

    @property
    def campaign(self) -> int:
        """The same as a campaign number of version 3 and below: the last two digits, 00 being 100."""
        return self.source_identifier % MAX_CAMPAIGN or MAX_CAMPAIGN


class AppInstall(msgspec.Struct, frozen=True, kw_only=True):
    """What Apple's SKAdNetwork can do here (OpenRTB's `imp.ext.skadn`)."""

    version: str
    """The newest that both the application and we speak."""
    source_app: str
    """The store id of the application that shows the advertisement."""
    networks: frozenset[str] = frozenset()
    """The advertising networks that the application lists by name, in lower case."""
    listed_up_to: int = 0
    """It also lists those up to this number in the list of IAB Tech Lab,"""
    unlisted: frozenset[int] = frozenset()
    """but for these."""
    product_pages: bool = False
    """It can open a page of the advertised application's choice."""
    overlays: bool = False
    """It can lay the store's card over the advertisement."""

    def lists(self, network: str, number: int) -> bool:
        """Tell whether the application lists a network, by its name or by its number (0: it has none)."""
        return network in self.networks or (
            0 < number <= self.listed_up_to and number not in self.unlisted
        )


class Source(NamedTuple):
    """A line item's number behind the application and the identifier that postbacks name it by."""

    store_id: str
    identifier: int
    line_item: int


class Sources:
    """Finds the line item behind a postback, of which Apple may tell two or three digits only."""

    def __init__(self, sources: Iterable[Source]) -> None:
        found: dict[tuple[str, int, int], set[int]] = {}
        for store_id, identifier, line_item in sources:
            for digits in (2, 3, 4):
                end = identifier % 10**digits
                found.setdefault((store_id, digits, end), set()).add(line_item)
        self._found: Mapping[tuple[str, int, int], Collection[int]] = found

    def line_item(self, store_id: str, identifier: str) -> int:
        """Return the number of the only line item that it can be, or 0. `identifier` is up to four digits."""
        digits = max(2, len(identifier))
        found = self._found.get((store_id, digits, int(identifier) % 10**digits), ())
        return next(iter(found)) if len(found) == 1 else 0
