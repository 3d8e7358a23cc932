"""Who may have trained what serves here: Ed25519 signatures (RFC 8032), our own key, and the public keys we accept.

<root>/signing.key     our own secret, made at the first training; mode 0600
<root>/trusted.keys    public keys, one a line: `<64 hexadecimal digits> <whose>`
"""

import re
from collections.abc import Mapping
from pathlib import Path
from stat import S_IMODE

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from adserver.durable import read_secret, replacing
from adserver.errors import Fault, InvalidConfig

SIGNING_KEY, TRUSTED_KEYS = "signing.key", "trusted.keys"
OWN = "trained here"
_PURPOSE = b"adserver model manifest\n"
"""Signed before the manifest, so that a signature is good for nothing else."""
_KEY = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"(?P<key>[0-9a-f]{64}) (?P<signature>[0-9a-f]{128})\n")
_MAX_KEYS = 1_000
_HEADER = "# public keys of those whose models may serve here; `adserver models trust` changes this file\n"


def signing_key(root: Path) -> Ed25519PrivateKey:
    """Return our own key; the first time, make it and accept it. Raises `InvalidConfig`."""
    path = root / SIGNING_KEY
    if not path.exists():
        fresh = Ed25519PrivateKey.generate()
        try:
            with replacing(path, mode=0o600, anew=True) as file:
                file.write(f"{fresh.private_bytes_raw().hex()}\n".encode())
        except FileExistsError:
            pass  # another training made one in the same moment
        except OSError as error:
            raise _invalid(path, f"cannot be written: {error.strerror or error}") from None
        trust(root, public(_own(path)), OWN)
    return _own(path)


def public(key: Ed25519PrivateKey) -> str:
    """Return the public half, as it is written."""
    return key.public_key().public_bytes_raw().hex()


def sign(key: Ed25519PrivateKey, manifest: bytes) -> bytes:
    """Return what stands in the signature's file."""
    return f"{public(key)} {key.sign(_PURPOSE + manifest).hex()}\n".encode()


def signed_by(manifest: bytes, signature: bytes, accepted: Mapping[str, str]) -> str:
    """Return the public key that signed. Raises `ValueError` unless it is accepted and the signature true."""
    written = _SIGNATURE.fullmatch(signature.decode("ascii", "replace"))
    if written is None:
        raise ValueError("holds no signature; train again, or fetch the version's folder anew")
    key = written["key"]
    if key not in accepted:
        raise ValueError(
            f"was signed with a key that is not accepted here: {key}; if you know whose it is, "
            f"`adserver models trust {key}`"
        )
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            bytes.fromhex(written["signature"]), _PURPOSE + manifest
        )
    except (InvalidSignature, ValueError):
        raise ValueError(
            "does not fit its manifest: one of both was changed since training; train again"
        ) from None
    return key


def trusted(root: Path) -> dict[str, str]:
    """Return whose models may serve here, by public key. Raises `InvalidConfig`."""
    path = root / TRUSTED_KEYS
    try:
        mode, text = S_IMODE(path.stat().st_mode), path.read_text("ascii")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _invalid(path, f"cannot be read: {error}") from None
    if mode & 0o022:
        raise _invalid(path, f"mode {mode:04o} lets others add keys; run `chmod 644` on it")
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            key, _, name = line.partition(" ")
            if not _KEY.fullmatch(key) or key in found or len(found) == _MAX_KEYS:
                raise _invalid(
                    path, "expected a public key of 64 digits, each once", f"line {number}"
                )
            found[key] = name.strip()
    return found


def trust(root: Path, key: str, name: str) -> None:
    """Accept what is signed with a key. Raises `InvalidConfig` if it is none."""
    if not _KEY.fullmatch(key):
        message = (
            "is no public key: 64 hexadecimal digits, as `adserver models keys` prints them there"
        )
        raise InvalidConfig([Fault("command line", "KEY", message)])
    _write(root, {**trusted(root), key: " ".join(name.split())})


def distrust(root: Path, key: str) -> None:
    """Accept it no more. Raises `InvalidConfig` if it was not accepted."""
    found = trusted(root)
    if key not in found:
        raise InvalidConfig(
            [
                Fault(
                    "command line", "KEY", "is not accepted here; `adserver models keys` lists them"
                )
            ]
        )
    _write(root, {each: name for each, name in found.items() if each != key})


def _write(root: Path, keys: Mapping[str, str]) -> None:
    path = root / TRUSTED_KEYS
    lines = "".join(f"{key} {name}".rstrip() + "\n" for key, name in keys.items())
    try:
        with replacing(path, mode=0o644) as file:
            file.write((_HEADER + lines).encode("ascii", "replace"))
    except OSError as error:
        raise _invalid(path, f"cannot be written: {error.strerror or error}") from None


def _own(path: Path) -> Ed25519PrivateKey:
    text = read_secret(path).decode("ascii", "replace").strip()
    if not _KEY.fullmatch(text):  # it may hold a secret all the same: it is not repeated
        raise _invalid(path, "holds no key; move it away, and the next training makes another")
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))


def _invalid(path: Path, message: str, where: str = "$") -> InvalidConfig:
    return InvalidConfig([Fault(str(path), where, message)])
