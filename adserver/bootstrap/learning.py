"""A round of learning: train challengers, judge them beside the champions, promote those that are no worse, correct."""

import time
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from adserver.background.places import Places
from adserver.bootstrap.state import places
from adserver.config import Loaded
from adserver.errors import InvalidConfig, Unavailable
from models.progress import Progress, silent
from models.registry import artifacts, roles, state
from models.registry.corrections import Corrections, write_corrections
from models.registry.manifest import Kind
from models.registry.rounds import Judged, Round, Teller

CONTESTS: dict[Kind, str] = {
    "click": "models.ctr.contest",
    "conversion": "models.cvr.contest",
    "landscape": "models.landscape.contest",
}
"""Where each kind has its `retrain(events, root, on_progress) -> Verdict`."""


def learn(loaded: Loaded, on_progress: Progress = silent) -> Round:
    """Go through one round, and tell how it goes in `round.json`. What cannot be trained yet is told, and no error.

    Call it in a process that never forks again: numpy and LightGBM start threads.
    """
    where = places(loaded)
    teller = Teller(where.models)

    def tell(stage: str, done: float) -> None:
        teller.stage(stage, done)
        on_progress(stage, done)

    judged = [
        _round(where, kind, module, tell)
        for kind, module in CONTESTS.items()
        if find_spec(module) is not None
    ]
    uncorrected = ""
    try:
        tell("correcting", 0.0)
        recalibrate(loaded)
    except (InvalidConfig, OSError) as error:
        uncorrected = str(error)
    return teller.end(tuple(judged), uncorrected)


def _round(where: Places, kind: Kind, module: str, tell: Progress) -> Judged:
    """Train a kind, and have the new model serve if it should."""
    try:
        verdict = import_module(module).retrain(where.events, where.models, tell)
    except (InvalidConfig, Unavailable) as error:
        return Judged(kind, "", promoted=False, why=str(error))
    if verdict.better:
        why = f"retrained: {verdict.why}"
        change = partial(roles.promoted, model=verdict.model, at=state.now_text(), why=why)
        state.change(where.models, kind, change)
    artifacts.prune(where.models, kind)
    return Judged(kind, verdict.model, promoted=verdict.better, why=verdict.why)


def recalibrate(loaded: Loaded, *, mature_s: float | None = None) -> Corrections:
    """Correct the click models that decide by what later clicks say of them. Raises `InvalidConfig`, `OSError`."""
    from models.ctr.recalibration import factors  # noqa: PLC0415 - numpy starts threads, and a process with threads must not fork
    from models.registry import recalibrating  # noqa: PLC0415 - ditto

    where = places(loaded)
    held = state.read_state(where.models).roles("click")
    deciding = [held.champion, held.canary.model if held.canary is not None else ""]
    found = recalibrating.recalibrate(
        where.events,
        {f"lightgbm/{name}" for name in deciding if name},
        time.time(),
        factors,
        mature_s=recalibrating.MATURE_S if mature_s is None else mature_s,
    )
    write_corrections(where.models, found)
    return found
