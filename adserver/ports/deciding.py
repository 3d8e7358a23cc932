"""Which click model decides on a request, where more than one may."""

from typing import Protocol

from adserver.domain.opportunity import Auction
from adserver.ports import ClickModel


class Decider(Protocol):
    """A click model with what later clicks said of it."""

    @property
    def model(self) -> ClickModel:
        """The model itself, uncorrected."""

    def correction(self, exchange: str, media: str) -> float:
        """Return by what the odds of a click are multiplied there; 1 without evidence."""


class Deciding(Protocol):
    """The click models that serve."""

    def decider(self, auction: Auction) -> Decider:
        """Return who decides on a request: always the same for the same request."""

    def watcher(self, auction: Auction) -> ClickModel | None:
        """Return the model that is asked beside it for the log, if one is asked about this request."""
