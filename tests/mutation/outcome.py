"""What is ordered from the process that mutates, and what it tells of each mutant."""

from typing import Literal

import msgspec

Status = Literal["killed", "timed out", "survived", "equivalent"]


class Order(msgspec.Struct, frozen=True):
    """What to do with the copy that the process stands in."""

    processes: int
    sample: int = 0
    """So many mutants only; 0: all."""
    seed: int = 7


class Mutant(msgspec.Struct, frozen=True):
    """One small fault, and whether a test noticed."""

    module: str
    """`adserver/domain/ledger.py`"""
    line: int
    function: str
    """`Ledger.holds`"""
    before: str
    """The lines that were changed, each without its indentation."""
    after: str
    status: Status
