"""The builder: campaigns as written -> the snapshot file that servers load, or every fault at once."""

import os
from pathlib import Path

from adapters.campaigns import snapshot_file
from adserver.bootstrap import places
from adserver.catalog.compiler import compile_snapshot
from adserver.config import Loaded
from adserver.domain.campaign import Catalog
from adserver.endpoints.tokens import make_keys


def build(loaded: Loaded) -> Catalog:
    """Check the campaigns and replace the snapshot file. Raises `InvalidConfig`; the old file stays."""
    catalog = check(loaded)
    snapshot_file.write(places(loaded).snapshot, catalog)
    return catalog


def check(loaded: Loaded) -> Catalog:
    """Read the campaigns and compile them, without keeping the result. Raises `InvalidConfig`."""
    campaigns = loaded.settings.campaigns
    folder = loaded.path(campaigns.path)
    source = type(campaigns)(path=str(folder), currency=loaded.settings.currency)
    catalog = source.build(tuple(loaded.terms)).load()
    compile_snapshot(catalog)
    return catalog


def prepare_state(loaded: Loaded) -> None:
    """Make the state folder and the keys that are missing; what is there stays untouched."""
    where = places(loaded)
    where.state.mkdir(parents=True, exist_ok=True)
    where.state.chmod(0o700)
    for folder in (where.events, where.models, where.profiles):
        folder.mkdir(exist_ok=True)
    for keys in (where.token_keys, where.person_key):
        if not keys.exists():
            make_keys(keys)


def write_pid(path: Path) -> None:
    """Note which process supervises this state."""
    path.write_text(f"{os.getpid()}\n", encoding="ascii")
