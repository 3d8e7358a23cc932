"""What would be late is shed before it costs anything, and nothing else is."""

from collections.abc import Callable

import pytest

from adserver.domain.exchange import ExchangeTerms
from adserver.endpoints.admission import ORDINARY_S, SLACK_S, Admission, Quota, Sparing
from tests.unit.endpoints.desk import counted

TERMS = ExchangeTerms(name="north", default_tmax_ms=115, network_margin_ms=15)
BODY = b'{"id": "1", "imp": [{"id": "1"}]}'


class Loop:
    """A clock that is moved by hand, and the calls that an event loop would make in its next turn."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self._calls: list[Callable[[], None]] = []

    def __call__(self) -> float:
        """Return monotonic seconds."""
        return self.now_s

    def soon(self, call: Callable[[], None]) -> None:
        """Keep a call for the next turn."""
        self._calls.append(call)

    def turn(self, seconds: float = 0.0) -> None:
        """Make the calls that are due, then work for so long."""
        calls, self._calls = self._calls, []
        for call in calls:
            call()
        self.now_s += seconds

    @property
    def sleeps(self) -> bool:
        """Nothing is to be called."""
        return not self._calls


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def admission(loop: Loop) -> Admission:
    return Admission(loop, loop.soon)


def test_an_idle_server_reads_what_just_came(admission: Admission, loop: Loop) -> None:
    for _ in range(3):
        assert admission.arrival() == loop.now_s
        for _ in range(2):
            loop.turn(0.001)
            admission.worked()
        for _ in range(10):
            loop.turn()
        assert loop.sleeps  # nothing turns for ever
        loop.now_s += 0.5


def test_what_is_read_after_work_may_have_come_when_it_was_last_read(
    admission: Admission, loop: Loop
) -> None:
    first = admission.arrival()
    loop.now_s += 0.000_1
    assert admission.arrival() == first  # in the same look
    loop.turn(0.005)
    second = loop.now_s
    assert admission.arrival() == first
    loop.turn(0.100)
    assert admission.arrival() == second


def test_turns_without_reading_are_seen(admission: Admission, loop: Loop) -> None:
    began = admission.arrival()
    loop.turn(0.001)
    loop.turn(0.001)
    loop.turn(0.100)
    admission.worked()
    assert began < admission.arrival() <= loop.now_s - 0.100


@pytest.mark.parametrize(
    ("waited_s", "body", "late"),
    [
        (ORDINARY_S / 2, b'{"tmax": 16}', False),
        (0.099 - SLACK_S, BODY, False),
        (0.101 - SLACK_S, BODY, True),
        (0.101, b'{"id": "1", "tmax": 300}', False),
        (0.030, b'{"id": "1", "tmax":40}', True),
        (0.003, b'{"tmax": 1}', True),
        (0.101, b"\x1f\x8b\x08 packed", True),
        (0.003, b'{"tmax": "soon"}', False),
        (0.003, b'{"tmax": 99999999999999}', False),
    ],
)
def test_who_waited_longer_than_its_tmax_leaves_is_late(
    admission: Admission, waited_s: float, body: bytes, *, late: bool
) -> None:
    assert admission.is_late(waited_s, body, TERMS) is late


def test_the_time_that_answers_take_is_kept_free(admission: Admission) -> None:
    for _ in range(100):
        admission.answered(0.040)
    assert admission.is_late(0.065, BODY, TERMS)
    assert not admission.is_late(0.055, BODY, TERMS)
    for _ in range(1_000):
        admission.answered(0.000_1)
    assert not admission.is_late(0.099 - SLACK_S, BODY, TERMS)


def test_bid_events_are_dropped_and_counted_while_requests_wait(admission: Admission) -> None:
    written: list[bytes] = []

    class Log:
        def write(self, line: bytes) -> None:
            written.append(line)

    events = Sparing(Log(), admission)
    before = counted("adserver_events_dropped")
    for waited_s, line in ((0.001, b"calm"), (0.030, b"strained"), (0.020, b"calmer")):
        assert not admission.is_late(waited_s, BODY, TERMS)
        events.write(line)
    assert written == [b"calm", b"calmer"]
    assert counted("adserver_events_dropped") == before + 1


def test_the_longest_wait_is_told_once(admission: Admission) -> None:
    for waited_s in (0.001, 0.2, 0.003):
        admission.is_late(waited_s, BODY, TERMS)
    assert admission.longest_wait() == 0.2
    assert admission.longest_wait() == 0.0


@pytest.mark.parametrize("per_s", [0.5, 1, 100])
def test_a_quota_allows_its_rate_and_one_second_at_once(per_s: float) -> None:
    quota = Quota(per_s)
    seconds, tries = 20, 400
    allowed = sum(quota.take(1_000 + n * seconds / tries) for n in range(tries))
    wanted = min(tries, per_s * seconds + max(per_s, 1))
    assert abs(allowed - wanted) <= 1
