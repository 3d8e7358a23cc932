"""The conversion model as it serves: trees where a line item's own clicks have proven enough, else smoothed rates."""

from collections.abc import Sequence

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity
from adserver.ports import ClickModel, Orders
from models.cvr.baseline import PRIOR_ORDERS, SmoothedOrders


class ConversionModel:
    """Orders per click between smoothed rates and trees, by evidence; the worth of an order likewise.

    Trees know pages, devices and hours, and nothing of a line item that they have never seen: there the advertiser's own
    estimate holds. Of a line item whose clicks were expected to bring n orders, trees have n / (n + 5) of the say.
    """

    def __init__(
        self,
        name: str,
        smoothed: SmoothedOrders,
        rates: ClickModel | None,
        factors: ClickModel | None = None,
    ) -> None:
        """`rates` tells orders per click by trees, `factors` by what to multiply the usual worth of an order."""
        self.name = name
        self._smoothed = smoothed
        self._rates = rates
        self._factors = factors

    def orders(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> list[Orders]:
        """Return what to expect of each candidate, in order."""
        expected = [self._smoothed.expected(each) for each in candidates]
        if self._rates is None and self._factors is None:
            return expected
        known = [self._smoothed.known(each) for each in candidates]
        says = [orders / (orders + PRIOR_ORDERS) for orders in known]
        if self._rates is not None:
            rates = self._rates.click_probabilities(auction, opportunity, candidates, now_s)
            expected = [
                each._replace(per_click=say * rate + (1.0 - say) * each.per_click)
                for each, rate, say in zip(expected, rates, says, strict=True)
            ]
        if self._factors is not None:
            factors = self._factors.click_probabilities(auction, opportunity, candidates, now_s)
            expected = [
                each._replace(worth=round(each.worth * (say * factor + 1.0 - say)))
                for each, factor, say in zip(expected, factors, says, strict=True)
            ]
        return expected
