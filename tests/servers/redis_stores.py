"""Profiles in a real Redis and in a real cluster, empty for each test; the servers are started once per test process."""

import asyncio
import atexit
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

from adapters.profiles.redis_profiles import Config
from adserver.domain.person import Found, PersonKey
from tests.servers.redis import RedisServer, redis_cluster, redis_server

PATIENT_MS = 1_000
"""What stores must do is not what they must do in time."""


class RedisStore:
    """All sides of a store at once, as one process of many would use them."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._config.build_writer().close()

    def find(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Look somebody up, as a worker would."""
        return asyncio.run(self._find(ids, now_s))

    async def _find(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        profiles = self._config.build()
        try:
            await profiles.open()
            return await profiles.fetch(ids, now_s)
        finally:
            profiles.close()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            writer = self._config.build_writer()
            try:
                return getattr(writer, name)(*arguments)
            finally:
                writer.close()

        return call


def in_redis(_: Path) -> RedisStore:
    """Return an empty store in one Redis, people's keys beside their records."""
    (server,) = _servers()
    server.call("FLUSHALL")
    return RedisStore(Config((server.url,), timeout_ms=PATIENT_MS, connect_timeout_ms=PATIENT_MS))


def in_cluster(_: Path) -> RedisStore:
    """Return an empty store in a cluster of three, people's keys in another Redis."""
    nodes, keys = _cluster()
    for each in (*nodes, keys):
        each.call("FLUSHALL")
    return RedisStore(
        Config(
            (nodes[0].url,), cluster=True, keys_url=keys.url,
            timeout_ms=PATIENT_MS, connect_timeout_ms=PATIENT_MS,
        )
    )  # fmt: skip


@cache
def _servers() -> tuple[RedisServer]:
    return (_until_the_end().enter_context(redis_server()),)


@cache
def _cluster() -> tuple[Sequence[RedisServer], RedisServer]:
    nodes = _until_the_end().enter_context(redis_cluster(3))
    return nodes, _servers()[0]


def _until_the_end() -> ExitStack:
    stack = ExitStack()
    atexit.register(stack.close)
    return stack
