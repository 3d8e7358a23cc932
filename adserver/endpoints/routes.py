"""The public port: from the first part of a path to whoever answers it."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.replies import empty

Answer = Reply | Coroutine[Any, Any, Reply]
Handler = Callable[[Request, Sequence[str]], Answer]
"""Who needs to wait for nothing answers at once; who must wait returns a coroutine."""


class Site:
    """No router, no middleware: a dictionary."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        """Know handlers by the first part of the path: `openrtb2`, `n`, `t`, `v`, `c`."""
        self._handlers = handlers

    def __call__(self, request: Request) -> Answer:
        """Answer one request. Parts of the path are not percent-decoded."""
        path = request.target.partition("?")[0]
        if not path.startswith("/"):  # the absolute form, which proxies may send (RFC 9112, 3.2.2)
            path = "/" + path.partition("://")[2].partition("/")[2]
        parts = path[1:].split("/")
        handler = self._handlers.get(parts[0])
        return empty(404) if handler is None else handler(request, parts)
