"""What the registry says is taken up beside the event loop, and put in force on it."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from adserver.bootstrap.live_models import Fetched, LiveModels
from adserver.metrics import MODEL_REFUSED, MODEL_SWAPS
from models.registry import roles, state
from models.registry.manifest import Kind
from models.registry.roles import Roles

ONE, TWO = "20260101T000000Z-0123456789abcdef", "20260102T000000Z-0123456789abcdef"


class Place:
    """A taker that notes what happens, and where."""

    kind: Kind = "landscape"

    def __init__(self) -> None:
        self.serves = ""
        self.problems: list[str] = []
        self.during: Callable[[], None] = lambda: None
        self.fetched_in: list[threading.Thread] = []
        self.swapped_in: list[threading.Thread] = []

    def fetch(self, found: Roles) -> Fetched:
        """Load nothing."""
        self.fetched_in.append(threading.current_thread())
        self.during()
        return Fetched(found.champion, partial(self._swap, found.champion), list(self.problems))

    def _swap(self, name: str) -> None:
        self.swapped_in.append(threading.current_thread())
        self.serves = name


@pytest.fixture
def place() -> Place:
    return Place()


def promote(root: Path, name: str) -> None:
    """Have a model serve."""
    state.change(root, "landscape", partial(roles.promoted, model=name, at="", why=""))


async def until(done: Callable[[], bool], live: LiveModels) -> None:
    """Look again and again until something is so."""
    for _ in range(500):
        live.poll()
        if done():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("too late")


def refused() -> float:
    """The gauge."""
    value: float = MODEL_REFUSED.labels("landscape")._value.get()
    return value


async def test_a_promotion_is_loaded_elsewhere_and_put_in_force_on_the_loop(
    tmp_path: Path, place: Place
) -> None:
    promote(tmp_path, ONE)
    live = LiveModels(tmp_path, [place])
    live.begin()
    assert place.serves == ONE
    swaps = MODEL_SWAPS.labels("landscape")._value.get()
    promote(tmp_path, TWO)
    await until(lambda: place.serves == TWO, live)
    assert place.fetched_in[-1] is not threading.current_thread()
    assert place.swapped_in[-1] is threading.current_thread()
    assert MODEL_SWAPS.labels("landscape")._value.get() == swaps + 1


async def test_while_one_is_loaded_the_loop_turns_and_the_next_waits_its_turn(
    tmp_path: Path, place: Place
) -> None:
    live = LiveModels(tmp_path, [place])
    live.begin()
    going = threading.Event()
    place.during = lambda: (going.wait(5), None)[1]
    promote(tmp_path, ONE)
    live.poll()
    promote(tmp_path, TWO)
    for _ in range(5):
        live.poll()
        await asyncio.sleep(0.001)  # the loop turns
    assert place.serves == ""
    going.set()
    await until(lambda: place.serves == TWO, live)
    assert len(place.fetched_in) <= 3


async def test_nothing_is_loaded_again_while_nothing_changes(tmp_path: Path, place: Place) -> None:
    promote(tmp_path, ONE)
    live = LiveModels(tmp_path, [place])
    live.begin()
    for _ in range(20):
        live.poll()
        await asyncio.sleep(0)
    assert len(place.fetched_in) == 1


async def test_a_problem_is_counted_until_it_is_mended(tmp_path: Path, place: Place) -> None:
    place.problems = ["it is damaged"]
    promote(tmp_path, ONE)
    live = LiveModels(tmp_path, [place])
    live.begin()
    assert refused() == 1
    place.problems = []
    promote(tmp_path, TWO)
    await until(lambda: refused() == 0, live)


async def test_a_damaged_registry_changes_nothing_until_it_is_mended(
    tmp_path: Path, place: Place
) -> None:
    promote(tmp_path, ONE)
    live = LiveModels(tmp_path, [place])
    live.begin()
    good = (tmp_path / state.FILE_NAME).read_bytes()
    (tmp_path / state.FILE_NAME).write_text("{")
    await until(lambda: refused() == 1, live)
    assert (place.serves, len(place.fetched_in)) == (ONE, 1)
    (tmp_path / state.FILE_NAME).write_bytes(good)
    await until(lambda: refused() == 0, live)
    assert place.serves == ONE


async def test_a_bug_in_a_loader_leaves_what_serves(
    tmp_path: Path, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    promote(tmp_path, ONE)
    live = LiveModels(tmp_path, [place])
    live.begin()

    def fail() -> None:
        raise ZeroDivisionError

    place.during = fail
    promote(tmp_path, TWO)
    await until(lambda: "models_not_followed" in capsys.readouterr().out, live)
    assert place.serves == ONE
    place.during = lambda: None
    promote(tmp_path, ONE if place.serves == TWO else "20260103T000000Z-0123456789abcdef")
    await until(lambda: place.serves.startswith("20260103"), live)
