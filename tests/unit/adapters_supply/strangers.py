"""Strangers' servers for the tests: every name leads to one web server on loopback."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from adapters.supply.connecting import Allowance
from adapters.supply.fetching import Fetcher
from adapters.supply.manners import Manners
from tests.servers.web import LOOPBACK, Page, Web, serving


async def lookup(name: str) -> Sequence[str]:
    """Lead every name to loopback, but for those that are not there."""
    if name.startswith("gone."):
        raise OSError("no such name")
    return [LOOPBACK]


def allowance(web: Web) -> Allowance:
    """Let http through to the server; https meets the same port and fails, as where there is none."""
    return {(LOOPBACK, 80): web.port, (LOOPBACK, 443): web.port}


@asynccontextmanager
async def world(
    page: Page, *, timeout_s: float = 5.0, pause_s: float = 0.0
) -> AsyncIterator[tuple[Web, Fetcher, Manners]]:
    """Serve pages, and yield who fetches them."""
    manners = Manners(pause_s)
    async with (
        serving(page) as web,
        Fetcher(
            user_agent="adserver-supply/1.0",
            timeout_s=timeout_s,
            manners=manners,
            lookup=lookup,
            allowance=allowance(web),
        ) as fetcher,
    ):
        yield web, fetcher, manners
