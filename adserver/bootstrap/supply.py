"""Who judges supply paths in a worker: nobody, unless the settings say so."""

from collections.abc import Callable
from typing import NamedTuple

from adapters.supply.mapped_table import MappedTable
from adserver.bootstrap.state import places
from adserver.config import Loaded
from adserver.endpoints.supply_gate import SupplyGate
from adserver.supply.index import Table, empty_table
from adserver.supply.judge import PathJudge

TABLE = "paths.table"
"""The compiled table, in the folder of supply files."""


class Supply(NamedTuple):
    """What a worker needs of it."""

    gate: SupplyGate | None
    poll: Callable[[], None]
    """Look whether there is another table; call it about twice a second."""


def supply(loaded: Loaded) -> Supply:
    """Return one worker's gate."""
    settings = loaded.settings.supply
    if settings is None:
        return Supply(None, lambda: None)
    judge = PathJudge(settings.policies(loaded.terms), empty_table())

    def use(content: memoryview) -> float:
        table = Table(content)
        judge.use(table)
        return table.made_s

    follower = MappedTable(places(loaded).supply / TABLE, use)
    return Supply(SupplyGate(judge, loaded.terms), follower.poll)
