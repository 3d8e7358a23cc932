"""Print what sealing and opening a tracking token cost: `python -m tests.bench.bench_tokens`."""

import timeit
from base64 import urlsafe_b64decode
from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

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


def bare(key: Key) -> Callable[[bytes], Ticket]:
    """Return a function from a token's bytes to its ticket that does only what nobody can do without.

    It decrypts and decodes, and checks nothing by itself: a yardstick for `TokenVault.open` in the same run.
    """
    decrypt = AESGCM(key.secret).decrypt
    decode = msgspec.msgpack.Decoder(Ticket).decode
    return lambda raw: decode(decrypt(raw[1:13], raw[13:], raw[:1]))


def unpacked(token: str) -> bytes:
    """Return the bytes that a token of ours stands for."""
    return urlsafe_b64decode(token + "=" * (-len(token) % 4))


def microseconds(key: Key, number: int = 20_000) -> tuple[float, float, float]:
    """Return the best of five rounds for `seal`, `open` and `bare`, microseconds a call."""
    vault, yardstick = TokenVault([key]), bare(key)
    token = vault.seal(TICKET)
    raw = unpacked(token)
    calls = (lambda: vault.seal(TICKET), lambda: vault.open(token), lambda: yardstick(raw))
    seal, opened, least = (min(timeit.repeat(call, number=number, repeat=5)) for call in calls)
    return seal / number * 1e6, opened / number * 1e6, least / number * 1e6


if __name__ == "__main__":
    seal_us, open_us, bare_us = microseconds(Key(1, bytes(32)))
    length = len(TokenVault([Key(1, bytes(32))]).seal(TICKET))
    print(
        f"seal {seal_us:.2f} us (bar 4)   open {open_us:.2f} us (bar 5)   {length} characters"
        f"   decryption and decoding alone {bare_us:.2f} us"
    )
