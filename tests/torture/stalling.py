"""A worker that stalls: in its look-ups, its model, its markup, and if wanted as a whole, while nobody asks.

usage: python -m tests.torture.stalling PORT FOLDER SEED [--pauses]
"""

import asyncio
import sys
import time
from pathlib import Path
from random import Random

import uvloop

from adserver.domain.exchange import ExchangeTerms
from tests.endpoints.client import EXCHANGE
from tests.endpoints.throttled import serve

MARGIN_MS = 2
SHARE = 0.12
"""How often each stage stalls."""
SHORTEST_S, LONGEST_S = 0.001, 0.3
PAUSES_S = 0.5
"""How far pauses are apart, on average."""


class Stalls:
    """Dice for who stalls, and how long."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice

    def stage(self) -> None:
        """Stall now and then."""
        if self._dice.random() < SHARE:
            self._stall()

    async def between(self) -> None:
        """Stop the whole event loop now and then, for ever."""
        while True:
            await asyncio.sleep(self._dice.expovariate(1 / PAUSES_S))
            self._stall()

    def _stall(self) -> None:
        time.sleep(SHORTEST_S * (LONGEST_S / SHORTEST_S) ** self._dice.random())


async def main(port: int, folder: Path, seed: int, *, pauses: bool) -> None:
    """Serve until killed."""
    stalls = Stalls(Random(seed))
    async with asyncio.TaskGroup() as group:
        if pauses:
            group.create_task(stalls.between())
        group.create_task(
            serve(
                port,
                folder,
                ExchangeTerms(name=EXCHANGE, network_margin_ms=MARGIN_MS),
                gathering=stalls.stage,
                deciding=stalls.stage,
                answering=stalls.stage,
            )
        )


if __name__ == "__main__":
    paused = sys.argv[4:] == ["--pauses"]
    uvloop.run(main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), pauses=paused))
