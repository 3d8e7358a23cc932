"""The landscape as it serves: words of a request to the narrowest key that is known, and its best price."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from adserver.domain.creative import AnyCreative
from adserver.domain.money import Nanos
from adserver.domain.offer import Offer
from adserver.domain.opportunity import Auction, DealTerms, Opportunity
from models.landscape.curve import Curve
from models.landscape.keys import HOURS, band, kind_of

HOUR_S = 3_600
_MOST_KINDS = 65_536


class Key(NamedTuple):
    """A key that is known, and those narrower by one word."""

    curve: Curve
    narrower: dict[str | int, "Key"]


class LearnedLandscape:
    """`ports.landscape.Landscape` over curves by key; exchanges that are not in `keys` are unknown."""

    def __init__(self, keys: dict[str | int, Key], paid: Mapping[str, float]) -> None:
        self._keys = keys
        self.paid = paid
        """Which share of the bids won at an exchange is ever billed."""
        self._kinds: dict[str, str] = {}
        """By the id of a creative."""

    def offer(
        self,
        auction: Auction,
        opportunity: Opportunity,
        creative: AnyCreative,
        deal: DealTerms | None,
        floor: Nanos,
        value: Nanos,
        now_s: float,
    ) -> Offer | None:
        """Return the best price by the narrowest key; see the port."""
        found = self._keys.get(auction.exchange)
        if found is not None:
            found = found.narrower.get("" if deal is None else deal.id)
        if found is None:  # an unknown deal's prices are not those of the open auction
            return None
        kind = self._kinds.get(creative.id)
        if kind is None:
            kind = self._remember(creative)
        curve = found.curve
        narrower = found.narrower
        for word in (
            auction.country,
            band(opportunity.floor)
            if deal is None
            else 0,  # what the log has of a deal is not its floor
            kind,
            auction.publication,
            opportunity.tag_id,
            int(now_s) // HOUR_S % HOURS,
        ):
            found = narrower.get(word)
            if found is None:
                break
            curve, narrower = found
        return curve.best(value, floor)

    def curves(self, words: Sequence[str | int]) -> list[Curve]:
        """Return the curves of a chain of words, from the exchange's to the narrowest that is known."""
        found = []
        narrower = self._keys
        for word in words:
            key = narrower.get(word)
            if key is None:
                break
            found.append(key.curve)
            narrower = key.narrower
        return found

    def walk(self) -> Iterator[Curve]:
        """Yield every curve, some of them several times."""
        waiting = list(self._keys.values())
        while waiting:
            key = waiting.pop()
            waiting += key.narrower.values()
            yield key.curve

    def _remember(self, creative: AnyCreative) -> str:
        if len(self._kinds) >= _MOST_KINDS:
            self._kinds.clear()
        kind = self._kinds[creative.id] = kind_of(creative)
        return kind


def chain(words: Sequence[str | int]) -> str:
    """Return a key for people: `exchange / country / banner 300x250`; words that say nothing are left out."""
    return " / ".join(str(word) for word in words if word not in {"", 0}) or "all"
