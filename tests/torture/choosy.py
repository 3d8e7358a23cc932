"""A real server with the strict catalog, whose exchanges, sellers and rules are as strict as those of `offline`."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adserver.bootstrap.supply import TABLE
from adserver.supply.rules import RULES
from tests.endpoints.server import Server
from tests.torture import selling, strict
from tests.torture.kinds import CAREFUL, EXCHANGES

Json = dict[str, Any]
_KEYS = " ".join([base64.urlsafe_b64encode(bytes(32)).decode()] * 2)
"""An exchange that speaks as Google does has some, though nobody here bills."""


@contextmanager
def choosy(folder: Path) -> Iterator[Server]:
    """Serve from a new folder; stopped when left."""
    clouds, keys = folder / "clouds.txt", folder / "keys"
    clouds.write_text(strict.CLOUDS, encoding="utf-8")
    keys.write_text(_KEYS, encoding="utf-8")
    keys.chmod(0o600)
    settings: Json = {
        "exchanges": [_exchange(name, keys) for name in EXCHANGES],
        "workers": 1,
        "invalid_traffic": {
            "networks": [{"kind": "cidr", "name": "clouds", "paths": [str(clouds)]}]
        },
        "audit": {"restricted": strict.RULES},
        "supply": {
            "rules": {str(rule): "refuse" for rule in RULES},
            "blocked_nodes": [selling.BLOCKED],
        },
    }
    server = Server(folder / "server", strict.advertisers(), settings)
    listed = server.folder / "campaigns" / strict.BLOCK_LIST
    listed.write_text(strict.BLOCKED, encoding="utf-8")
    table = server.state / "supply" / TABLE
    table.parent.mkdir(parents=True)
    table.write_bytes(selling.table())
    try:
        yield server.start()
    finally:
        server.stop()


def _exchange(name: str, keys: Path) -> Json:
    return {
        "name": name,
        "dialect": "google",
        "price_keys": str(keys),
        "default_tmax_ms": 2_000,
        "approval": "required" if name in CAREFUL else "none",
        **strict.NUMBERS,
    }
