"""Versions of trained models on disk: written in one step, read with distrust.

    <root>/<kind>/<name>/manifest.json    what it is, with the SHA-256 of every file
    <root>/<kind>/<name>/manifest.sig     who signed that
    <root>/<kind>/<name>/...              text and JSON, as the kind likes

Nothing is parsed before its signature is found good. Read again it is the same, or refused with what to do.
"""

import os
import stat
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import NamedTuple

from msgspec.structs import replace

from adserver.durable import sync_folder
from adserver.errors import Fault, InvalidConfig
from models.registry import roles, signing
from models.registry.manifest import (
    FILE_NAME,
    FORMAT,
    MAX_FILE_BYTES,
    MAX_FILES,
    NAME,
    Digest,
    Kind,
    Manifest,
    decoded,
    written,
)
from models.registry.state import alone, change, now_text, read_state

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
KEPT_VERSIONS = 10
"""So many of a kind stay on disk, and beside them whatever has a role or may be rolled back to."""
MAY_RETURN = 3
"""So many earlier champions stay."""
_MAX_MANIFEST_BYTES = 1 << 20
_HASH_LENGTH = 16
_TRAIN_AGAIN = "train again, `adserver models roll-back`, or fetch the version's folder anew"


class Artifact(NamedTuple):
    """A version as read: whole, signed by somebody accepted, of the kind it was asked for."""

    name: str
    manifest: Manifest
    files: dict[str, bytes]
    folder: Path


def publish(root: Path, manifest: Manifest, files: Mapping[str, bytes]) -> Path:
    """Sign and write a new version, and enlist it: the first of its kind serves, others challenge.

    Returns its folder. Raises `InvalidConfig` if it cannot be written; who served then still does.
    """
    try:
        with alone(root):
            folder = _written(root, manifest, files)
    except OSError as error:
        raise InvalidConfig([Fault(str(root), "$", f"cannot be written to: {error}")]) from error
    change(root, manifest.kind, lambda before: roles.enlisted(before, folder.name, now_text()))
    return folder


def read(root: Path, kind: Kind, name: str = "") -> Artifact:
    """Read a version, or the champion. Raises `InvalidConfig` if there is none, or anything is wrong with it."""
    name = name or read_state(root).roles(kind).champion
    if not name:
        if (root / "current").exists():
            message = "holds models of an earlier version of this server, which nobody signed; train again"
            raise InvalidConfig([Fault(str(root), "$", message)])
        raise InvalidConfig([Fault(str(root), "$", f"holds no {kind} model; train one first")])
    if not NAME.fullmatch(name):
        raise _invalid(root / kind, f"holds no {name[:80]!r}: that is no name of a model")
    return read_folder(root / kind / name, kind, signing.trusted(root))


def read_folder(folder: Path, kind: Kind, accepted: Mapping[str, str]) -> Artifact:
    """Read the version in a folder, signed with one of the accepted keys. Raises `InvalidConfig`."""
    if folder.is_symlink() or not folder.is_dir():
        raise _invalid(folder, "is no folder of a model")
    encoded = _read(folder / MANIFEST, _MAX_MANIFEST_BYTES)
    signature = _read(folder / SIGNATURE, _MAX_MANIFEST_BYTES)
    try:
        key = signing.signed_by(encoded, signature, accepted)
    except ValueError as error:
        raise InvalidConfig([Fault(str(folder / SIGNATURE), "$", str(error))]) from None
    try:
        manifest = decoded(encoded, Manifest)
        _check(manifest, kind, key)
    except ValueError as error:
        raise _invalid(folder / MANIFEST, f"is not a manifest of this version: {error}") from None
    if folder.name.rpartition("-")[2] != _short_hash(encoded):
        raise _invalid(folder, "was renamed, or holds another version's manifest")
    return Artifact(folder.name, manifest, _files(folder, manifest), folder)


