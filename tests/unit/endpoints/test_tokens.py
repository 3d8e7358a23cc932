"""Tokens: only ours open, nobody else reads them, keys rotate."""

import os
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.ticket import Ticket
from adserver.endpoints import tokens
from adserver.endpoints.keys import load_keys, make_keys
from adserver.endpoints.tokens import Key, TokenVault
from adserver.errors import InvalidConfig, InvalidToken
from tests.unit.endpoints.desk import TICKET

OLD, NEW = Key(1, b"a" * 32), Key(2, b"b" * 32)
VAULT = TokenVault([OLD])
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
numbers = st.integers(0, 2**63 - 1)
tickets = st.builds(
    Ticket,
    bid=st.binary(min_size=16, max_size=16),
    at_s=numbers,
    exchange=st.text(st.characters(codec="ascii"), max_size=64),
    line_item=numbers,
    creative=numbers,
    media_type=st.integers(1, 4),
    reserved=numbers,
    price=numbers,
    wire_price=numbers,
    lease=numbers,
    bill_until_s=numbers,
    click_until_s=numbers,
    person=st.sampled_from([b"", b"p" * 16]),
    measured=st.booleans(),
    test=st.booleans(),
    trainable=st.booleans(),
    currency=st.sampled_from(["", "EUR"]),
    rate_micros=numbers,
)


def _refusal(token: str, vault: TokenVault = VAULT) -> str:
    with pytest.raises(InvalidToken) as refused:
        vault.open(token)
    return refused.value.reason


@given(ticket=tickets)
def test_what_was_sealed_opens_and_fits_a_url(ticket: Ticket) -> None:
    token = VAULT.seal(ticket)
    assert VAULT.open(token) == ticket
    assert set(token) <= set(LETTERS)


def test_the_largest_ticket_stays_within_300_bytes() -> None:
    most = 2**63 - 1
    largest = Ticket(
        bid=bytes(16), at_s=2**33, exchange="x" * 64, line_item=most, creative=most, media_type=4,
        reserved=most, price=most, wire_price=most, lease=most, bill_until_s=2**33, click_until_s=2**33,
        person=bytes(16), measured=True, test=True, at_ms=999, trainable=True,
        multiplier_ppm=10**12, out_of_home=True, household=bytes(16),
        currency="EUR", rate_micros=10**12,
    )  # fmt: skip
    assert len(urlsafe_b64decode(VAULT.seal(largest) + "==")) <= 300
    assert len(VAULT.seal(largest)) <= tokens.MAX_TOKEN_CHARS
    assert len(VAULT.seal(TICKET)) <= 250


def test_nothing_of_the_ticket_can_be_read_in_a_token() -> None:
    raw = urlsafe_b64decode(VAULT.seal(TICKET) + "==")
    for part in (TICKET.bid, TICKET.person, b"north", msgspec.msgpack.encode(TICKET)[20:40]):
        assert part not in raw


def test_every_altered_byte_is_refused() -> None:
    token = VAULT.seal(TICKET)
    raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for at in range(len(raw)):
        for bit in range(8):
            altered = bytearray(raw)
            altered[at] ^= 1 << bit
            reason = _refusal(urlsafe_b64encode(altered).rstrip(b"=").decode())
            assert reason == ("forged" if at else "unknown_key")


def test_every_altered_letter_is_refused() -> None:
    """The last letter has spare bits: a token that differs only there is refused as well."""
    token = VAULT.seal(TICKET)
    for at in range(len(token)):
        for letter in LETTERS + "=+/ \n\0é%":
            if letter != token[at]:
                _refusal(token[:at] + letter + token[at + 1 :])


def test_every_shortened_or_lengthened_token_is_refused() -> None:
    token = VAULT.seal(TICKET)
    for length in range(len(token)):
        assert _refusal(token[:length]) in {"malformed", "forged"}
        assert _refusal(token[length + 1 :]) in {"malformed", "forged", "unknown_key"}
    for tail in ("A", "AAAA", "=", "==", "\n", " "):
        assert _refusal(token + tail) in {"malformed", "forged"}


