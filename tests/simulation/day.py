"""What is told of a simulated day."""

import msgspec


class Day(msgspec.Struct):
    """What happened on one day of a story."""

    seed: int
    day: int
    hosts: int
    auctions: int
    bids: int
    won: int
    notices: int
    faults: dict[str, int]
    facts: dict[str, int]
    hash: str
    """Of everything that was decided and written since the story began."""
    violations: list[tuple[str, str]]
    trail: list[str] = []
    """What befell servers before the first violation."""

    @property
    def fault_count(self) -> int:
        """How many faults there were."""
        return sum(self.faults.values())
