"""`POST /openrtb2/{exchange}`: gather, decide, act."""

import zlib
from collections.abc import Callable, Mapping, Sequence

import msgspec
import structlog
from aiohttp import web

from adserver.decision.pipeline import decide
from adserver.decision.tracing import Untraced
from adserver.decision.world import World
from adserver.domain.reasons import Reason
from adserver.endpoints.admission import HOPELESS_S, Admission
from adserver.endpoints.answering import Answerer
from adserver.endpoints.desk import Desk
from adserver.endpoints.gathering import Declined, Gatherer, moment
from adserver.endpoints.replies import empty, problem, wrong_method
from adserver.errors import InvalidBidRequest
from adserver.metrics import INVALID_REQUESTS
from adserver.openrtb.codec import MAX_BODY_BYTES, REFUSALS
from adserver.openrtb.outbound import no_bid
from adserver.ports import Clock, Restraint, Wallet

_VERSION = {"x-openrtb-version": "2.6"}
_ENCODINGS = frozenset({"", "identity", "gzip"})
CUT_OFF = "cut_off"
"""The reason when a body never ended."""
SEND_S = 0.001
"""What sending an answer takes at most once it is written."""
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
        admission: Admission,
        monotonic: Callable[[], float],
    ) -> None:
        self._world = world
        self._strained_world = msgspec.structs.replace(world, explore_ppm=0)
        self._desks = desks
        self._gatherer = gatherer
        self._answerer = answerer
        self._purse = purse
        self._stopped = stopped
        self._clock = clock
        self._admission = admission
        self._monotonic = monotonic
        self._refused = {reason: INVALID_REQUESTS.labels(reason) for reason in (*REFUSALS, CUT_OFF)}

    async def __call__(self, request: web.BaseRequest, parts: Sequence[str]) -> web.Response:
        """Answer 200 with bids, 204 without, 4xx for what is no bid request or comes from a stranger."""
        arrived = self._arrival(request)
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
        try:
            body = await _read(request)
            return await self._answer(request, desk, body, encoding, arrived)
        except InvalidBidRequest as error:
            self._refused[error.reason].inc()
            _log.info("bid_request_refused", exchange=parts[1], reason=error.reason)
            return empty(413 if error.reason == "too_large" else 400, error.reason)
        except Exception:  # noqa: BLE001 - the edge: whatever it was, the exchange gets its 204
            _log.exception(
                "bid_request_failed", exchange=parts[1]
            )  # a bug of ours: loud, not theirs
            return self._none(desk, "", Reason.SERVER_FAULT, arrived)
        finally:
            self._admission.worked()

    def _arrival(self, request: web.BaseRequest) -> float:
        """Return when the request's newest bytes came; a server without our connections cannot tell."""
        arrived: float = getattr(request.protocol, "arrived_s", 0.0)
        return arrived or self._monotonic()

    async def _answer(
        self, request: web.BaseRequest, desk: Desk, body: bytes, encoding: str, arrived: float
    ) -> web.Response:
        terms = desk.terms
        began = self._monotonic()
        waited_s = began - self._arrival(request)  # until the body was there it was theirs to hurry
        reason = self._refusal(desk, body, began, waited_s)
        if reason is not None:
            response = self._none(desk, "", reason, arrived)
            if waited_s > HOPELESS_S:
                response.force_close()
            return response
        # 1. Gather: all the decision may look at, and no more time than tmax leaves us.
        gathered = await self._gatherer.gather(body, encoding, terms)
        if isinstance(gathered, Declined):
            return self._none(desk, gathered.request_id, gathered.reason, arrived)
        auction = gathered.auction
        if not self._purse.covers(terms.name, 1):
            return self._none(desk, auction.id, Reason.CEILING, arrived)
        now_s = self._clock.now()
        deadline = arrived + gathered.left_ms / 1_000 - SEND_S
        if self._monotonic() > deadline:
            return self._none(desk, auction.id, Reason.TIME_OUT, arrived)
        # 2. Decide: plain function calls; nothing awaits, so nothing interleaves.
        trace = Untraced()
        purse = self._purse
        now = moment(gathered, terms, purse, purse.paces, self._stopped.candidates, now_s)
        world = self._strained_world if self._admission.strained else self._world
        bids = decide(world, auction, now, trace)
        if not bids:
            self._admission.answered(self._monotonic() - began)
            return self._none(desk, auction.id, trace.reason, arrived, trace.missed)
        # 3. Act: set the money aside, answer, count.
        try:
            answer = self._answerer.answer(
                desk, auction, gathered.permission, bids, trace.missed, now_s,
                lambda: self._monotonic() <= deadline,
            )  # fmt: skip
        except Exception:
            self._answerer.withdraw(auction, bids)  # a bug must not keep the money
            raise
        done = self._monotonic()
        self._admission.answered(done - began)
        if answer is None:  # late after all, and not booked
            self._answerer.withdraw(auction, bids)
            return self._none(desk, auction.id, Reason.TIME_OUT, arrived)
        desk.latency.observe(done - arrived)
        return _response(request, answer, terms.gzip_above_bytes)

    def _refusal(self, desk: Desk, body: bytes, now: float, waited_s: float) -> Reason | None:
        """Return why a request is not even decoded."""
        stopped = self._stopped
        if stopped.everything or desk.terms.name in stopped.exchanges:
            return Reason.STOPPED
        if desk.quota is not None and not desk.quota.take(now):
            return Reason.QUOTA
        if self._admission.is_late(waited_s, body, desk.terms):
            return Reason.OVERLOADED
        return None

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


async def _read(request: web.BaseRequest) -> bytes:
    """Return the body; raises `InvalidBidRequest` at once for one that says it is too large."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise InvalidBidRequest("too_large")
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise InvalidBidRequest("too_large") from None
    except (OSError, web.RequestPayloadError):  # they hung up, were cut, or broke the framing
        raise InvalidBidRequest(CUT_OFF) from None


def _response(request: web.BaseRequest, body: bytes, gzip_above_bytes: int) -> web.Response:
    if len(body) > gzip_above_bytes and "gzip" in request.headers.get("Accept-Encoding", ""):
        packer = zlib.compressobj(1, wbits=31)  # 31: gzip header and checksum
        return web.Response(
            body=packer.compress(body) + packer.flush(),
            content_type="application/json",
            headers={**_VERSION, "Content-Encoding": "gzip"},
        )
    return web.Response(body=body, content_type="application/json", headers=_VERSION)
