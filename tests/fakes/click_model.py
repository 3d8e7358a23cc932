"""Models of clicks and orders that believe what they are told."""

from collections.abc import Mapping, Sequence

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity


class FakeClickModel:
    """Probabilities by creative id, and one for all others; remembers what it was asked."""

    def __init__(self, otherwise: float = 0.01, by_creative: Mapping[str, float] = {}) -> None:
        self.name = "fake"
        self.asked: list[tuple[str, ...]] = []
        """Per call, the creatives in question."""
        self._otherwise = otherwise
        self._by_creative = by_creative

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[float]:
        """Return what was told, per candidate in order."""
        creatives = tuple(candidate.creative.id for candidate in candidates)
        self.asked.append(creatives)
        return [self._by_creative.get(creative, self._otherwise) for creative in creatives]


class FakeOrderModel:
    """One rate of orders per click for everybody."""

    def __init__(self, rate: float = 0.02) -> None:
        self._rate = rate

    def orders_per_click(self, candidate: Candidate) -> float:
        """Return what was told."""
        return self._rate