def names(root: Path, kind: Kind) -> list[str]:
    """Return the versions of a kind on disk, the oldest first; whether they are good nobody has looked."""
    try:
        return sorted(each.name for each in (root / kind).iterdir() if NAME.fullmatch(each.name))
    except FileNotFoundError:
        return []


def prune(root: Path, kind: Kind) -> list[str]:
    """Delete old versions that nobody needs, and return their names. Raises `InvalidConfig`."""
    with alone(root):
        held = read_state(root).roles(kind)
        needed = {*held.named(), *held.past[-MAY_RETURN:], *names(root, kind)[-KEPT_VERSIONS:]}
        gone = [name for name in names(root, kind) if name not in needed]
        for name in gone:
            rmtree(root / kind / name, ignore_errors=True)
    return gone


def _written(root: Path, manifest: Manifest, files: Mapping[str, bytes]) -> Path:
    key = signing.signing_key(root)
    digests = {name: Digest(sha256(text).hexdigest(), len(text)) for name, text in files.items()}
    whole = replace(manifest, format=FORMAT, files=digests, key=signing.public(key))
    encoded = written(whole)
    _check(
        decoded(encoded, Manifest), manifest.kind, whole.key
    )  # what we would refuse we do not publish
    stamp = "".join(letter for letter in manifest.created if letter.isalnum())
    folder = root / manifest.kind / f"{stamp}-{_short_hash(encoded)}"
    folder.parent.mkdir(exist_ok=True)
    unfinished = Path(mkdtemp(prefix=".unfinished-", dir=folder.parent))
    try:
        for name, content in files.items():
            _write(unfinished / name, content)
        _write(unfinished / MANIFEST, encoded)
        _write(unfinished / SIGNATURE, signing.sign(key, encoded))
        unfinished.chmod(0o755)
        sync_folder(unfinished)
        if not folder.exists():  # the same manifest is the same model
            unfinished.rename(folder)
            sync_folder(folder.parent)
    finally:
        rmtree(unfinished, ignore_errors=True)
    return folder


def _check(manifest: Manifest, kind: Kind, key: str) -> None:
    if manifest.format != FORMAT:
        raise ValueError(f"it is of format {manifest.format}, and this version reads {FORMAT}")
    if manifest.kind != kind:
        raise ValueError(f"it is of a {manifest.kind} model, not of a {kind} model")
    if manifest.key != key:
        raise ValueError("it names another key than signed it")
    if not 1 <= len(manifest.files) <= MAX_FILES:
        raise ValueError(f"it names {len(manifest.files)} files, not 1 to {MAX_FILES}")
    for name, digest in manifest.files.items():
        if not FILE_NAME.fullmatch(name) or name == MANIFEST:
            raise ValueError(f"it names a file {name[:80]!r}; only text and JSON are read")
        if not 0 <= digest.bytes <= MAX_FILE_BYTES:
            raise ValueError(f"{name} is to have {digest.bytes} bytes, above {MAX_FILE_BYTES}")


def _files(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    found = {}
    for name, digest in manifest.files.items():
        content = _read(folder / name, digest.bytes)
        if len(content) != digest.bytes or sha256(content).hexdigest() != digest.sha256:
            raise _invalid(folder / name, "was changed or cut since training (wrong SHA-256)")
        found[name] = content
    return found


def _read(file: Path, most: int) -> bytes:
    """Return what a plain file holds: no link, no device, and no more than `most` bytes."""
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
            found = os.fstat(opened.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise _invalid(file, "is no plain file")
            if found.st_size > most:
                raise _invalid(file, f"has {found.st_size} bytes, more than the {most} it may have")
            return opened.read(most + 1)
    except OSError as error:
        raise _invalid(file, f"cannot be read: {error.strerror or error}") from None


def _invalid(file: Path, message: str) -> InvalidConfig:
    return InvalidConfig([Fault(str(file), "$", f"{message}; {_TRAIN_AGAIN}")])


def _short_hash(manifest: bytes) -> str:
    return sha256(manifest).hexdigest()[:_HASH_LENGTH]


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
