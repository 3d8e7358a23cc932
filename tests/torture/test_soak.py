"""A soak notices what is not flat, and a short one runs."""

import msgspec
import pytest
import uvloop

from tests.endpoints.footprint import Footprint
from tests.torture.soak import judge, sparkline
from tests.torture.soaking import Sample, Soaked, soak, soaked


def course(pss_kb: float = 0, files: float = 0, p99_ms: float = 0, owner_kb: float = 0) -> Soaked:
    """Return a soak of thirty windows in which these grow by so much with each."""
    samples = [
        Sample(
            at_s=5.0 * number, asked=1_000, bad=0, p50_ms=1, p99_ms=5 + number * p99_ms, cpu_us=100,
            processes={
                "owner": Footprint(round(20_000 + number * owner_kb), 20, 1.0),
                "worker 0": Footprint(round(50_000 + number * pss_kb), round(9 + number * files), 1.0),
            },
        )
        for number in range(30)
    ]  # fmt: skip
    return Soaked(2_000, 1_400, samples, {200: 30_000}, failed=0, replaced=False)


def missed(found: Soaked) -> list[str]:
    """Return what was not as it should be."""
    return [
        figure.what.partition(":")[0].partition(" (")[0]
        for figure in judge(found)
        if not figure.met
    ]


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (course(), []),
        (course(pss_kb=200), ["memory of worker 0"]),
        (course(files=0.2), ["descriptors of worker 0"]),
        (course(p99_ms=0.2), ["p99"]),
        (course(owner_kb=1_000), ["memory of the owner"]),
        (course(owner_kb=300), []),  # 307 bytes for each of 1,000 notices in a window
        (msgspec.structs.replace(course(), failed=1), ["notices refused"]),
        (msgspec.structs.replace(course(), notices={}), ["notices refused"]),
        (msgspec.structs.replace(course(), replaced=True), ["processes replaced"]),
    ],
)
def test_what_is_not_flat_is_named(found: Soaked, what: list[str]) -> None:
    assert missed(found) == what


def test_a_course_is_drawn_from_its_lowest_to_its_highest() -> None:
    assert sparkline([1, 1, 8]) == "▁▁█"
    assert sparkline([3.0] * 200) == "▁" * 60


def test_a_short_soak_asks_bids_and_tells() -> None:
    seen: list[Sample] = []
    with soaked(1) as server:
        found = uvloop.run(soak(server, 0.4, 2.5, 0.5, lambda _, each: seen.append(each)))
    assert found.samples == seen
    assert len(seen) >= 4
    assert found.rate == 0.4 * found.capacity
    assert sum(each.bad for each in seen) == found.failed == 0
    assert sum(found.notices.values()) > 50
    assert not found.replaced
    assert {"supervisor", "owner", "worker 0"} == seen[0].processes.keys()
