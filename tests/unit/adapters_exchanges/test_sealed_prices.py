"""Encrypted prices: the published vectors, every damage, age, keys."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.exchanges.sealed_prices import SealedPrices, load_price_keys
from adserver.errors import InvalidConfig
from adserver.openrtb.dialect import Price, PriceKeys, Unread
from tests.corpus.corpus import corpus
from tests.unit.adapters_exchanges.sealing import KEY_FILE, KEYS, iv, sealed, sealed_bytes

NOW_S = 1_790_000_000
BID_S = NOW_S - 30
OTHER_KEYS = PriceKeys(b"x" * 32, b"y" * 32)
OPEN = SealedPrices([KEYS], "impression", None)
TIMED = SealedPrices([KEYS], "impression", 60)


def vectors() -> list[dict[str, Any]]:
    """Return the published vectors of prices."""
    raw = corpus("price", "price_encryption_vectors.json").read_bytes()
    return [each for each in msgspec.json.decode(raw)["vectors"] if "kind" not in each]


def keys_of(vector: dict[str, Any], folder: Path) -> tuple[PriceKeys, ...]:
    """Return a vector's keys, read from a file as an operator writes it."""
    path = folder / "keys"
    pair = (vector["e_key_b64url"], vector["i_key_b64url"])
    path.write_text(" ".join(key.replace("utf8:", "text:") for key in pair))
    path.chmod(0o600)
    return load_price_keys(path, "$")


def test_published_vectors_decrypt_and_those_that_must_not_do_not(tmp_path: Path) -> None:
    right = 0
    for vector in vectors():
        reader = SealedPrices(keys_of(vector, tmp_path), "mille", None)
        found = reader.read(vector["encrypted"], 0, 0)
        if vector["valid"]:
            assert isinstance(found, Price), vector
            assert found.micros == vector["expected_value"]
            right += 1
        else:
            assert found in {Unread.FORGED, Unread.NOT_SEALED, Unread.EMPTY}, vector
    assert right >= 10


def test_every_flipped_bit_of_every_vector_is_refused(tmp_path: Path) -> None:
    for vector in vectors():
        if not vector["valid"]:
            continue
        reader = SealedPrices(keys_of(vector, tmp_path), "mille", None)
        raw = urlsafe_b64decode(vector["encrypted"].rstrip("=") + "==")
        for bit in range(8 * len(raw)):
            flipped = bytearray(raw)
            flipped[bit // 8] ^= 1 << bit % 8
            text = urlsafe_b64encode(flipped).rstrip(b"=").decode()
            assert reader.read(text, 0, 0) is Unread.FORGED, (vector, bit)


@given(st.integers(0, 10**9), st.binary(min_size=16, max_size=16))
def test_what_an_exchange_encrypts_is_read_and_known_again(micros: int, nonce: bytes) -> None:
    text = sealed(micros, nonce)
    assert OPEN.read(text, 0, 0) == Price(micros * 1_000, nonce)
    assert OPEN.read(text + "==", 0, 0) == Price(micros * 1_000, nonce)
    assert SealedPrices([KEYS], "mille", None).read(text, 0, 0) == Price(micros, nonce)


@given(
    st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: urlsafe_b64encode(raw).decode())
)
def test_nothing_else_is_a_price_and_nothing_crashes(text: str) -> None:
    assert isinstance(OPEN.read(text, 0, 0), Unread)


@given(st.integers(0, 37), st.integers(1, 63))
def test_a_price_has_one_spelling(position: int, step: int) -> None:
    """Another letter anywhere is refused, also where base64 ignores what it says."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    text = sealed(1_500, iv(NOW_S))
    other = letters[(letters.index(text[position]) + step) % 64]
    changed = text[:position] + other + text[position + 1 :]
    assert OPEN.read(changed, 0, 0) in {Unread.FORGED, Unread.NOT_SEALED}


@pytest.mark.parametrize("damage", [lambda t: t + "=", lambda t: t[:-1], lambda t: t + "A", lambda t: " " + t,
                                    lambda t: t.replace("-", "+").replace("_", "/") + "===", lambda t: t + "..",
                                    lambda t: t[:10] + "\n" + t[11:], lambda t: t[:10] + "é" + t[11:]])  # fmt: skip
def test_sloppy_spellings_are_none(damage: Any) -> None:
    assert OPEN.read(damage(sealed(1_500, iv(NOW_S))), 0, 0) is Unread.NOT_SEALED


@pytest.mark.parametrize(
    ("made_s", "fresh"),
    [(BID_S, True), (NOW_S, True), (BID_S - 60, True), (BID_S - 61, False), (NOW_S + 60, True), (NOW_S + 61, False), (0, False)],
)  # fmt: skip
def test_a_price_is_made_between_the_bid_and_its_notice(made_s: int, *, fresh: bool) -> None:
    found = TIMED.read(sealed(1_500, iv(made_s)), BID_S, NOW_S)
    assert found == (Price(1_500_000, iv(made_s)) if fresh else Unread.STALE)


def test_any_pair_of_keys_opens_so_that_they_can_change() -> None:
    both = SealedPrices([OTHER_KEYS, KEYS], "impression", None)
    for keys in (KEYS, OTHER_KEYS):
        assert both.read(sealed(7, iv(1), keys), 0, 0) == Price(7_000, iv(1))
    assert (
        SealedPrices([OTHER_KEYS], "impression", None).read(sealed(7, iv(1)), 0, 0) is Unread.FORGED
    )
    assert SealedPrices([], "impression", None).read(sealed(7, iv(1)), 0, 0) is Unread.FORGED


def test_what_nobody_would_pay_is_no_price() -> None:
    assert OPEN.read(sealed(2**64 - 1, iv(1)), 0, 0) is Unread.TOO_LARGE


def test_a_plain_price_is_refused_where_an_encrypted_one_is_expected() -> None:
    assert OPEN.read("1.25", 0, 0) is Unread.NOT_SEALED
    assert OPEN.read("UNKNOWN", 0, 0) is Unread.UNKNOWN
    assert OPEN.read("${AUCTION_PRICE:OXCRYPT}", 0, 0) is Unread.MACRO
    assert OPEN.read(None, 0, 0) is Unread.ABSENT


def test_a_file_of_keys_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(KEY_FILE)
    path.chmod(0o644)
    with pytest.raises(InvalidConfig, match="chmod 600"):
        load_price_keys(path, "$.exchanges[0].price_keys")
    path.chmod(0o600)
    assert load_price_keys(path, "$") == (KEYS,)


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "onlyone\n", "a b c\n", "AAAA !!!!\n", "AAAA text:\n", "abc def\n"]
)
def test_a_file_without_keys_says_what_to_write(text: str, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(InvalidConfig, match="key"):
        load_price_keys(path, "$")


def test_keys_are_in_no_log() -> None:
    assert repr(KEYS) == "PriceKeys(...)"
    assert len(sealed_bytes(1, os.urandom(16))) == 28
