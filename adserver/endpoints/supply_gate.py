"""Asks who sells a space, says so on the auction, and counts what is wrong with it."""

import copy
from collections.abc import Iterable
from typing import Self

from adserver.domain.opportunity import Auction
from adserver.domain.reasons import Reason
from adserver.metrics import SUPPLY_FINDINGS
from adserver.openrtb.request import BidRequest
from adserver.openrtb.supply import asked
from adserver.supply.judge import PathJudge
from adserver.supply.rules import RULES


class SupplyGate:
    """Before the decision; nobody stands here where nothing is configured."""

    def __init__(self, judge: PathJudge, exchanges: Iterable[str]) -> None:
        self._judge = judge
        self._counts = True
        self._counters = {
            (name, rule): SUPPLY_FINDINGS.labels(name, rule.value)
            for name in exchanges
            for rule in RULES
        }

    def looking(self) -> Self:
        """Return a gate with the same judge that counts nothing: for explanations."""
        found = copy.copy(self)
        found._counts = False  # noqa: SLF001 - our own
        return found

    def refusal(self, request: BidRequest, auction: Auction) -> Reason | None:
        """Return why not to bid; write the path on the auction."""
        verdict = self._judge.judge(
            asked(request, auction.exchange, auction.inventory_type, auction.publication)
        )
        auction.path = verdict.path
        auction.relation = verdict.relation
        if self._counts:
            for rule in verdict.findings:
                self._counters[auction.exchange, rule].inc()
        return verdict.reason
