"""Models of clicks and orders, and of what is known of both, that believe what they are told."""

from collections.abc import Mapping, Sequence

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity
from adserver.ports import Orders


class FakeClickModel:
    """Probabilities by creative id, and one for all others; remembers what it was asked."""

    def __init__(
        self, otherwise: float = 0.01, by_creative: Mapping[str, float] = {}, breadth: int = 8
    ) -> None:
        self.name = "fake"
        self.breadth = breadth
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
    """One rate of orders per click for everybody, and one worth; remembers what it was asked."""

    def __init__(self, rate: float = 0.02, worth: int = 50_000_000_000, doubt: float = 0.0) -> None:
        self.name = "fake"
        self.asked: list[tuple[str, ...]] = []
        """Per call, the line items in question."""
        self._told = Orders(rate, worth, doubt)

    def orders(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[Orders]:
        """Return what was told."""
        self.asked.append(tuple(candidate.line_item for candidate in candidates))
        return [self._told] * len(candidates)


class FakeEvidence:
    """Doubts by creative id, and one for all others."""

    def __init__(self, shared: float = 0.0, otherwise: float = 0.0, **by_creative: float) -> None:
        self._shared = shared
        self._otherwise = otherwise
        self._by_creative = by_creative

    def doubts(
        self, auction: Auction, opportunity: Opportunity, candidates: Sequence[Candidate]
    ) -> tuple[float, Sequence[float]]:
        """Return what was told."""
        own = [self._by_creative.get(each.creative.id, self._otherwise) for each in candidates]
        return self._shared, own
