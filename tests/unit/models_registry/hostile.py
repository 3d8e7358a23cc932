"""Damaged and hostile models: each with what whoever meets it must be told. None may ever serve.

`prepare` puts a second version beside the champion of a registry; a case damages that one, which then is to serve.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.registry import artifacts, signing
from models.registry.artifacts import MANIFEST, SIGNATURE
from models.registry.state import FILE_NAME
from tests.unit.models_registry.hostile_parts import (
    HUGE,
    PICKLE,
    Hostile,
    enthrone,
    listed,
    prepare,
)
from tests.unit.models_registry.hostile_signed import SIGNED

# --- files that are not what they were ---


def _bytes(file: str, change: Callable[[bytes], bytes]) -> Callable[[Path, str], None]:
    def damage(root: Path, name: str) -> None:
        path = root / "click" / name / file
        path.write_bytes(change(path.read_bytes()))

    return damage


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _path(file: str, change: Callable[[Path], object]) -> Callable[[Path, str], None]:
    return lambda root, name: (change(root / "click" / name / file), None)[1]


def _linked(path: Path) -> None:
    moved = path.rename(path.parents[2] / f"elsewhere-{path.name}")
    path.symlink_to(moved)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _sparse(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(HUGE)


def _version(change: Callable[[Path], object]) -> Callable[[Path, str], None]:
    return lambda root, name: (change(root / "click" / name), None)[1]


def _file_for_folder(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("a model", "utf-8")


def _signed_by_a_stranger(root: Path, name: str) -> None:
    folder = root / "click" / name
    manifest = (folder / MANIFEST).read_bytes()
    (folder / SIGNATURE).write_bytes(signing.sign(Ed25519PrivateKey.generate(), manifest))


def _forged(root: Path, name: str) -> None:
    folder = root / "click" / name
    key = signing.public(signing.signing_key(root))
    (folder / SIGNATURE).write_text(f"{key} {'0' * 128}\n", "ascii")


def _of_another(root: Path, name: str) -> None:
    other = next(each for each in artifacts.names(root, "click") if each != name)
    shutil.copy(root / "click" / other / SIGNATURE, root / "click" / name / SIGNATURE)


_UNFIT = "does not fit its manifest"
_CHANGED = "changed or cut since training"
DAMAGED = listed(
    ("manifest missing", "manifest.json: cannot be read", _path(MANIFEST, Path.unlink)),
    ("manifest empty", _UNFIT, _bytes(MANIFEST, lambda _: b"")),
    ("manifest cut", _UNFIT, _bytes(MANIFEST, lambda content: content[:-100])),
    ("manifest flipped", _UNFIT, _bytes(MANIFEST, _flipped)),
    ("manifest longer", _UNFIT, _bytes(MANIFEST, lambda content: content + b" ")),
    ("manifest binary junk", _UNFIT, _bytes(MANIFEST, lambda _: bytes(range(256)))),
    ("manifest a pickle", _UNFIT, _bytes(MANIFEST, lambda _: PICKLE)),
    ("manifest a folder", "Is a directory", _path(MANIFEST, _folder)),
    ("manifest a link", "cannot be read", _path(MANIFEST, _linked)),
    ("manifest a pipe", "is no plain file", _path(MANIFEST, _pipe)),
    ("manifest a terabyte", "more than the", _path(MANIFEST, _sparse)),
    ("signature missing", "manifest.sig: cannot be read", _path(SIGNATURE, Path.unlink)),
    ("signature empty", "holds no signature", _bytes(SIGNATURE, lambda _: b"")),
    ("signature cut", "holds no signature", _bytes(SIGNATURE, lambda content: content[:-9])),
    ("signature binary junk", "holds no signature", _bytes(SIGNATURE, lambda _: bytes(range(256)))),
    ("signature a link", "cannot be read", _path(SIGNATURE, _linked)),
    ("signature a terabyte", "more than the", _path(SIGNATURE, _sparse)),
    ("signature of a stranger", "a key that is not accepted here", _signed_by_a_stranger),
    ("signature forged", _UNFIT, _forged),
    ("signature of another version", _UNFIT, _of_another),
    ("model missing", "model.txt: cannot be read", _path("model.txt", Path.unlink)),
    ("model empty", _CHANGED, _bytes("model.txt", lambda _: b"")),
    ("model cut", _CHANGED, _bytes("model.txt", lambda content: content[: len(content) // 2])),
    ("model flipped", _CHANGED, _bytes("model.txt", _flipped)),
    ("model longer", "more than the", _bytes("model.txt", lambda content: content + b"\n")),
    ("model a pickle", _CHANGED, _bytes("model.txt", lambda _: PICKLE)),
    ("model a link", "cannot be read", _path("model.txt", _linked)),
    ("model a folder", "Is a directory", _path("model.txt", _folder)),
    ("model a pipe", "is no plain file", _path("model.txt", _pipe)),
    ("model a terabyte", "more than the", _path("model.txt", _sparse)),
    ("tables missing", "tables.json: cannot be read", _path("tables.json", Path.unlink)),
    ("tables flipped", _CHANGED, _bytes("tables.json", _flipped)),
    ("tables cut", _CHANGED, _bytes("tables.json", lambda content: content[:-1])),
    ("calibration missing", "calibration.json: cannot be read", _path("calibration.json", Path.unlink)),
    ("calibration changed", _CHANGED, _bytes("calibration.json", _flipped)),
    ("folder missing", "is no folder of a model", _version(shutil.rmtree)),
    ("folder a file", "is no folder of a model", _version(_file_for_folder)),
    ("folder a link", "is no folder of a model", _version(_linked)),
)  # fmt: skip


# --- the registry's own file, and whom it trusts ---


def _registry(change: Callable[[Path], object]) -> Callable[[Path, str], None]:
    def damage(root: Path, _name: str) -> None:
        change(root / FILE_NAME)

    return damage


def _champion(name: str) -> Callable[[Path, str], None]:
    def change(path: Path) -> None:
        found = msgspec.json.decode(path.read_bytes())
        found["kinds"]["click"]["champion"] = name
        path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")

    return _registry(change)


def _edited(change: Callable[[bytes], bytes]) -> Callable[[Path, str], None]:
    return _registry(lambda path: path.write_bytes(change(path.read_bytes())))


def _trusted(change: Callable[[Path], object]) -> Callable[[Path, str], None]:
    def damage(root: Path, name: str) -> None:
        change(root / signing.TRUSTED_KEYS)
        enthrone(root, name)

    return damage


_UNUSABLE = "registry.json: cannot be used"
REGISTRY = listed(
    ("champion outside", "names '../x', which is no name of a model", _champion("../x")),
    ("champion anywhere", "names '/etc', which is no name of a model", _champion("/etc")),
    ("champion here", "names '.', which is no name of a model", _champion(".")),
    ("champion with a zero byte", "which is no name of a model", _champion("20260101T000000Z-0123456789abcde\0")),
    ("champion never trained", "is no folder of a model", _champion("20260101T000000Z-0123456789abcdef")),
    ("registry empty", _UNUSABLE, _edited(lambda _: b"")),
    ("registry cut", _UNUSABLE, _edited(lambda content: content[:-20])),
    ("registry binary junk", _UNUSABLE, _edited(lambda _: bytes(range(256)))),
    ("registry a pickle", _UNUSABLE, _edited(lambda _: PICKLE)),
    ("registry a list", _UNUSABLE, _edited(lambda _: b"[]\n")),
    ("registry nested deeply", _UNUSABLE, _edited(lambda _: b"[" * 100_000)),
    ("registry with a key twice", "a key twice", _edited(lambda text: text.replace(b'"format": 1', b'"format": 1,\n "format": 1'))),
    ("registry with a surprise", _UNUSABLE, _edited(lambda text: text.replace(b'"format": 1', b'"format": 1,\n "run": "id"'))),
    ("registry of a later format", "is of format 2", _edited(lambda text: text.replace(b'"format": 1', b'"format": 2'))),
    ("registry a folder", _UNUSABLE, _registry(_folder)),
    ("registry a terabyte", "is larger than", _registry(_sparse)),
    ("nobody trusted", "a key that is not accepted here", _trusted(Path.unlink)),
    ("trust in junk", "expected a public key", _trusted(lambda path: path.write_text("x\n", "utf-8"))),
    ("trust that others may change", "lets others add keys", _trusted(lambda path: path.chmod(0o666))),
)  # fmt: skip

HOSTILE = [*DAMAGED, *SIGNED, *REGISTRY]


def strike(root: Path, case: Hostile) -> None:
    """Have the version serve that a case has damaged."""
    name = prepare(root)
    case.damage(root, name)
    if case in DAMAGED:  # the others see to it
        enthrone(root, name)
