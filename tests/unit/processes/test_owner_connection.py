"""What workers wait for is tried again, and very much of it in turn."""

from types import SimpleNamespace

from adserver.background.protocol import Ask
from adserver.processes.owner.connection import TRIED_AT_ONCE, Connection


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


def waiting(number: int) -> tuple[Connection, Grants]:
    """Return a worker's line that has asked for so much in vain."""
    grants = Grants()
    desk = SimpleNamespace(
        grants=grants,
        clock=SimpleNamespace(now=lambda: 1_000.0),
        commits=SimpleNamespace(then=lambda _push: None),
        workers=SimpleNamespace(recall=lambda *_: set()),
    )
    line = Connection(desk, SimpleNamespace())  # type: ignore[arg-type]
    line.lease = 1
    line._ask(Ask(tuple((key, 5) for key in range(number))))
    assert grants.tried == list(range(number))
    grants.tried.clear()
    return line, grants


def test_what_waits_is_tried_every_second() -> None:
    line, grants = waiting(3)
    grants.granted = {1}
    line.grant_waiting()
    line.grant_waiting()
    assert grants.tried == [0, 1, 2, 0, 2]


def test_of_very_much_that_waits_everything_has_its_turn() -> None:
    size = 2 * TRIED_AT_ONCE + 10
    line, grants = waiting(size)
    for _ in range(3):
        line.grant_waiting()
    assert grants.tried[:size] == list(range(size))
    assert grants.tried[size:] == list(range(TRIED_AT_ONCE - 10))


def test_an_ask_tries_nothing_else_that_waits() -> None:
    line, grants = waiting(3)
    line._ask(Ask(((7, 5),)))
    assert grants.tried == [7]
