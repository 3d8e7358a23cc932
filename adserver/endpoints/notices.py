"""`/n/{win|billing|loss}/{token}`: what the exchange tells us about an auction.

200 means that the notice is durable, now or from an earlier time: exchanges repeat what they get no 200 for.
A billing notice after its time is accepted all the same (the exchange will invoice it) and booked as late.
"""

from collections.abc import Mapping, Sequence

from adserver.domain.notice import Kind
from adserver.endpoints.intake import Intake
from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.replies import empty, wrong_method

AUCTION_NOTICES: Mapping[str, Kind] = {"win": "win", "billing": "billing", "loss": "loss"}


class Notices:
    """The endpoint; GET or POST, as the exchange likes, and a body is not looked at."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, request: Request, parts: Sequence[str]) -> Reply:
        """Answer with a status and no body: 200, 400, 410 or 503."""
        match parts:
            case [_, name, token] if name in AUCTION_NOTICES:
                if request.method not in {"GET", "POST"}:
                    return wrong_method("GET", "POST")
                outcome = await self._intake.take(AUCTION_NOTICES[name], token, request.query)
                return empty(outcome.status, outcome.reason)
        return empty(404)
