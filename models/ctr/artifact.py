"""A click model in the registry: its trees in LightGBM's text format, its tables, its calibration."""

from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import msgspec

from adserver.errors import Unavailable
from adserver.ports import ClickModel
from models.ctr.booster import BoosterModel, NativeTrees
from models.ctr.compiled import CompiledModel
from models.ctr.counters import Counters
from models.ctr.distrust import MAX_LOG_ODDS, invalid, rises, strange
from models.ctr.encoder import Encoder
from models.ctr.features import COLUMNS, SERVED, Tables
from models.ctr.forest import Forest
from models.ctr.probability import Calibration
from models.ctr.trees import read_trees
from models.registry import artifacts, checking
from models.registry.manifest import Kind, Manifest

KIND: Kind = "click"
Engine = Literal["counting", "lightgbm", "compiled"]
"""Who walks the trees: `Counters`, LightGBM's library or `Forest`; all equal, see decision 3."""
MODEL, TABLES, CALIBRATION = "model.txt", "tables.json", "calibration.json"
_AGREED = 1e-9

_Part = TypeVar("_Part", bound=msgspec.Struct)


class Artifact(NamedTuple):
    """A click model as read: whole and of this version's features."""

    name: str
    manifest: Manifest
    tables: Tables
    calibration: Calibration
    model: bytes


def publish(
    root: Path, manifest: Manifest, tables: Tables, calibration: Calibration, model: bytes
) -> Path:
    """Sign and write a new version; return its folder. Raises `InvalidConfig` if it cannot be written."""
    files = {
        MODEL: model,
        TABLES: msgspec.json.encode(tables),
        CALIBRATION: msgspec.json.encode(calibration),
    }
    return artifacts.publish(root, manifest, files)


def read(where: Path, name: str = "") -> Artifact:
    """Read the champion of a registry, the version of that name, or the version in a folder of a registry.

    Raises `InvalidConfig` if anything is missing, damaged, unsigned, or of other features.
    """
    return parsed(_read(where, name))


def load(where: Path, name: str = "", *, engine: Engine = "counting") -> ClickModel:
    """Load a click model as `read` finds it, after a child process has tried it.

    Raises `InvalidConfig` for anything damaged, `Unavailable` if LightGBM's library is wanted and
    cannot be loaded. Takes some tenths of a second: not on an event loop that serves.
    """
    found = _read(where, name)
    return load_found(found, parsed(found), engine=engine)


def load_found(
    found: artifacts.Artifact, whole: Artifact, *, engine: Engine = "counting"
) -> ClickModel:
    """Load a version that was read, and what it says, as `load` does."""
    served = f"lightgbm/{whole.name}"
    encoder = Encoder(whole.tables)
    try:
        checking.survive(found)
        if engine == "lightgbm":
            return BoosterModel(served, NativeTrees(whole.model), encoder, whole.calibration)
        compiled = Counters if engine == "counting" else Forest
        trees = compiled(read_trees(_text(whole.model), COLUMNS), len(COLUMNS))
        return CompiledModel(served, trees, encoder, whole.calibration)
    except ValueError as error:
        raise invalid(found.folder / MODEL, f"is damaged: {error}") from error


def check(found: artifacts.Artifact) -> None:
    """Read a version as serving would, and predict with it; raise `ValueError` or `InvalidConfig` if it is bad.

    For a child process: what LightGBM's reader makes of a damaged text may be a crash.
    """
    whole = parsed(found)
    trees = read_trees(_text(whole.model), COLUMNS)
    counters = Counters(trees, len(COLUMNS))
    compiled = CompiledModel("tried", counters, Encoder(whole.tables), whole.calibration)
    try:
        native = NativeTrees(whole.model)
    except Unavailable:  # then nobody else here can load it either
        native = None
    for context, candidate in strange():
        (found_log_odds,) = compiled.log_odds(context, candidate)
        if not abs(found_log_odds) < MAX_LOG_ODDS:
            raise ValueError(f"it predicts log odds of {found_log_odds}")
        if native is not None:
            (expected,) = native.log_odds(context, candidate)
            if not abs(expected - found_log_odds) <= _AGREED:
                raise ValueError(
                    f"LightGBM reads log odds of {expected} from it, we {found_log_odds}"
                )


def _read(where: Path, name: str) -> artifacts.Artifact:
    if not name and (where / artifacts.MANIFEST).exists():
        where = where.resolve()
        return artifacts.read(where.parents[1], KIND, where.name)
    return artifacts.read(where, KIND, name)


def parsed(found: artifacts.Artifact) -> Artifact:
    """Return what a version says. Raises `InvalidConfig` if it is not of this version's features."""
    if set(found.files) != {MODEL, TABLES, CALIBRATION}:
        message = f"names the files {', '.join(sorted(found.files))}, not those of a click model"
        raise invalid(found.folder / artifacts.MANIFEST, message)
    tables = _part(found, TABLES, Tables)
    if found.manifest.columns != COLUMNS or tables.schema != SERVED:
        message = "was trained for other features than this version's"
        raise invalid(found.folder / artifacts.MANIFEST, message)
    for problem in tables.problems():
        raise invalid(found.folder / TABLES, problem)
    calibration = _part(found, CALIBRATION, Calibration)
    if not rises(calibration):
        raise invalid(found.folder / CALIBRATION, "its calibration does not rise")
    return Artifact(found.name, found.manifest, tables, calibration, found.files[MODEL])


def _part(found: artifacts.Artifact, name: str, kind: type[_Part]) -> _Part:
    try:
        return msgspec.json.decode(found.files[name], type=kind)
    except (ValueError, RecursionError) as error:
        raise invalid(found.folder / name, f"cannot be read: {error}") from None


def _text(model: bytes) -> str:
    try:
        return model.decode("ascii")
    except UnicodeDecodeError:
        raise ValueError("it is no text") from None
