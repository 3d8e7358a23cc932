"""What a worker counts of its traffic, and when it tells."""

import pytest

from adserver.background.flow import EVERY_S, SAMPLE_S, FlowCounter
from adserver.background.money_messages import LineFlow


def counter(free: int = 70) -> FlowCounter:
    """Return one of two line items, at time 0."""
    return FlowCounter([11, 22], lambda _: free, lambda: 0.0)


def test_a_sample_stands_for_all_requests_since_the_one_before() -> None:
    flow = counter()
    flow.requests += 1
    flow.sample({0: 1.0}, 0.0)
    assert flow.sample_at == pytest.approx(SAMPLE_S)
    flow.requests += 9
    flow.sample({0: 1.0, 1: 2.0}, 0.1)
    flow.requests += 5
    flow.booked(0, 300)
    flow.booked(0, 200)
    assert flow.due(EVERY_S - 0.1) is None
    report = flow.due(EVERY_S)
    assert report is not None
    assert (report.elapsed_s, report.requests, report.samples) == (EVERY_S, 10, 2)
    assert sorted(report.lines, key=lambda line: line.number) == [
        LineFlow(11, 10.0, 2, 500, 70),
        LineFlow(22, 18.0, 0, 0, 70),
    ]
    assert flow.requests == 5, "they are counted with the next sample"


def test_a_quiet_worker_says_that_it_is_there() -> None:
    flow = counter()
    report = flow.due(EVERY_S)
    assert report is not None
    assert (report.requests, report.lines) == (0, ())
    assert flow.due(EVERY_S + 1) is None
