"""What a worker serves to people and their browsers: their rights, and cookie matching."""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from adapters import registry
from adapters.profiles.lmdb_store.reader import LmdbProfiles
from adapters.profiles.redis_store.reader import RedisProfiles
from adserver.background.owner_client import OwnerClient
from adserver.background.people_client import PeopleClient
from adserver.bootstrap.state import permitted, places, pseudonym
from adserver.catalog.snapshot import Snapshot
from adserver.config import Loaded
from adserver.domain.choices import Choices
from adserver.domain.person import PersonKey
from adserver.endpoints.keys import load_keys
from adserver.endpoints.matching import Matching
from adserver.endpoints.rights.paper import House
from adserver.endpoints.rights.routes import Rights
from adserver.endpoints.tokens import TokenVault
from adserver.ports import Clock

RIGHTS = "r"
"""The first part of the paths of people's pages."""


class Directory:
    """Where people are looked up: in this process, or elsewhere."""

    def __init__(self, config: registry.Profiles) -> None:
        built = config.build()
        self.local: LmdbProfiles | None = None
        self.remote: RedisProfiles | None = None
        if isinstance(built, RedisProfiles):
            self.remote = built
        else:
            self.local = built

    async def open(self) -> None:
        """Get to know whom to ask, so that the first request need not wait for it."""
        if self.remote is not None:
            await self.remote.open()

    def close(self) -> None:
        """Let go of it."""
        if self.remote is not None:
            self.remote.close()
        if self.local is not None:
            self.local.close()

    def forget(self, people: Sequence[PersonKey]) -> None:
        """Let go of what was remembered of these people."""
        if self.remote is not None:
            self.remote.forget(people)

    def choices(self, clock: Clock) -> Callable[[Sequence[PersonKey]], Awaitable[Choices]]:
        """Return the function that tells what the person behind some ids decided; it raises `Unavailable`."""

        async def ask(ids: Sequence[PersonKey]) -> Choices:
            if self.remote is not None:
                return (await self.remote.fetch(ids, clock.now())).choices
            assert self.local is not None  # noqa: S101 - one of the two
            return self.local.find(ids, clock.now()).choices

        return ask


def rights(
    loaded: Loaded, snapshot: Snapshot, vault: TokenVault, owner: OwnerClient, clock: Clock
) -> Rights:
    """Build people's pages. Raises `InvalidConfig` if the person key cannot be read."""
    settings = loaded.settings
    address = urlsplit(settings.http.base_url)
    return Rights(
        people=PeopleClient(owner),
        vault=vault,
        pseudonym=pseudonym(loaded),
        catalog=snapshot.catalog,
        about=loaded.policy.about,
        our_id=settings.matching.id_cookie.read,
        secret=load_keys(places(loaded).person_key)[0].secret,
        clock=clock,
        home=f"{address.path.rstrip('/')}/{RIGHTS}",
        secure=address.scheme == "https",
        house=House(settings.responsible.name, settings.responsible.contact),
    )


def matching(loaded: Loaded, directory: Directory, owner: OwnerClient, clock: Clock) -> Matching:
    """Build cookie matching. Raises `InvalidConfig` if the person key cannot be read."""
    section = loaded.settings.matching
    return Matching(
        exchanges=section.addresses,
        cookie=section.id_cookie,
        permit=permitted(loaded, clock),
        choices=directory.choices(clock),
        linker=PeopleClient(owner),
        pseudonym=pseudonym(loaded),
        without_signals=section.without_signals,
    )
