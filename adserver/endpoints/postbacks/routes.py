"""`/p/{name}`: by who reports. `skadnetwork` is Apple's; all others are partners of the settings."""

from collections.abc import Mapping, Sequence

from adserver.endpoints.messages import Request
from adserver.endpoints.replies import empty
from adserver.endpoints.routes import Answer, Handler

SKADNETWORK = "skadnetwork"


class Postbacks:
    """The endpoint; who is not configured is not there."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers

    def __call__(self, request: Request, parts: Sequence[str]) -> Answer:
        """Answer 404, or as the handler of this name does."""
        handler = self._handlers.get(parts[1]) if len(parts) > 1 else None
        return empty(404) if handler is None else handler(request, parts)
