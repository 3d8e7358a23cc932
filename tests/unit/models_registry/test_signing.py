"""Whose models serve: those signed with an accepted key, and no others."""

from pathlib import Path
from stat import S_IMODE

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adserver.errors import InvalidConfig
from models.registry import signing

TEXT = b"a manifest"


def test_the_first_training_makes_a_key_that_only_we_read_and_accepts_it(tmp_path: Path) -> None:
    key = signing.signing_key(tmp_path)
    assert S_IMODE((tmp_path / signing.SIGNING_KEY).stat().st_mode) == 0o600
    assert signing.trusted(tmp_path) == {signing.public(key): signing.OWN}
    assert signing.public(signing.signing_key(tmp_path)) == signing.public(key), "the same again"


def test_what_we_signed_is_ours_and_nothing_else_is(tmp_path: Path) -> None:
    key = signing.signing_key(tmp_path)
    accepted = signing.trusted(tmp_path)
    signature = signing.sign(key, TEXT)
    assert signing.signed_by(TEXT, signature, accepted) == signing.public(key)
    for manifest, said in (
        (TEXT + b" ", signature),
        (b"", signature),
        (TEXT, signing.sign(key, b"")),
    ):
        with pytest.raises(ValueError, match="does not fit its manifest"):
            signing.signed_by(manifest, said, accepted)


def test_a_signature_for_another_purpose_is_none(tmp_path: Path) -> None:
    """The same key may one day sign other things; they are no manifests."""
    key = signing.signing_key(tmp_path)
    foreign = f"{signing.public(key)} {key.sign(TEXT).hex()}\n".encode()
    with pytest.raises(ValueError, match="does not fit"):
        signing.signed_by(TEXT, foreign, signing.trusted(tmp_path))


def test_a_stranger_is_refused_until_trusted_and_again_when_distrusted(tmp_path: Path) -> None:
    signing.signing_key(tmp_path)
    stranger = Ed25519PrivateKey.generate()
    name = signing.public(stranger)
    signature = signing.sign(stranger, TEXT)
    with pytest.raises(ValueError, match=f"adserver models trust {name}"):
        signing.signed_by(TEXT, signature, signing.trusted(tmp_path))
    signing.trust(tmp_path, name, "the trainer\nin the cellar")
    assert signing.trusted(tmp_path)[name] == "the trainer in the cellar"
    assert signing.signed_by(TEXT, signature, signing.trusted(tmp_path)) == name
    signing.distrust(tmp_path, name)
    with pytest.raises(ValueError, match="not accepted"):
        signing.signed_by(TEXT, signature, signing.trusted(tmp_path))
    with pytest.raises(InvalidConfig, match="not accepted here"):
        signing.distrust(tmp_path, name)


@pytest.mark.parametrize("key", ["", "x", "0" * 63, "0" * 65, "G" * 64, "../../x", "A" * 64])
def test_what_is_no_key_is_not_trusted(tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidConfig, match="is no public key"):
        signing.trust(tmp_path, key, "")


def test_a_key_that_others_may_read_signs_nothing(tmp_path: Path) -> None:
    signing.signing_key(tmp_path)
    (tmp_path / signing.SIGNING_KEY).chmod(0o640)
    with pytest.raises(InvalidConfig, match="chmod 600"):
        signing.signing_key(tmp_path)


def test_a_damaged_key_says_so_and_is_not_repeated(tmp_path: Path) -> None:
    signing.signing_key(tmp_path)
    (tmp_path / signing.SIGNING_KEY).write_text("secret words")
    with pytest.raises(InvalidConfig) as told:
        signing.signing_key(tmp_path)
    assert "holds no key" in str(told.value)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("text", ["x\n", f"{'0' * 64} a\n{'0' * 64} b\n", "\xff"])
def test_a_damaged_list_of_keys_trusts_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / signing.TRUSTED_KEYS).write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidConfig, match=r"trusted\.keys"):
        signing.trusted(tmp_path)
