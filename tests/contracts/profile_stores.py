"""Everything that keeps profiles, made anew for one test; a line in `STORES` puts another one under the contract."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from adapters.profiles.lmdb_profiles import Config
from adserver.ports.people import Audiences, Contacts, People, Profiles
from tests.fakes.profiles import FakeProfiles
from tests.servers.redis_stores import in_cluster, in_redis


class Store(Profiles, Contacts, Audiences, People, Protocol):
    """All sides of a store at once."""


class LmdbStore:
    """One process may have an environment open only once, so each side opens it when its turn comes."""

    def __init__(self, folder: Path) -> None:
        self._config = Config(str(folder / "profiles"))
        self._config.build_writer().close()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            side = self._config.build() if name == "find" else self._config.build_writer()
            try:
                return getattr(side, name)(*arguments)
            finally:
                side.close()

        return call


STORES: Mapping[str, Callable[[Path], Store]] = {
    "fake": lambda _: FakeProfiles(),
    "lmdb": lambda folder: cast(Store, LmdbStore(folder)),
    "redis": lambda folder: cast(Store, in_redis(folder)),
    "redis cluster": lambda folder: cast(Store, in_cluster(folder)),
}
"""By name: from an empty folder to a store that knows nobody."""
