"""`POST /openrtb2/{exchange}`: gather, decide, act."""

import zlib
from collections.abc import Callable, Mapping, Sequence

import structlog
from aiohttp import web

from adserver.decision.pipeline import decide
from adserver.decision.tracing import Untraced
from adserver.decision.world import World
from adserver.domain.reasons import Reason
from adserver.endpoints.answering import Answerer
from adserver.endpoints.desk import Desk
from adserver.endpoints.gathering import Declined, Gatherer, moment
from adserver.endpoints.replies import empty, problem, wrong_method
from adserver.errors import InvalidBidRequest
from adserver.metrics import INVALID_REQUESTS
from adserver.openrtb.codec import REFUSALS
from adserver.openrtb.outbound import no_bid
from adserver.ports import Clock, Restraint, Wallet

_VERSION = {"x-openrtb-version": "2.6"}
_ENCODINGS = frozenset({"", "identity", "gzip"})
_log = structlog.get_logger()


class BidEndpoint:
    """Answers one request after the other; everything it needs was built before."""

    def __init__(
        self,
        *,
        world: World,
        desks: Mapping[str, Desk],
        gatherer: Gatherer,
        answerer: Answerer,
        purse: Wallet,
        stopped: Restraint,
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        self._world = world
        self._desks = desks
        self._gatherer = gatherer
        self._answerer = answerer
        self._purse = purse
        self._stopped = stopped
        self._clock = clock
        self._monotonic = monotonic
        self._refused = {reason: INVALID_REQUESTS.labels(reason) for reason in REFUSALS}

    async def __call__(self, request: web.BaseRequest, parts: Sequence[str]) -> web.Response:
        """Answer 200 with bids, 204 without, 400 for what is no bid request, 404 for a stranger."""
        arrived = self._monotonic()
        desk = self._desks.get(parts[1]) if len(parts) == 2 else None  # noqa: PLR2004 - name and exchange
        if desk is None:
            known = ", ".join(self._desks) or "none"
            return problem(404, f"No such exchange; configured are: {known}.", "exchange")
        if request.method != "POST":
            return wrong_method("POST")
        desk.requests.inc()
        encoding = request.headers.get("Content-Encoding", "").lower()
        if encoding not in _ENCODINGS:
            return problem(415, "Send the body plain or compressed with gzip.", "Content-Encoding")
        body = await request.read()
        try:
            return await self._answer(request, desk, body, encoding, arrived)
        except InvalidBidRequest as error:
            self._refused[error.reason].inc()
            _log.info("bid_request_refused", exchange=parts[1], reason=error.reason)
            return empty(400, error.reason)
        except Exception:  # noqa: BLE001 - the edge: whatever it was, the exchange gets its 204
            _log.exception(
                "bid_request_failed", exchange=parts[1]
            )  # a bug of ours: loud, not theirs
            return self._none(desk, "", Reason.SERVER_FAULT, arrived)

    async def _answer(
        self, request: web.BaseRequest, desk: Desk, body: bytes, encoding: str, arrived: float
    ) -> web.Response:
        terms = desk.terms
        stopped = self._stopped
        if stopped.everything or terms.name in stopped.exchanges:
            return self._none(desk, "", Reason.STOPPED, arrived)
        # 1. Gather: all the decision may look at, and no more time than tmax leaves us.
        gathered = await self._gatherer.gather(body, encoding, terms)
        if isinstance(gathered, Declined):
            return self._none(desk, gathered.request_id, gathered.reason, arrived)
        auction = gathered.auction
        if not self._purse.covers(terms.name, 1):
            return self._none(desk, auction.id, Reason.CEILING, arrived)
        now_s = self._clock.now()
        deadline = arrived + gathered.left_ms / 1_000
        if self._monotonic() > deadline:
            return self._none(desk, auction.id, Reason.TIME_OUT, arrived)
        # 2. Decide: plain function calls; nothing awaits, so nothing interleaves.
        trace = Untraced()
        purse = self._purse
        now = moment(gathered, terms, purse, purse.paces, stopped.candidates, now_s)
        bids = decide(self._world, auction, now, trace)
        if not bids:
            return self._none(desk, auction.id, trace.reason, arrived, trace.missed)
        if self._monotonic() > deadline:
            self._answerer.withdraw(auction, bids)
            return self._none(desk, auction.id, Reason.TIME_OUT, arrived)
        # 3. Act: set the money aside, answer, count.
        try:
            answer = self._answerer.answer(
                desk, auction, gathered.permission, bids, trace.missed, now_s
            )
        except Exception:
            self._answerer.withdraw(auction, bids)  # a bug must not keep the money
            raise
        desk.latency.observe(self._monotonic() - arrived)
        return _response(request, answer, terms.gzip_above_bytes)

    def _none(
        self,
        desk: Desk,
        request_id: str,
        reason: Reason,
        arrived: float,
        missed: Mapping[str, Reason] | None = None,
    ) -> web.Response:
        desk.no_bids[reason].inc()
        desk.latency.observe(self._monotonic() - arrived)
        if desk.terms.explain_no_bids and request_id:
            return web.Response(
                body=no_bid(request_id, reason, missed),
                content_type="application/json",
                headers=_VERSION,
            )
        return web.Response(status=204, headers=_VERSION)


def _response(request: web.BaseRequest, body: bytes, gzip_above_bytes: int) -> web.Response:
    if len(body) > gzip_above_bytes and "gzip" in request.headers.get("Accept-Encoding", ""):
        packer = zlib.compressobj(1, wbits=31)  # 31: gzip header and checksum
        return web.Response(
            body=packer.compress(body) + packer.flush(),
            content_type="application/json",
            headers={**_VERSION, "Content-Encoding": "gzip"},
        )
    return web.Response(body=body, content_type="application/json", headers=_VERSION)
