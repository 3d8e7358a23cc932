"""Models that change while requests are answered: loaded beside the event loop, put in force between two requests."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Protocol

import structlog

from adserver.durable import Stamp, stamp
from adserver.errors import InvalidConfig
from adserver.metrics import MODEL_REFUSED, MODEL_SWAPS
from models.registry import artifacts, checking, corrections, state
from models.registry.manifest import KINDS, Kind
from models.registry.roles import Roles

_GIVES_WAY_S = 0.000_2
"""So long the event loop waits for a thread that loads a model; Python's usual 5 ms would be felt."""

_log = structlog.get_logger()


class Fetched(NamedTuple):
    """What was loaded, not yet in force."""

    serves: str
    """Names who does, in words."""
    swap: Callable[[], None]
    """Puts it in force; only between two requests."""
    problems: Sequence[str] = ()
    """What ought to serve and cannot, and what stands in."""


class Taker(Protocol):
    """The place of one kind of models in a worker."""

    kind: Kind

    def fetch(self, roles: Roles) -> Fetched:
        """Load what is to serve, checked; may take seconds, in another thread. Damage is a problem, not an error."""


class LiveModels:
    """Follows the registry; call `poll` twice a second."""

    def __init__(self, root: Path, takers: Sequence[Taker]) -> None:
        self._root = root
        self._takers = takers
        self._thread = ThreadPoolExecutor(1, "models")
        self._seen: tuple[Stamp | None, ...] = ()
        self._task: asyncio.Task[None] | None = None
        self._serves: dict[Kind, str] = {}

    def begin(self) -> None:
        """Load everything at once: nothing is asked of us yet."""
        self._seen = self._look()
        found, problem = self._state()
        for taker in self._takers:
            self._take(taker, taker.fetch(found.roles(taker.kind)), problem, begun=False)

    def poll(self) -> None:
        """Look whether anything changed; if so, load it without making anybody wait."""
        if self._task is not None and not self._task.done():
            return
        found = self._look()
        if found != self._seen:
            self._seen = found
            self._task = asyncio.get_running_loop().create_task(self._follow())

    async def _follow(self) -> None:
        try:
            found, problem = self._state()
            if problem:  # who serves now serves on
                for taker in self._takers:
                    _refuse(taker.kind, [f"{problem}; what served before goes on"])
                return
            for taker in self._takers:
                fetched = await self._fetched(taker, found.roles(taker.kind))
                self._take(taker, fetched, "", begun=True)
        except Exception:  # noqa: BLE001 - the edge: whatever it was, what served goes on
            _log.exception("models_not_followed")  # a bug of ours: loud

    async def _fetched(self, taker: Taker, roles: Roles) -> Fetched:
        """Load in another thread, which gives way at once to whoever answers requests."""
        usual = sys.getswitchinterval()
        sys.setswitchinterval(_GIVES_WAY_S)
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, taker.fetch, roles)
        finally:
            sys.setswitchinterval(usual)

    def _state(self) -> tuple[state.State, str]:
        try:
            return state.read_state(self._root), ""
        except InvalidConfig as error:
            return state.State(), str(error)

    def _take(self, taker: Taker, fetched: Fetched, problem: str, *, begun: bool) -> None:
        fetched.swap()
        _refuse(taker.kind, [*filter(None, [problem]), *fetched.problems])
        changed = self._serves.get(taker.kind) != fetched.serves
        self._serves[taker.kind] = fetched.serves
        if begun and changed:
            MODEL_SWAPS.labels(taker.kind).inc()
            _log.info("model_taken", kind=taker.kind, model=fetched.serves)

    def _look(self) -> tuple[Stamp | None, ...]:
        return stamp(self._root / state.FILE_NAME), stamp(self._root / corrections.FILE_NAME)


def _refuse(kind: Kind, problems: Sequence[str]) -> None:
    MODEL_REFUSED.labels(kind).set(bool(problems))
    for problem in problems:
        _log.error("model_refused", kind=kind, problem=problem)


def check_models(root: Path) -> dict[Kind, str]:
    """Try every champion, and return what is wrong with those that cannot serve, by kind."""
    wrong: dict[Kind, str] = {}
    for kind in KINDS:
        try:
            if state.read_state(root).roles(kind).champion or (
                kind == "click"
                and (root / "current").exists()  # of an earlier version of this server
            ):
                checking.survive(artifacts.read(root, kind))
        except (InvalidConfig, ValueError) as error:
            wrong[kind] = str(error)
    return wrong
