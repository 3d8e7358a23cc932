"""What workers ask for is tried part by part, and again while it cannot be granted."""

from collections.abc import Callable
from types import SimpleNamespace

from adserver.background.protocol import Ask
from adserver.processes.owner.connection import Connection
from adserver.processes.owner.wishes import AGAIN_AT_ONCE, TRIED_AT_ONCE


class Grants:
    """Grants nothing, but to those it is told to."""

    def __init__(self) -> None:
        self.rest_s: dict[int, float] = {}
        self.tried: list[int] = []
        self.granted: set[int] = set()

    def grant(
        self, _lease: int, key: int, want: int, _now_s: float, _least: int
    ) -> tuple[int, int, int] | None:
        """Note who is tried."""
        self.tried.append(key)
        return (key, want, 9_999) if key in self.granted else None

    def scarce(self, _keys: object, _now_s: float) -> tuple[()]:
        """Nobody else has anything."""
        return ()


class World:
    """A worker's line to an owner that does a job at a time."""

    def __init__(self, number: int) -> None:
        """The worker asks for so much at once."""
        self.grants = Grants()
        self.jobs: list[Callable[[], None]] = []
        desk = SimpleNamespace(
            grants=self.grants,
            clock=SimpleNamespace(now=lambda: 1_000.0),
            commits=SimpleNamespace(then=lambda _push: None, do=self.jobs.append),
            workers=SimpleNamespace(recall=lambda *_: set()),
        )
        self.line = Connection(desk, SimpleNamespace())  # type: ignore[arg-type]
        self.line.lease = 1
        self.line._take(Ask(tuple((key, 5) for key in range(number))))

    def turn(self) -> list[int]:
        """Do a job; return who was tried."""
        self.grants.tried.clear()
        self.jobs.pop(0)()
        return list(self.grants.tried)

    def second(self) -> list[int]:
        """Let a second pass; return who was tried again."""
        self.grants.tried.clear()
        self.line.grant_waiting()
        return list(self.grants.tried)


def test_what_waits_is_tried_every_second() -> None:
    world = World(3)
    assert world.turn() == [0, 1, 2]
    assert world.jobs == []
    world.grants.granted = {1}
    assert world.second() == [0, 1, 2]
    assert world.second() == [0, 2]


def test_very_much_is_asked_for_behind_what_others_want_meanwhile() -> None:
    world = World(2 * TRIED_AT_ONCE + 1)
    assert world.turn() == list(range(TRIED_AT_ONCE))
    world.jobs.insert(0, lambda: None)
    world.line._take(Ask(((7, 5), (99_999, 5))))
    assert world.turn() == []
    assert world.turn() == list(range(TRIED_AT_ONCE, 2 * TRIED_AT_ONCE))
    assert world.turn() == [2 * TRIED_AT_ONCE, 7, 99_999]
    assert world.jobs == []


def test_of_very_much_that_waits_everything_has_its_turn() -> None:
    size = AGAIN_AT_ONCE + 10
    world = World(size)
    while world.jobs:
        world.turn()
    assert world.second() == list(range(AGAIN_AT_ONCE))
    assert world.second()[:11] == [*range(AGAIN_AT_ONCE, size), 0]


def test_an_ask_tries_nothing_else_that_waits() -> None:
    world = World(3)
    world.turn()
    world.line._take(Ask(((7, 5),)))
    assert world.turn() == [7]
