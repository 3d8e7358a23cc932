"""Servers for the tests: one that bids on everything, shared, and others made to measure."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.endpoints.catalogs import everything
from tests.endpoints.client import EXCHANGE, Client
from tests.endpoints.server import Server

RATES = {
    "EUR": "0.92", "GBP": "0.79", "JPY": "150", "MXN": "17.1", "RUB": "90", "CHF": "0.88", "PLN": "3.95",
    "AUD": "1.52", "INR": "83",
}  # fmt: skip
"""Units per US dollar; texts, since the judge reckons with decimals."""
Make = Callable[..., Server]


@pytest.fixture(scope="session")
def rates() -> dict[str, str]:
    """Return what one unit of the house currency buys."""
    return {"USD": "1", **RATES}


@pytest.fixture(scope="session")
def generous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the catalog that bids on everything; at the end it must stop well, with a clean log."""
    usual = {
        "seats": ["adserver", "Agency1"],
        "currencies": ["USD", *RATES],
        "contextual_without_consent": True,
        "default_tmax_ms": 2_000,
    }
    settings = {
        "rates": {name: float(rate) for name, rate in RATES.items()},
        "exchanges": [
            {"name": EXCHANGE, **usual},
            {"name": "telling", **usual, "explain_no_bids": True},
        ],
    }
    server = Server(tmp_path_factory.mktemp("generous"), everything(), settings).start()
    yield server
    server.stop()


@pytest.fixture
def exchange(generous: Server) -> Iterator[Client]:
    """Connect to the generous server."""
    with generous.client() as client:
        yield client


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Return a function that makes servers; what still runs at the end must stop well."""
    made: list[Server] = []

    def build(advertisers: Mapping[str, dict[str, Any]], **settings: Any) -> Server:
        made.append(Server(tmp_path / f"server-{len(made)}", advertisers, settings))
        return made[-1]

    yield build
    for server in made:
        server.stop()
