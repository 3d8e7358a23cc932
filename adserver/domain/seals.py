"""Which encrypted price billed which bid: an exchange encrypts each anew, so one that comes twice was copied."""

from hashlib import blake2b

OUTLIVE_S = 86_400
"""Bids that were made up to this long after another could still be billed with its price: it is remembered so long."""


def known_by(exchange: str, seal: bytes) -> bytes:
    """Return what an encrypted price is remembered by, apart for each exchange; nothing if it came in the open."""
    return blake2b(seal, digest_size=12, key=exchange.encode()[:64]).digest() if seal else b""


class Seals:
    """The prices that billed somebody, as long as they might be tried again."""

    def __init__(self, billed: dict[bytes, tuple[bytes, int]] | None = None) -> None:
        """Go on from what `billed` was; by price, the bid and until when to remember."""
        self.billed = dict(billed or {})

    def bill(self, seal: bytes, bid: bytes, until_s: int) -> None:
        """Remember a price, unless it came in the open; the bid's own notices end then."""
        if seal:
            self.billed[seal] = (bid, until_s + OUTLIVE_S)

    def another(self, seal: bytes, bid: bytes) -> bytes | None:
        """Return the other bid that was billed with this price, if one was."""
        known = self.billed.get(seal) if seal else None
        return None if known is None or known[0] == bid else known[0]

    def prune(self, now_s: float) -> None:
        """Forget what no bid can be billed with any more."""
        self.billed = {seal: fact for seal, fact in self.billed.items() if fact[1] >= now_s}
