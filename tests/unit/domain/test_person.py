"""Pseudonyms lead nowhere without the key."""

import msgspec
import pytest

from adserver.domain.person import KEY_BYTES, NOBODY, Profile, Touch, pseudonymiser

SECRET = b"a secret of thirty-two bytes...."


def test_one_id_has_one_pseudonym_per_secret_and_kind() -> None:
    pseudonym = pseudonymiser(SECRET)
    person = pseudonym("ifa", "6d92078a")
    assert person == pseudonymiser(SECRET)("ifa", "6d92078a")
    others = [
        pseudonym("buyeruid", "6d92078a"),
        pseudonym("ifa", "6d92078b"),
        pseudonym("if", "a6d92078a"),
        pseudonymiser(SECRET[::-1])("ifa", "6d92078a"),
    ]
    assert len({person, *others}) == 5
    assert len(person) == KEY_BYTES
    assert b"6d92" not in person


def test_any_text_has_a_pseudonym() -> None:
    pseudonym = pseudonymiser(SECRET)
    assert len({pseudonym("ifa", text) for text in ("", "\0", "\ud800", "é", "x" * 10_000)}) == 5


def test_a_secret_is_at_most_64_bytes() -> None:
    with pytest.raises(ValueError, match="maximum"):
        pseudonymiser(b"x" * 65)("ifa", "x")


def test_nobody_has_no_segments_and_no_contacts() -> None:
    assert Profile() == NOBODY
    assert (NOBODY.segments, NOBODY.touches) == ((), ())


def test_a_contact_survives_its_encoding() -> None:
    touch = Touch("click", 1_795_000_000, (1 << 63) - 1, 5, b"b" * 16)
    encoded = msgspec.msgpack.encode(touch)
    assert msgspec.msgpack.decode(encoded, type=Touch) == touch
