"""`POST /openrtb2/{exchange}`: gather, decide, act."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec
import structlog

from adserver.decision import chances
from adserver.decision.pipeline import decide
from adserver.decision.tracing import Untraced
from adserver.decision.world import World
from adserver.domain.reasons import Reason
from adserver.endpoints.admission import HOPELESS_S, Admission
from adserver.endpoints.answering import Answerer, Draft
from adserver.endpoints.desk import Desk
from adserver.endpoints.gathered import Declined, Gathered, moment
from adserver.endpoints.gathering import Gatherer
from adserver.endpoints.messages import Reply, Request, head
from adserver.endpoints.replies import empty, problem, wrong_method
from adserver.endpoints.routes import Answer
from adserver.errors import InvalidBidRequest
from adserver.metrics import INVALID_REQUESTS
from adserver.openrtb.codec import REFUSALS
from adserver.openrtb.outbound import no_bid
from adserver.ports import Clock, Flow, Restraint, Wallet

_VERSION = head(x_openrtb_version="2.6")
_BID = head(Content_Type="application/json") + _VERSION
_PACKED = _BID + head(Content_Encoding="gzip")
_NO_BID = Reply(204, b"", _VERSION)
_ENCODINGS = frozenset({"", "identity", "gzip"})
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
        flow: Flow | None = None,
    ) -> None:
        self._flow = flow
        self._world = world
        self._strained_world = msgspec.structs.replace(world, explore_ppm=0, learn_ppm=0)
        self._desks = desks
        self._gatherer = gatherer
        self._answerer = answerer
        self._purse = purse
        self._stopped = stopped
        self._clock = clock
        self._admission = admission
        self._monotonic = monotonic
        self._refused = {reason: INVALID_REQUESTS.labels(reason) for reason in REFUSALS}

    def __call__(self, request: Request, parts: Sequence[str]) -> Answer:
        """Answer 200 with bids, 204 without, 4xx for what is no bid request or comes from a stranger.

        Only people who are looked up elsewhere are waited for.
        """
        desk = self._desks.get(parts[1]) if len(parts) == 2 else None  # noqa: PLR2004 - name and exchange
        if desk is None:
            known = ", ".join(self._desks) or "none"
            return problem(404, f"No such exchange; configured are: {known}.", "exchange")
        if request.method != "POST":
            return wrong_method("POST")
        desk.requests.value += 1
        encoding = request.header(b"content-encoding").lower()
        if encoding not in _ENCODINGS:
            return problem(415, "Send the body plain or compressed with gzip.", "Content-Encoding")
        try:
            return self._answer(request, desk, encoding)
        except InvalidBidRequest as error:
            self._refused[error.reason].inc()
            _log.info("bid_request_refused", exchange=parts[1], reason=error.reason)
            return empty(413 if error.reason == "too_large" else 400, error.reason)
        except Exception:  # noqa: BLE001 - the edge: whatever it was, the exchange gets its 204
            return self._failed(request, desk)
        finally:
            self._admission.worked()

    def _failed(self, request: Request, desk: Desk) -> Reply:
        _log.exception("bid_request_failed", exchange=desk.terms.name)  # a bug of ours: loud
        return self._none(desk, "", Reason.SERVER_FAULT, request.arrived_s)

    def _answer(self, request: Request, desk: Desk, encoding: str) -> Answer:
        if request.excessive:
            raise InvalidBidRequest("too_large")
        terms = desk.terms
        arrived = request.arrived_s
        began = self._monotonic()
        waited_s = began - arrived
        reason = self._refusal(desk, request.body, began, waited_s)
        if reason is not None:
            reply = self._none(desk, "", reason, arrived)
            return reply if waited_s <= HOPELESS_S else msgspec.structs.replace(reply, close=True)
        # 1. Gather: all the decision may look at, and no more time than tmax leaves us.
        gathered = self._gatherer.gather(request.body, encoding, terms)
        if isinstance(gathered, Declined):
            return self._none(desk, gathered.request_id, gathered.reason, arrived)
        if gathered.ids or gathered.household is not None:
            if self._gatherer.remote is not None:
                return self._later(request, desk, gathered, began)
            self._gatherer.meet(gathered)
        return self._decided(request, desk, gathered, began)

    async def _later(self, request: Request, desk: Desk, gathered: Gathered, began: float) -> Reply:
        """Answer when the person was looked up elsewhere; meanwhile others are answered."""
        worked_s = self._monotonic() - began
        try:
            await self._gatherer.fetch(gathered)
            return self._decided(request, desk, gathered, self._monotonic() - worked_s)
        except Exception:  # noqa: BLE001 - the edge, as above
            return self._failed(request, desk)
        finally:
            self._admission.worked()

    def _decided(self, request: Request, desk: Desk, gathered: Gathered, began: float) -> Reply:
        terms = desk.terms
        arrived = request.arrived_s
        auction = gathered.auction
        if not self._purse.covers(terms.name, 1):
            return self._none(desk, auction.id, Reason.CEILING, arrived)
        now_s = self._clock.now()
        deadline = arrived + gathered.left_ms / 1_000 - SEND_S
        at = self._monotonic()
        if at > deadline:
            return self._none(desk, auction.id, Reason.TIME_OUT, arrived)
        purse = self._purse
        apart_s = now_s - at
        if at > purse.good_until or not purse.least_apart_s < apart_s < purse.most_apart_s:
            purse.look(at, now_s)  # we slept, say; who looks after it comes later in the loop
        # 2. Decide: plain function calls; nothing awaits, so nothing interleaves.
        trace = Untraced()
        now = moment(gathered, terms, purse, purse.paces, self._stopped.candidates, now_s)
        world = self._strained_world if self._admission.strained else self._world
        bids = decide(world, auction, gathered.fits, now, trace)
        flow = self._flow
        if flow is not None:
            flow.requests += 1
            if at >= flow.sample_at:
                flow.sample(chances.count(world.snapshot, auction, gathered.fits, now), at)
        if not bids:
            self._admission.answered(self._monotonic() - began)
            return self._none(desk, auction.id, trace.reason, arrived, trace.missed)
        # 3. Act: answer; and when the answer goes out, set the money aside and count.
        try:
            draft = self._answerer.answer(
                desk, auction, gathered.permission, bids, trace.missed, now_s
            )
        except Exception:
            self._answerer.withdraw(auction, bids)  # a bug must not keep the money
            raise
        self._admission.answered(self._monotonic() - began)
        body, lines = _packed(request, draft.body, terms.gzip_above_bytes)
        return Reply(200, body, lines, confirm=partial(self._confirm, draft, arrived, deadline))

    def _confirm(
        self,
        draft: Draft,
        arrived: float,
        deadline: float,
        possible: bool,  # noqa: FBT001 - a callback
    ) -> Reply | None:
        """Book bids that are about to be sent in time; otherwise return what is sent in their place."""
        now = self._monotonic()
        if possible and now <= deadline:
            self._answerer.book(draft)
            if self._flow is not None and not draft.auction.test:
                for bid in draft.bids:
                    self._flow.booked(bid.candidate.line_item_index, bid.reserved)
            draft.desk.latency.observe(now - arrived)
            return None
        self._answerer.withdraw(draft.auction, draft.bids, draft.tickets)
        return self._none(draft.desk, draft.auction.id, Reason.TIME_OUT, arrived)

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
    ) -> Reply:
        desk.no_bids[reason].value += 1
        desk.latency.observe(self._monotonic() - arrived)
        if desk.terms.explain_no_bids and request_id:
            return Reply(200, no_bid(request_id, reason, missed), _BID)
        return _NO_BID


def _packed(request: Request, body: bytes, gzip_above_bytes: int) -> tuple[bytes, bytes]:
    """Return the body as it is sent, and its head."""
    if len(body) > gzip_above_bytes and "gzip" in request.header(b"accept-encoding"):
        packer = zlib.compressobj(1, wbits=31)  # 31: gzip header and checksum
        return packer.compress(body) + packer.flush(), _PACKED
    return body, _BID
