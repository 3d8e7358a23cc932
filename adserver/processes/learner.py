"""The learner: a child of the supervisor that now and then goes through one round of learning, then ends.

It comes last: of processor and disk it gets what others leave, and when memory runs out it is the one to go.
"""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import structlog

from adserver import bootstrap
from adserver.config import Loaded
from adserver.processes import children
from adserver.processes.signals import send
from adserver.processes.slots import Child

LEARN_S = 4 * 3_600.0
"""A round that is not over by then is given up."""
_NICE = 19
_FIRST_TO_GO = "1000"

_log = structlog.get_logger()


class Learner:
    """Where the supervisor has its learner, if the settings want one."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._pause_s = 60 * float(loaded.settings.learning.retrain_every_minutes)
        self._child: Child | None = None
        self._due = time.monotonic() + self._pause_s

    def start_if_due(self, now: float) -> None:
        """Begin a round when its time has come; by a monotonic clock."""
        if self._pause_s and self._child is None and now >= self._due:
            loaded = self._loaded
            pid = children.fork("learner", lambda: _learn(loaded))
            self._child = Child(pid, now)

    def buried(self, pid: int, code: int) -> bool:
        """Take note if a child that ended was the learner."""
        if self._child is None or self._child.pid != pid:
            return False
        if code != 0:
            _log.error("learner_died", pid=pid, code=code)
        self._child = None
        self._due = time.monotonic() + self._pause_s
        return True

    def end_if_hung(self, now: float) -> None:
        """End a round that takes too long."""
        if self._child is not None and now - self._child.started > LEARN_S:
            _log.error("learner_hung", pid=self._child.pid, seconds=LEARN_S)
            self.end()

    def end(self) -> None:
        """End a round at once: what it publishes it publishes in one step."""
        if self._child is not None:
            send(self._child.pid, signal.SIGKILL)


def _come_last() -> None:
    os.nice(_NICE)
    with suppress(OSError):  # not every sandbox lets us choose
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, "ascii")


def _learn(loaded: Loaded) -> None:
    _come_last()
    ended = bootstrap.learn(loaded)
    for each in ended.judged:
        if not each.model:
            _log.warning("model_not_trained", kind=each.kind, why=each.why)
        elif each.promoted:
            _log.info("model_promoted", kind=each.kind, model=each.model, why=each.why)
        else:
            _log.info("model_not_promoted", kind=each.kind, model=each.model, why=each.why)
    if ended.uncorrected:
        _log.warning("models_not_corrected", error=ended.uncorrected)
