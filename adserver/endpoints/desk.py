"""One exchange's place in the shell: its declaration, and its metrics already looked up."""

from collections.abc import Mapping

from adserver.domain.consent import Reach
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import MediaType
from adserver.domain.reasons import Reason
from adserver.endpoints.admission import Quota
from adserver.metrics import BIDS, BIDS_BY_REACH, LATENCY, NO_BIDS, OFFERED, REQUESTS


class Desk:
    """Built once per exchange, so that the request path resolves no labels."""

    def __init__(self, terms: ExchangeTerms, workers: int) -> None:
        """Serve as one of so many workers, which share what the exchange may ask."""
        self.terms = terms
        most = terms.max_requests_per_s
        self.quota = None if most is None else Quota(most / workers)
        self.requests = REQUESTS.labels(terms.name)
        self.latency = LATENCY.labels(terms.name)
        self.offered = OFFERED.labels(terms.name)
        self.bids = {
            media_type: BIDS.labels(terms.name, media_type.name.lower()) for media_type in MediaType
        }
        self.bids_by_reach = {
            reach: BIDS_BY_REACH.labels(terms.name, reach.value) for reach in Reach
        }
        self.no_bids = {reason: NO_BIDS.labels(terms.name, reason.value) for reason in Reason}


def desks(terms: Mapping[str, ExchangeTerms], workers: int) -> dict[str, Desk]:
    """Return one worker's desks by exchange name."""
    return {name: Desk(each, workers) for name, each in terms.items()}
