"""Encryption: only the right secret and the right person open a record, and damage is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.profiles.lmdb_store.sealing import (
    FORMAT,
    LINK,
    SLOT,
    TAIL_BYTES,
    is_link,
    seal,
    unseal,
)
from adapters.profiles.record import Damaged

ADA, BEN = b"a" * 16, b"b" * 16
SECRET, OTHER = b"s" * 32, b"t" * 32
NONCE = b"nonce---"


@given(some.binary(max_size=400))
def test_a_body_of_any_size_comes_back(body: bytes) -> None:
    record = seal(ADA, body, SECRET, 1, NONCE, link=True)
    assert unseal(ADA, record, SECRET) == body
    assert is_link(record)
    assert record[-1] == FORMAT | LINK | SLOT
    assert len(record) == len(body) + 13


@pytest.mark.parametrize("size", [0, 1, 47, 50, 51, 52, 55, 56, 500])
def test_whatever_is_changed_opens_nothing(size: int) -> None:
    body = bytes(range(256)) * 2
    record = seal(ADA, body[:size], SECRET, 0, NONCE)
    others = [(BEN, record, SECRET), (ADA, record, OTHER), (ADA, record, bytes(32))]
    others += [(ADA, record[:end], SECRET) for end in range(len(record))]
    for at in range(len(record)):
        for bit in (1, 2, 128):
            changed = bytearray(record)
            changed[at] ^= bit
            others.append((ADA, bytes(changed), SECRET))
    for person, changed_record, secret in others:
        with pytest.raises(Damaged):
            unseal(person, changed_record, secret)


def test_the_same_body_never_looks_the_same_twice() -> None:
    body = bytes(40)
    sealed = {
        seal(person, body, secret, slot, nonce)[:-TAIL_BYTES]
        for person in (ADA, BEN)
        for secret in (SECRET, OTHER)
        for slot in (0, 1)
        for nonce in (NONCE, b"nonce--2")
    }
    assert len(sealed) == 16
