"""`POST /p/skadnetwork`: Apple's install-validation postbacks, sent by people's devices; counted once each.

200 means that it is durable, now or from an earlier time. With any other status the device tries again, up to nine times
within nine days (Apple, "Verifying an install-validation postback").
"""

from collections.abc import Sequence

from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.postbacks.apple import InvalidPostback, Refusal, Verifier
from adserver.endpoints.replies import empty, wrong_method
from adserver.errors import Unavailable
from adserver.metrics import INSTALLS
from adserver.ports import Clock, Owner

MAX_BODY_BYTES = 4_096
"""Apple's are some 500 bytes."""


class SkAdNetwork:
    """The endpoint. Of the device nothing is looked at: neither address nor user agent."""

    def __init__(self, verifier: Verifier, owner: Owner, clock: Clock) -> None:
        self._verifier = verifier
        self._owner = owner
        self._clock = clock

    async def __call__(self, request: Request, parts: Sequence[str]) -> Reply:
        """Answer with a status and no body: 200, 400, 405, 413 or 503."""
        if len(parts) != 2:  # noqa: PLR2004 - `p` and our name
            return empty(404)
        if request.method != "POST":
            return wrong_method("POST")
        if request.excessive or len(request.body) > MAX_BODY_BYTES:
            return _answer(413, Refusal.MALFORMED)
        try:
            install = self._verifier.read(request.body, int(self._clock.now()))
        except InvalidPostback as refused:
            return _answer(503 if refused.reason is Refusal.BUSY else 400, refused.reason)
        try:
            first = await self._owner.record(install)
        except Unavailable:
            return _answer(503, "unavailable")
        if not first:
            return _answer(200, "repeated")
        return _answer(200, "test" if install.test else "won" if install.won else "lost")


def _answer(status: int, outcome: str) -> Reply:
    INSTALLS.labels(outcome).inc()
    return empty(status, "" if status == 200 else outcome)  # noqa: PLR2004 - HTTP's own number
