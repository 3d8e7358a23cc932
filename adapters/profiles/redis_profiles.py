"""Profiles in Redis or a Redis Cluster: for many bidders that share what is known of people.

How a person lies there is in `redis_store/stored.py` and `redis_store/names.py`.
"""

import time
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from adapters.profiles.redis_store.blocking import BlockingNodes
from adapters.profiles.redis_store.breaker import WINDOW, Breaker
from adapters.profiles.redis_store.census import everybody
from adapters.profiles.redis_store.diary import Diary
from adapters.profiles.redis_store.line import Line
from adapters.profiles.redis_store.nodes import Nodes
from adapters.profiles.redis_store.reader import RedisProfiles
from adapters.profiles.redis_store.wire import Address, Target, target
from adapters.profiles.redis_store.writer import RedisProfileWriter
from adserver.durable import read_password
from adserver.errors import Fault, InvalidConfig


class Config(
    msgspec.Struct, tag="redis", tag_field="kind", frozen=True, forbid_unknown_fields=True
):
    """A Redis of version 7 or later, or a Redis Cluster, shared by as many bidders as you like.

    [How it works](../how-to/profiles-in-redis.md).
    """

    urls: tuple[str, ...]
    """`redis://user@host:6379/0`, `rediss://...` for TLS, `unix:///path`; of a cluster, some of its nodes."""
    cluster: bool = False
    """Whether that is a Redis Cluster."""
    password_file: str | None = None
    """A file of mode 600 that holds the password and nothing else."""
    keys_url: str | None = None
    """Another Redis, never backed up, for the keys that people's records are encrypted with; erasing somebody destroys
    theirs. Without, they lie beside the records, and a copy of one is a copy of the other.
    """
    keys_password_file: str | None = None
    """The password of that other Redis."""
    ca_file: str | None = None
    """For TLS: certificates to believe in place of the system's."""
    timeout_ms: Annotated[int, Meta(ge=1, le=1_000)] = 5
    """So long a look-up may take in all, milliseconds; then the request goes on without its person."""
    connect_timeout_ms: Annotated[int, Meta(ge=1, le=10_000)] = 20
    """So long connecting to a node may take, milliseconds; no request waits longer than `timeout_ms` for it."""
    failures: Annotated[int, Meta(ge=1, le=WINDOW)] = 8
    """A node that fails so many of its last 32 questions is left alone for `open_ms`."""
    open_ms: Annotated[int, Meta(ge=10, le=60_000)] = 500
    """So long a failing node is left alone, milliseconds; then it is tried with one question."""
    remembered: Annotated[int, Meta(ge=0, le=1_000_000)] = 20_000
    """So many people of the last minute each worker remembers, for moments in which Redis does not answer."""

    def within(self, folder: Path) -> "Config":
        """Return the same with files relative to a folder."""
        names = ("password_file", "keys_password_file", "ca_file")
        files = {name: str(folder / file) for name in names if (file := getattr(self, name))}
        return msgspec.structs.replace(self, **files)

    def build(self) -> RedisProfiles:
        """Return the reading side, for workers; it connects when first asked. Raises `InvalidConfig`."""
        data, keys = self._targets()
        return RedisProfiles(
            self._nodes(data),
            None if keys is None else self._nodes(keys),
            self.timeout_ms / 1_000,
            self.remembered,
            partial(everybody, data, keys),
        )

    def build_writer(self, diary: Path | None = None) -> RedisProfileWriter:
        """Return the writing side, for the owner and for loading; `diary` is the folder to write down in what cannot be
        learnt again. Raises `InvalidConfig`, and `Unavailable` if there is no writing in it.
        """
        data, keys = self._targets()
        return RedisProfileWriter(
            BlockingNodes(data),
            None if keys is None else BlockingNodes(keys),
            None if diary is None else Diary(diary),
        )

    def _targets(self) -> tuple[Target, Target | None]:
        password = read_password(self.password_file, "$.profiles.password_file")
        data = _target("urls", self.urls, password, self.ca_file, cluster=self.cluster)
        if self.keys_url is None:
            return data, None
        password = read_password(self.keys_password_file, "$.profiles.keys_password_file")
        return data, _target("keys_url", (self.keys_url,), password, self.ca_file)

    def _nodes(self, where: Target) -> Nodes:
        return Nodes(where, partial(self._line, where))

    def _line(self, where: Target, address: Address) -> Line:
        breaker = Breaker(self.failures, self.open_ms / 1_000, time.monotonic)
        return Line(address, where, breaker, self.connect_timeout_ms / 1_000)


def _target(
    name: str, urls: tuple[str, ...], password: str, ca_file: str | None, *, cluster: bool = False
) -> Target:
    try:
        return target(urls, password, ca_file, cluster=cluster)
    except (ValueError, OSError) as error:
        raise InvalidConfig([Fault("settings", f"$.profiles.{name}", str(error))]) from None
