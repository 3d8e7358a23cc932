"""A trained model on disk: a folder per version, and a small file that says which is current.

<out>/current                           the name of the folder below
<out>/<time>-<hash of manifest>/
    manifest.json    features, tables, calibration, metrics, the SHA-256 of model.txt
    model.txt        the trees in LightGBM's text format
"""

import os
from hashlib import sha256
from math import isfinite
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Literal, NamedTuple

import msgspec

from adserver.durable import sync_folder
from adserver.errors import Fault, InvalidConfig
from adserver.ports import ClickModel
from models.ctr.booster import BoosterModel, NativeTrees
from models.ctr.compiled import CompiledModel
from models.ctr.evaluate import Metrics
from models.ctr.features import COLUMNS, Encoder, Tables
from models.ctr.forest import Forest
from models.ctr.probability import Calibration
from models.ctr.trees import read_trees
from models.ctr.verify import survive

FORMAT = 1
Engine = Literal["lightgbm", "compiled"]
"""Who walks the trees: LightGBM's library, or `compiled`, several times faster and equal."""
_MODEL, _MANIFEST, _CURRENT = "model.txt", "manifest.json", "current"
KEPT = "kept"
"""The folder, among the versions, with a copy of the one that served last."""
_HASH_LENGTH = 16
_MAX_BYTES = 256 * 1024 * 1024
_TRAIN_AGAIN = "train again, or write the name of another version's folder into `current`"


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What belongs to a model beside its trees."""

    format: int
    created: str
    """RFC 3339, UTC."""
    model_sha256: str
    columns: tuple[str, ...]
    trees: int
    tables: Tables
    calibration: Calibration
    trained_from: str
    """Time of the first bid trained on, RFC 3339, UTC."""
    trained_until: str
    impressions: int
    """How many were trained on."""
    clicks: int
    metrics: Metrics


class Artifact(NamedTuple):
    """A model as read: whole and of this version's features."""

    name: str
    manifest: Manifest
    model: bytes


def publish(out: Path, manifest: Manifest, model: bytes) -> Path:
    """Write a new version and make it current, each in one step; return its folder.

    Raises `InvalidConfig` if it cannot be written; what was current then still is.
    """
    try:
        return _publish(out, manifest, model)
    except OSError as error:
        raise InvalidConfig([Fault(str(out), "$", f"cannot be written to: {error}")]) from error


def _publish(out: Path, manifest: Manifest, model: bytes) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    encoded = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    stamp = "".join(letter for letter in manifest.created if letter.isalnum())
    folder = out / f"{stamp}-{_short_hash(encoded)}"
    unfinished = Path(mkdtemp(prefix=".unfinished-", dir=out))
    try:
        _write(unfinished / _MODEL, model)
        _write(unfinished / _MANIFEST, encoded)
        unfinished.chmod(0o755)
        sync_folder(unfinished)
        if not folder.exists():  # the same manifest is the same model
            unfinished.rename(folder)
    finally:
        rmtree(unfinished, ignore_errors=True)
    pointer = out / f".{_CURRENT}-{os.getpid()}"
    _write(pointer, f"{folder.name}\n".encode())
    pointer.replace(out / _CURRENT)
    sync_folder(out)
    return folder


def keep(directory: Path, name: str) -> None:
    """Copy a version that was found good to where no training and no accident touches it, in place of the one before.

    Raises `InvalidConfig` if it cannot be written; what was kept then still is.
    """
    kept = directory / KEPT
    if (kept / name).exists():
        return
    unfinished = Path(mkdtemp(prefix=".unfinished-", dir=directory))
    try:
        for file in (_MODEL, _MANIFEST):
            _write(unfinished / file, _read(directory / name / file))
        kept.mkdir(exist_ok=True)
        unfinished.chmod(0o755)
        unfinished.rename(kept / name)
        before = (kept / _CURRENT).read_text("utf-8").strip() if (kept / _CURRENT).exists() else ""
        pointer = kept / f".{_CURRENT}-{os.getpid()}"
        _write(pointer, f"{name}\n".encode())
        pointer.replace(kept / _CURRENT)
        if before and Path(before).name == before:
            rmtree(kept / before, ignore_errors=True)
    except OSError as error:
        raise _invalid(kept, f"cannot be written to: {error}") from error
    finally:
        rmtree(unfinished, ignore_errors=True)


def read(directory: Path) -> Artifact:
    """Read the current version below `directory`, or the version that it is.

    Raises `InvalidConfig` if anything is missing, damaged, or of other features.
    """
    folder = directory if (directory / _MANIFEST).exists() else _current(directory)
    encoded = _read(folder / _MANIFEST)
    if folder.resolve().name.rpartition("-")[2] != _short_hash(encoded):
        raise _invalid(folder / _MANIFEST, "was changed since training, or its folder was renamed")
    try:
        manifest = msgspec.json.decode(encoded, type=Manifest)
    except ValueError as error:
        raise _invalid(folder / _MANIFEST, f"is not a manifest of this version: {error}") from error
    if manifest.format != FORMAT or manifest.columns != COLUMNS:
        raise _invalid(folder / _MANIFEST, "was trained for other features than this version's")
    for problem in manifest.tables.problems():
        raise _invalid(folder / _MANIFEST, problem)
    if not (manifest.calibration.slope > 0 and isfinite(manifest.calibration.intercept)):
        raise _invalid(folder / _MANIFEST, "its calibration does not rise")
    model = _read(folder / _MODEL)
    if sha256(model).hexdigest() != manifest.model_sha256:
        raise _invalid(folder / _MODEL, "was changed or cut since training (wrong SHA-256)")
    return Artifact(folder.name, manifest, model)


def load(directory: Path, *, engine: Engine = "lightgbm") -> ClickModel:
    """Load the current model, checked.

    Raises `InvalidConfig` for anything damaged, `Unavailable` if LightGBM's library is wanted and
    cannot be loaded. Takes some tenths of a second: not on an event loop that serves.
    """
    artifact = read(directory)
    manifest = artifact.manifest
    name = f"lightgbm/{artifact.name}"
    encoder = Encoder(manifest.tables)
    try:
        trees = read_trees(artifact.model.decode(), COLUMNS)
        if len(trees) != manifest.trees:
            raise ValueError(f"{len(trees)} trees, not {manifest.trees}")  # noqa: TRY301 - one message for all
        if engine == "compiled":
            forest = Forest(trees, len(COLUMNS))
            return CompiledModel(name, forest, encoder, manifest.calibration)
        survive(artifact.model)
        return BoosterModel(name, NativeTrees(artifact.model), encoder, manifest.calibration)
    except ValueError as error:
        raise _invalid(directory / artifact.name / _MODEL, f"is damaged: {error}") from error


def _current(directory: Path) -> Path:
    if not (directory / _CURRENT).exists():
        raise InvalidConfig([Fault(str(directory), "$", "holds no model; train one first")])
    name = _read(directory / _CURRENT).decode("utf-8", "replace").strip()
    folder = directory / name
    if Path(name).name != name or not (folder / _MANIFEST).exists():
        raise _invalid(directory / _CURRENT, f"names {name[:80]!r}, which is no model here")
    return folder


def _invalid(file: Path, message: str) -> InvalidConfig:
    return InvalidConfig([Fault(str(file), "$", f"{message}; {_TRAIN_AGAIN}")])


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise _invalid(file, f"is larger than {_MAX_BYTES} bytes")
        return file.read_bytes()
    except OSError as error:
        raise _invalid(file, f"cannot be read: {error}") from error


def _short_hash(manifest: bytes) -> str:
    return sha256(manifest).hexdigest()[:_HASH_LENGTH]


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
