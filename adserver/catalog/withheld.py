"""What is never used, although line items ask for it: it would be about too few people."""

import msgspec


class Withheld(msgspec.Struct, frozen=True):
    """Names; found by `catalog.sizes`, obeyed by the compiler."""

    segments: frozenset[str] = frozenset()
    """Nobody is in these."""
    line_items: frozenset[str] = frozenset()
    """These do not bid."""


NOTHING = Withheld()
