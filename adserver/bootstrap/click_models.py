"""The click model that is loaded, and what stands in for it."""

from contextlib import suppress

import structlog

from adserver.bootstrap.state import places
from adserver.config import Loaded
from adserver.errors import InvalidConfig, Unavailable
from adserver.metrics import CLICK_MODEL_REFUSED
from adserver.ports import ClickModel

_log = structlog.get_logger()


def check_click_model(loaded: Loaded) -> None:
    """Load the current click model, if there is one, and let go of it. Raises `InvalidConfig` if it is damaged.

    Call it in a process that never forks: numpy starts threads. Without LightGBM's library nothing is wrong
    with the model; workers say so themselves, and what serves meanwhile.
    """
    from models.ctr.artifact import load  # noqa: PLC0415 - numpy starts threads, and a process with threads must not fork

    models = places(loaded).models
    if (models / "current").exists():
        with suppress(Unavailable):
            load(models, engine=loaded.settings.click_engine)


def click_model(loaded: Loaded, *, keep: bool) -> ClickModel:
    """Return the click model, or what stands in for it; `keep` a copy of a good one for when the next is not."""
    from models.ctr import artifact, baseline  # noqa: PLC0415 - numpy starts threads, and a process with threads must not fork

    models = places(loaded).models
    current = models if (models / "current").exists() else None
    problems: list[str] = []
    clicks = baseline.load_click_model(
        current, problems.append, engine=loaded.settings.click_engine
    )
    CLICK_MODEL_REFUSED.set(bool(problems))
    for problem in problems:
        _log.error("click_model_refused", problem=problem)
    if current is not None and keep and not problems:
        try:
            artifact.keep(models, clicks.name.partition("/")[2])
        except InvalidConfig as error:  # a full disk, say
            _log.warning("click_model_not_kept", error=str(error))
    return clicks
