"""What a worker remembers of people: not too many, not too long, and nobody who decided something."""

from adapters.profiles.redis_store.remembered import LIFE_S, Known, Remembered
from adserver.domain.choices import Choices
from tests.unit.adapters_profiles.watch import Watch

ADA, BEN, EVE = (bytes([number]) * 16 for number in (1, 2, 3))


def test_somebody_is_remembered_with_their_choices_for_a_minute() -> None:
    watch = Watch()
    remembered = Remembered(10, watch)
    known = Known(ADA, b"body", Choices(objections=(3,)))
    remembered.keep([ADA, BEN], known)
    watch.now_s = LIFE_S - 0.001
    assert remembered.recall([ADA, BEN]) == known
    watch.now_s = LIFE_S
    assert remembered.recall([ADA, BEN]) is None


def test_other_ids_are_somebody_else() -> None:
    remembered = Remembered(10, Watch())
    remembered.keep([ADA, BEN], Known(ADA, b"body"))
    assert remembered.recall([ADA]) is None, "the other id may have opted out"


def test_the_oldest_of_too_many_go_first_and_whoever_is_too_old_goes() -> None:
    watch = Watch()
    remembered = Remembered(2, watch)
    for person in (ADA, BEN, ADA, EVE):
        remembered.keep([person], Known(person, None))
    assert remembered.recall([BEN]) is None
    assert remembered.recall([ADA]) is not None
    watch.now_s = LIFE_S
    remembered.keep([BEN], Known(BEN, None))
    assert len(remembered._known) == 1, "nothing old is kept in memory"


def test_whoever_is_let_go_of_is_gone_under_every_id() -> None:
    remembered = Remembered(10, Watch())
    before = remembered.generation
    remembered.keep([ADA, BEN], Known(EVE, b"body"))
    remembered.keep([BEN], Known(EVE, b"body"))
    remembered.keep([ADA], Known(ADA, b"body"))
    remembered.forget([EVE])
    assert remembered.recall([ADA, BEN]) is None
    assert remembered.recall([BEN]) is None
    assert remembered.recall([ADA]) is not None
    assert remembered.generation != before


def test_nobody_is_remembered_if_nobody_may_be() -> None:
    remembered = Remembered(0, Watch())
    remembered.keep([ADA], Known(ADA, b"body"))
    assert remembered.recall([ADA]) is None
