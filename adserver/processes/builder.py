"""The builder: campaigns as written -> the snapshot file that servers load, or every fault at once."""

import fcntl
import os
from collections.abc import Iterator

import structlog

from adapters.campaigns import snapshot_file
from adserver.bootstrap import places
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.uses import refusals
from adserver.config import Loaded
from adserver.domain.campaign import Catalog
from adserver.endpoints.keys import make_keys
from adserver.errors import Fault, InvalidConfig
from adserver.settings import network_lists
from adserver.settings.feeds import feed_refusals

_log = structlog.get_logger()


def build(loaded: Loaded) -> Catalog:
    """Check the campaigns and replace the snapshot file. Raises `InvalidConfig`; the old file stays."""
    catalog = check(loaded)
    snapshot_file.write(places(loaded).snapshot, catalog)
    return catalog


def check(loaded: Loaded) -> Catalog:
    """Read the campaigns and compile them, without keeping the result. Raises `InvalidConfig`."""
    campaigns = loaded.settings.campaigns
    folder = loaded.path(campaigns.path)
    source = type(campaigns)(path=str(folder))

    def review(catalog: Catalog) -> Iterator[tuple[str, str]]:
        yield from refusals(loaded.policy, catalog)
        yield from feed_refusals(loaded.settings.feeds, catalog)

    catalog = source.build(tuple(loaded.terms), loaded.settings.currency, review).load()
    compile_snapshot(catalog)
    return catalog


def check_lists(loaded: Loaded) -> dict[str, InvalidConfig]:
    """Read the lists of networks; return by name what is wrong with those that a copy stands in for.

    Raises `InvalidConfig` naming every bad line of the others: to serve without a list that somebody brought would be
    worse than to go on as before.
    """
    found = loaded.settings.invalid_traffic.lists(loaded.file.parent, places(loaded).networks)
    found.must_be_there()
    return found.refused


def check_secrets(loaded: Loaded) -> None:
    """Read the keys and secrets of `mobile` and of exchanges, so that a worker need not find out. Raises `InvalidConfig`."""
    loaded.settings.mobile.check(loaded.file.parent)
    loaded.dialects()


def check_place(loaded: Loaded) -> None:
    """Open the file of places, if there is to be one. Raises `InvalidConfig`."""
    if loaded.settings.place is not None:
        loaded.settings.place.build(loaded.file.parent)


def renew_lists(loaded: Loaded) -> None:
    """Check the lists of networks, and keep copies of the good ones for when they are not. Raises `InvalidConfig`."""
    refused = check_lists(loaded)
    for each in loaded.settings.invalid_traffic.networks:
        if each.name not in refused:
            try:
                network_lists.keep(each, loaded.file.parent, places(loaded).networks)
            except (OSError, InvalidConfig) as error:  # a full disk, say: the list itself was good
                _log.warning("network_list_not_kept", list=each.name, error=str(error))


def prepare_state(loaded: Loaded) -> None:
    """Make the state folder and the keys that are missing; what is there stays untouched."""
    where = places(loaded)
    try:
        where.state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"is to be the state folder and cannot be one: {error.strerror}"
        raise InvalidConfig([Fault(str(where.state), "$.state_folder", message)]) from None
    where.state.chmod(0o700)
    for folder in (where.events, where.models, where.profiles):
        folder.mkdir(exist_ok=True)
    for keys in (where.token_keys, where.person_key):
        if not keys.exists():
            make_keys(keys)


def claim_state(loaded: Loaded) -> int:
    """Note that this process supervises this state, for as long as the returned descriptor is open.

    Raises `InvalidConfig` if another does: two servers would spend the same budgets.
    """
    path = places(loaded).supervisor_pid
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # A record lock: it ends with this process however that ends, and children do not inherit it.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        message = f"process {supervising(loaded)} serves from {loaded.state}; stop it or choose another folder"
        raise InvalidConfig([Fault(str(loaded.file), "$.state_folder", message)]) from None
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
    except OSError as error:
        os.close(descriptor)
        message = f"cannot be written to: {error.strerror}; free some space"
        raise InvalidConfig([Fault(str(path), "$.state_folder", message)]) from None
    return descriptor


def supervising(loaded: Loaded) -> int | None:
    """Return the process that supervises this state; not for the supervisor to ask about itself."""
    try:
        with places(loaded).supervisor_pid.open("rb") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(file.read())
    except (FileNotFoundError, ValueError):
        pass  # nobody, or somebody who is just beginning
    return None
