"""What a worker counts of its traffic, and when it tells."""

import pytest

from adserver.background.flow import EVERY_S, PART, SAMPLE_S, FlowCounter
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


def test_of_a_large_catalog_it_tells_part_by_part() -> None:
    size = 2 * PART + 1
    free = [5] * size
    flow = FlowCounter(list(range(100, 100 + size)), free.__getitem__, lambda: 0.0)
    flow.requests += 7
    flow.sample(dict.fromkeys(range(size), 1.0), 0.0)
    flow.booked(0, 300)
    parts = [flow.due(EVERY_S)]
    flow.booked(1, 400)
    free[0] = 9
    parts += [flow.due(EVERY_S + 0.02), flow.due(EVERY_S + 0.04)]
    told = [part for part in parts if part is not None]
    assert [len(part.lines) for part in told] == [PART, PART, 1]
    assert [(part.requests, part.samples, part.is_more) for part in told] == [
        (7, 1, False),
        (0, 0, True),
        (0, 0, True),
    ]
    assert {part.elapsed_s for part in told} == {EVERY_S}
    lines = {line.number: line for part in told for line in part.lines}
    assert len(lines) == size
    assert lines[100] == LineFlow(100, 7.0, 1, 300, 9), "what is free is told as of now"
    assert lines[101] == LineFlow(101, 7.0, 0, 0, 5), "later bids belong to the next report"
    assert flow.due(EVERY_S + 0.06) is None
    later = flow.due(2 * EVERY_S)
    assert later is not None
    assert later.lines == (LineFlow(101, 0.0, 1, 400, 5),)