def test_ten_thousand_random_strings_are_refused() -> None:
    dice = random.Random(2)
    for _ in range(10_000):
        letters = LETTERS if dice.random() < 0.8 else "".join(map(chr, range(1, 300)))
        text = "".join(dice.choices(letters, k=dice.randrange(420)))
        assert _refusal(text) in {"malformed", "forged", "unknown_key"}


@given(text=st.text(max_size=500))
def test_any_text_at_all_is_refused_by_name(text: str) -> None:
    assert _refusal(text) in {"malformed", "forged", "unknown_key"}


def test_a_ticket_of_another_version_is_refused_and_not_guessed_at() -> None:
    other = VAULT.seal(["other", "fields"])  # type: ignore[arg-type]  # as another version may have sealed
    assert _refusal(other) == "malformed"


def test_the_first_key_seals_and_every_key_opens() -> None:
    rotated = TokenVault([NEW, OLD])
    assert rotated.open(VAULT.seal(TICKET)) == TICKET
    assert _refusal(rotated.seal(TICKET)) == "unknown_key"
    assert _refusal(VAULT.seal(TICKET), TokenVault([NEW])) == "unknown_key"
    assert _refusal(VAULT.seal(TICKET), TokenVault([Key(OLD.id, NEW.secret)])) == "forged"


def _nonce(token: str) -> bytes:
    return urlsafe_b64decode(token + "=" * (-len(token) % 4))[1:13]


def test_no_nonce_repeats_among_vaults_nor_when_the_counter_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tokens, "_COUNTS", 3)
    vaults = [TokenVault([OLD]) for _ in range(10)]
    nonces = [_nonce(vault.seal(TICKET)) for vault in vaults for _ in range(20)]
    assert len(set(nonces)) == len(nonces)


def test_a_forked_process_draws_its_own_nonces() -> None:
    vault = TokenVault([OLD])
    before = _nonce(vault.seal(TICKET))
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, _nonce(vault.seal(TICKET)))
        os._exit(0)
    os.waitpid(child, 0)
    after = os.read(reading, 64)
    os.close(reading)
    os.close(writing)
    assert len(after) == len(before)
    assert before[:8] != after[:8]
    assert _nonce(vault.seal(TICKET))[:8] == before[:8]


def test_a_vault_needs_a_key() -> None:
    with pytest.raises(ValueError, match="key"):
        TokenVault([])


def test_a_new_key_file_is_for_its_owner_only_and_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "token.keys"
    make_keys(path)
    assert path.stat().st_mode & 0o777 == 0o600
    (key,) = load_keys(path)
    assert TokenVault([key]).open(TokenVault([key]).seal(TICKET)) == TICKET


def test_an_existing_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "token.keys"
    make_keys(path)
    before = path.read_text()
    with pytest.raises(InvalidConfig, match="exists already"):
        make_keys(path)
    assert path.read_text() == before


def _written(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "token.keys"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_keys_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = _written(tmp_path, f"# new\n7 {'cd' * 32}\n\n3 {'ab' * 32}\n")
    assert load_keys(path) == (Key(7, b"\xcd" * 32), Key(3, b"\xab" * 32))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(InvalidConfig, match="chmod 600"):
        load_keys(_written(tmp_path, f"1 {'ab' * 32}\n", mode))


@pytest.mark.parametrize(
    "text",
    [
        "", "# nothing\n", "1\n", f"256 {'ab' * 32}\n", f"-1 {'ab' * 32}\n", f"1 {'ab' * 31}\n", f"1 {'xy' * 32}\n",
        f"1 {'ab' * 32} more\n", f"1 {'ab' * 32}\n1 {'cd' * 32}\n", "schlüssel\n",
    ],
)  # fmt: skip
def test_a_broken_key_file_is_refused_without_repeating_secrets(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        load_keys(_written(tmp_path, text))
    assert "abab" not in str(refused.value)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"none\.keys"):
        load_keys(tmp_path / "none.keys")
