"""Orders per click, and what is known of clicks, as the request path sees them: what was loaded last.

Whatever changes, changes between two requests by setting an attribute.
"""

from collections.abc import Sequence
from typing import Protocol

from adserver.background.served_clicks import Asked
from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity
from adserver.ports import Evidence, OrderModel, Orders


class _Doubted(Protocol):
    def __call__(
        self, auction: Auction, opportunity: Opportunity, candidates: Sequence[Candidate], /
    ) -> tuple[float, Sequence[float]]: ...


class ServedOrders:
    """`ports.OrderModel`."""

    def __init__(self, model: OrderModel) -> None:
        self.serve(model)

    def serve(self, model: OrderModel) -> None:
        """Have this one serve from the next request on."""
        self.name = model.name
        self.orders: Asked[Orders] = model.orders


class ServedEvidence:
    """`ports.Evidence`: of the click model that serves, as long as it tells."""

    def __init__(self) -> None:
        self.doubts: _Doubted = _no_doubts

    def serve(self, evidence: Evidence | None) -> None:
        """Have this one tell from the next request on; nothing: nobody doubts."""
        self.doubts = _no_doubts if evidence is None else evidence.doubts


def _no_doubts(
    _auction: Auction, _opportunity: Opportunity, candidates: Sequence[Candidate]
) -> tuple[float, Sequence[float]]:
    return 0.0, [0.0] * len(candidates)
