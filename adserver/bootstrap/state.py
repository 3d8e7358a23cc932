"""Where a configuration keeps its state, and what is read from there by more than one process."""

import time
from collections.abc import Callable
from pathlib import Path

from adapters import registry
from adapters.campaigns import snapshot_file
from adapters.profiles import lmdb_profiles
from adapters.profiles.lmdb_profiles import LmdbProfileWriter
from adapters.profiles.redis_store.writer import RedisProfileWriter
from adserver.background.places import Places
from adserver.background.reviews_file import read_reviews
from adserver.background.sizes_file import read_sizes
from adserver.bootstrap.usual import usual_rates
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.review import bars
from adserver.catalog.sizes import withheld
from adserver.catalog.snapshot import Snapshot
from adserver.catalog.uses import refuse
from adserver.config import Loaded
from adserver.domain.budget import EVERYWHERE
from adserver.domain.campaign import Catalog
from adserver.domain.consent import Permission, Signals
from adserver.domain.money import Nanos, nanos
from adserver.domain.person import PersonKey, pseudonymiser
from adserver.endpoints.keys import load_keys
from adserver.ports import Clock
from adserver.privacy.permission import permit
from adserver.privacy.rules import BY_CONSENT, Rules


class SystemClock:
    """The machine's time."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time()


class SnapshotSource:
    """Campaigns as last compiled: what the owner and the workers load."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Catalog:
        """Return the catalog. Raises `InvalidConfig`."""
        return snapshot_file.read(self._path)


def places(loaded: Loaded) -> Places:
    """Return where this configuration keeps its state."""
    return Places(loaded.state)


def pseudonym(loaded: Loaded) -> Callable[[str, str], PersonKey]:
    """Return the function that turns ids into person keys. Raises `InvalidConfig`."""
    secret = load_keys(places(loaded).person_key)[0].secret
    return pseudonymiser(secret)


def profiles_config(loaded: Loaded) -> registry.Profiles:
    """Return where people are looked up."""
    configured = loaded.settings.profiles
    if configured is None:
        return lmdb_profiles.Config(str(places(loaded).profiles))
    return configured.within(loaded.file.parent)


def people_writer(loaded: Loaded) -> LmdbProfileWriter | RedisProfileWriter:
    """Build the writing side of where people are. Raises `InvalidConfig` and `Unavailable`."""
    config = profiles_config(loaded)
    if isinstance(config, lmdb_profiles.Config):
        return config.build_writer()
    return config.build_writer(places(loaded).diary)


def ceilings(loaded: Loaded) -> dict[str, Nanos]:
    """Return the hourly spend ceilings by exchange name, and `all`."""
    found = {
        name: terms.hourly_ceiling
        for name, terms in loaded.terms.items()
        if terms.hourly_ceiling is not None
    }
    overall = loaded.settings.guard.hourly_ceiling
    if overall is not None:
        found[EVERYWHERE] = nanos(overall)
    return found


def load_snapshot(loaded: Loaded) -> Snapshot:
    """Read and compile the snapshot. Raises `InvalidConfig`, also if the rules about people's data forbid what is in it."""
    where = places(loaded)
    catalog = snapshot_file.read(where.snapshot)
    refuse(loaded.policy, catalog, str(where.snapshot))
    sizes = read_sizes(where.sizes)
    barred = bars(
        catalog, loaded.terms, read_reviews(where.reviews), loaded.settings.audit.restricted
    )
    hidden = withheld(loaded.policy, catalog, sizes)
    return compile_snapshot(catalog, hidden, barred, usual_rates(where.models))


def rules(loaded: Loaded) -> Rules:
    """Return what permission goes by beside the request."""
    policy = loaded.policy
    return Rules(
        loaded.settings.vendor_id,
        policy.registration or BY_CONSENT,
        policy,
        policy.deleted_platforms,
    )


def permitted(loaded: Loaded, clock: Clock) -> Callable[[Signals], Permission]:
    """Return what tells what a browser's or a shop's signals allow; without consent nothing is contextual here."""
    by_rules = rules(loaded)
    return lambda signals: permit(signals, by_rules, clock.now(), contextual_without_consent=False)
