"""A conversion model in the registry: what each line item's clicks led to, and trees for what is to be told from the page.

- `outcomes.json`: by line item, delays corrected.
- `tables.json`: how words become numbers; only with one of the following.
- `model.txt`, `calibration.json`: orders per click; missing where rates are as good.
- `worth.txt`, `factors.json`: the worth of an order; missing where means are as good.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from models.ctr.compiled import CompiledModel
from models.ctr.counters import Counters
from models.ctr.distrust import MAX_LOG_ODDS, invalid, rises, strange
from models.ctr.encoder import Encoder
from models.ctr.features import COLUMNS, SERVED, Tables
from models.ctr.probability import Calibration
from models.ctr.trees import BINARY, read_trees
from models.cvr.baseline import Outcome, SmoothedOrders, decoded, encoded
from models.cvr.model import ConversionModel
from models.cvr.worth import GAMMA, Factors
from models.registry import artifacts, checking
from models.registry.manifest import Kind, Manifest

KIND: Kind = "conversion"
OUTCOMES, TABLES = "outcomes.json", "tables.json"
MODEL, CALIBRATION = "model.txt", "calibration.json"
WORTH, FACTORS = "worth.txt", "factors.json"

_Part = TypeVar("_Part", bound=msgspec.Struct)


class Trees(NamedTuple):
    """Trees in LightGBM's text format, and what their sums become."""

    text: str
    line: Calibration


class Parsed(NamedTuple):
    """What a version says."""

    outcomes: Mapping[int, Outcome]
    tables: Tables | None = None
    calibration: Calibration | None = None
    rates: CompiledModel | None = None
    factors: CompiledModel | None = None


def publish(
    root: Path,
    manifest: Manifest,
    outcomes: Mapping[int, Outcome],
    tables: Tables | None = None,
    rates: Trees | None = None,
    factors: Trees | None = None,
) -> Path:
    """Sign and write a new version; return its folder. Raises `InvalidConfig` if it cannot be written."""
    files = {OUTCOMES: encoded(outcomes)}
    if tables is not None:
        files[TABLES] = msgspec.json.encode(tables)
    if rates is not None:
        files |= {MODEL: rates.text.encode(), CALIBRATION: msgspec.json.encode(rates.line)}
    if factors is not None:
        files |= {WORTH: factors.text.encode(), FACTORS: msgspec.json.encode(factors.line)}
    return artifacts.publish(root, manifest, files)


def load(found: artifacts.Artifact) -> ConversionModel:
    """Return the model of a version that was read, after a child process has tried it.

    Raises `InvalidConfig` for anything damaged. Takes some tenths of a second: not on an event loop that serves.
    """
    try:
        checking.survive(found)
        whole = parsed(found)
    except ValueError as error:
        raise invalid(found.folder, f"is damaged: {error}") from error
    smoothed = SmoothedOrders(whole.outcomes)
    return ConversionModel(f"{KIND}/{found.name}", smoothed, whole.rates, whole.factors)


def check(found: artifacts.Artifact) -> None:
    """Read a version as serving would, and predict with it; raise `ValueError` or `InvalidConfig` if it is bad."""
    whole = parsed(found)
    for model in filter(None, (whole.rates, whole.factors)):
        for context, candidate in strange():
            (found_sum,) = model.log_odds(context, candidate)
            if not abs(found_sum) < MAX_LOG_ODDS:
                raise ValueError(f"its leaves sum up to {found_sum}")


def parsed(found: artifacts.Artifact) -> Parsed:
    """Return what a version says. Raises `InvalidConfig` or `ValueError` if that cannot be."""
    pairs = [{MODEL, CALIBRATION} & set(found.files), {WORTH, FACTORS} & set(found.files)]
    named = {OUTCOMES}.union(*pairs, {TABLES} if any(pairs) else ())
    if set(found.files) != named or any(len(pair) == 1 for pair in pairs):
        raise invalid(
            found.folder, f"names the files {', '.join(sorted(found.files))}, not those of its kind"
        )
    outcomes = decoded(found.files[OUTCOMES])
    if not any(pairs):
        return Parsed(outcomes)
    tables = _part(found, TABLES, Tables)
    if found.manifest.columns != COLUMNS or tables.schema != SERVED:
        raise invalid(found.folder, "was trained for other features than this version's")
    for problem in tables.problems():
        raise invalid(found.folder, problem)
    line = _part(found, CALIBRATION, Calibration) if CALIBRATION in found.files else None
    return Parsed(
        outcomes,
        tables,
        line,
        _trees(found, tables, MODEL, BINARY, CALIBRATION, Calibration),
        _trees(found, tables, WORTH, GAMMA, FACTORS, Factors),
    )


def _trees(
    found: artifacts.Artifact,
    tables: Tables,
    name: str,
    objective: str,
    line_name: str,
    kind: type[Calibration],
) -> CompiledModel | None:
    if name not in found.files:
        return None
    line = _part(found, line_name, kind)
    if not rises(line):
        raise invalid(found.folder, f"{line_name} does not rise")
    trees = read_trees(found.files[name].decode("ascii"), COLUMNS, objective)
    return CompiledModel(found.name, Counters(trees, len(COLUMNS)), Encoder(tables), line)


def _part(found: artifacts.Artifact, name: str, kind: type[_Part]) -> _Part:
    try:
        return msgspec.json.decode(found.files[name], type=kind)
    except (ValueError, RecursionError) as error:
        raise invalid(found.folder, f"{name} cannot be read: {error}") from None
