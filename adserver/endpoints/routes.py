"""The public port: from the first part of a path to whoever answers it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp import web

from adserver.endpoints.replies import empty

Handler = Callable[[web.BaseRequest, Sequence[str]], Awaitable[web.StreamResponse]]


class Site:
    """A handler for aiohttp's low-level server: no router, no middleware, a dictionary."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        """Know handlers by the first part of the path: `openrtb2`, `n`, `t`, `v`, `c`."""
        self._handlers = handlers
        self.draining = False
        """When set, every answer asks for a new connection, which another worker will take."""

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request. Parts of the path are not percent-decoded."""
        path = request.raw_path.partition("?")[0]
        parts = path[1:].split("/")
        handler = self._handlers.get(parts[0])
        if handler is None:
            return empty(404)
        response = await handler(request, parts)
        if self.draining:
            response.force_close()
        return response
