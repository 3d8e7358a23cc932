"""The section `mobile`: what is refused, and with which words."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from adserver.endpoints.postbacks.proofs import SecretPath, SignedQuery
from adserver.errors import InvalidConfig
from adserver.settings.mobile import Mobile

NETWORK = "cdkw7geqsh.skadnetwork"
SECRET = "x" * 30
TRACKER = {"name": "tracker", "secret_file": "tracker.secret"}


def read(**fields: Any) -> Mobile:
    return msgspec.convert(fields, Mobile, strict=True)


def written(file: Path, content: bytes, mode: int = 0o600) -> Path:
    file.write_bytes(content)
    file.chmod(mode)
    return file


def pem(key: Any, password: bytes | None = None) -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    found: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    return found


def test_without_the_section_nothing_is_signed_and_nobody_reports(tmp_path: Path) -> None:
    empty = read()
    empty.check(tmp_path)
    assert empty.apple(tmp_path, bytes) is None
    assert empty.proofs(tmp_path) == []


def test_a_key_and_secrets_are_read_from_files_beside_the_settings(tmp_path: Path) -> None:
    written(tmp_path / "apple.pem", pem(ec.generate_private_key(ec.SECP256R1())))
    written(tmp_path / "tracker.secret", f"{SECRET}\n".encode())
    signed = {**TRACKER, "name": "signing", "proof": "signature", "click": "cid"}
    found = read(network=NETWORK, key_file="apple.pem", partners=[TRACKER, signed])
    found.check(tmp_path)
    assert found.apple(tmp_path, bytes) is not None
    (tracker, path), (signing, signature) = found.proofs(tmp_path)
    assert (tracker.name, tracker.click, signing.click) == ("tracker", "adclick", "cid")
    assert isinstance(path, SecretPath)
    assert isinstance(signature, SignedQuery)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"network": NETWORK}, "need each other"),
        ({"key_file": "a"}, "need each other"),
        ({"network": "CDKW.skadnetwork", "key_file": "a"}, "lower case"),
        ({"network": "cdkw", "key_file": "a"}, "lower case"),
        ({"list_number": -1}, ">= 0"),
        ({"max_postbacks_per_s": 0}, ">= 1"),
        ({"partners": [TRACKER, TRACKER]}, "twice"),
        ({"partners": [{**TRACKER, "name": "skadnetwork"}]}, "not 'skadnetwork'"),
        ({"partners": [{**TRACKER, "name": "a/b"}]}, "lower-case letters"),
        ({"partners": [{**TRACKER, "click": "a b"}]}, "no parameter's name"),
        ({"partners": [{**TRACKER, "click": "event"}]}, "the same name"),
        ({"partners": [{**TRACKER, "proof": "none"}]}, "enum"),
        ({"partners": [{**TRACKER, "events": "install"}]}, "array"),
    ],
)
def test_what_cannot_be_is_refused(fields: Any, said: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        read(**fields)


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (pem(ec.generate_private_key(ec.SECP256R1())), 0o644, "chmod 600"),
        (b"no key", 0o600, "no unencrypted private key"),
        (
            pem(ec.generate_private_key(ec.SECP256R1()), b"locked"),
            0o600,
            "no unencrypted private key",
        ),
        (pem(ec.generate_private_key(ec.SECP384R1())), 0o600, "NIST P-256"),
        (pem(rsa.generate_private_key(65_537, 2_048)), 0o600, "NIST P-256"),
    ],
)
def test_a_key_that_cannot_be_used_is_named(
    tmp_path: Path, content: bytes, mode: int, said: str
) -> None:
    written(tmp_path / "apple.pem", content, mode)
    with pytest.raises(InvalidConfig, match=said) as refusal:
        read(network=NETWORK, key_file="apple.pem").check(tmp_path)
    (fault,) = refusal.value.faults
    assert fault.path == "$.mobile.key_file"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (SECRET.encode(), 0o640, "chmod 600"),
        (b"short", 0o600, "at least 22"),
        (b"x" * 30 + b"/" + b"y" * 30, 0o600, "at least 22"),
        (b"\xff" * 30, 0o600, "at least 22"),
    ],
)
def test_a_secret_that_cannot_be_used_is_named(
    tmp_path: Path, content: bytes, mode: int, said: str
) -> None:
    written(tmp_path / "tracker.secret", content, mode)
    with pytest.raises(InvalidConfig, match=said) as refusal:
        read(partners=[TRACKER]).check(tmp_path)
    (fault,) = refusal.value.faults
    assert fault.path == "$.mobile.partners[0].secret_file"
    assert SECRET not in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="cannot be read"):
        read(network=NETWORK, key_file="apple.pem").check(tmp_path)
