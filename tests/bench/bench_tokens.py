"""Print what sealing and opening a tracking token cost: `python -m tests.bench.bench_tokens`."""

import timeit

from adserver.domain.ticket import Ticket
from adserver.endpoints.tokens import Key, TokenVault

TICKET = Ticket(
    bid=bytes(range(16)),
    at_s=1_790_000_000,
    exchange="openexchange",
    line_item=2**62 + 1,
    creative=2**61 + 1,
    media_type=1,
    reserved=3_456_789,
    price=3_000_000,
    wire_price=2_900_000,
    lease=7,
    bill_until_s=1_790_003_600,
    click_until_s=1_792_592_000,
    person=bytes(16),
)


def microseconds(vault: TokenVault, number: int = 20_000) -> tuple[float, float]:
    """Return the best of five rounds for `seal` and `open`, microseconds a call."""
    token = vault.seal(TICKET)
    seal = min(timeit.repeat(lambda: vault.seal(TICKET), number=number, repeat=5))
    opened = min(timeit.repeat(lambda: vault.open(token), number=number, repeat=5))
    return seal / number * 1e6, opened / number * 1e6


if __name__ == "__main__":
    seal_us, open_us = microseconds(TokenVault([Key(1, bytes(32))]))
    length = len(TokenVault([Key(1, bytes(32))]).seal(TICKET))
    print(f"seal {seal_us:.2f} us (bar 4)   open {open_us:.2f} us (bar 5)   {length} characters")
