"""Who is asked for money that another worker needs, and how often."""

from adserver.background.protocol import FromOwner, Recall
from adserver.processes.owner.workers import RECALL_MOST_S, RECALL_S, Workers

POT, ASKER, ELSEWHERE = 5, 1, 99
HOLDERS = [(POT, ASKER), (POT, 2), (POT, 3), (POT, ELSEWHERE)]


class Line:
    """What a worker is told."""

    def __init__(self, lease: int) -> None:
        self.lease = lease
        self.told: list[FromOwner] = []

    def send(self, message: FromOwner) -> None:
        """Note it."""
        self.told.append(message)

    def grant_waiting(self) -> None:
        """Nothing waits."""

    def hang_up(self) -> None:
        """Nothing to close."""


def connected() -> tuple[Workers, list[Line]]:
    workers, lines = Workers(), [Line(lease) for lease in (ASKER, 2, 3)]
    workers.by_lease.update({line.lease: line for line in lines})
    return workers, lines


def test_all_who_have_something_are_asked_but_who_asks() -> None:
    """The first of them may have nothing but bids in flight, and an idle one all that is free."""
    workers, lines = connected()
    assert workers.recall(ASKER, HOLDERS, 100.0, RECALL_MOST_S) == {POT}
    assert [line.told for line in lines] == [[], [Recall((POT,))], [Recall((POT,))]]


def test_nobody_is_asked_again_at_once_and_ever_later_while_it_goes_on() -> None:
    workers, lines = connected()
    asked = []
    for second in range(100):
        before = len(lines[1].told)
        workers.recall(ASKER, HOLDERS, float(second), RECALL_MOST_S)
        if len(lines[1].told) > before:
            asked.append(second)
    assert asked == [0, 5, 15, 35, 75]
    assert workers.recall(ASKER, HOLDERS, 100.0, RECALL_S) == {POT}, "who gathers waits less"
