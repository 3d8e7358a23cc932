"""Print what writing markup costs: `python -m tests.bench.bench_channels`."""

import timeit

from adapters.channels import prepare
from adserver.domain.creative import AnyCreative
from adserver.domain.opportunity import Opportunity
from tests.unit.adapters_channels.samples import (
    BANNER,
    BANNER_SPACE,
    LINKS,
    NATIVE,
    NATIVE_SPACE,
    VIDEO,
    VIDEO_SPACE,
)

ROUNDS = 20_000


def microseconds(creative: AnyCreative, opportunity: Opportunity) -> float:
    """Return the best of five rounds, microseconds a rendering."""
    render = prepare(creative).render
    rounds = timeit.repeat(lambda: render(LINKS, opportunity), number=ROUNDS, repeat=5)
    return min(rounds) / ROUNDS * 1e6


if __name__ == "__main__":
    SAMPLES = ((BANNER, BANNER_SPACE), (VIDEO, VIDEO_SPACE), (NATIVE, NATIVE_SPACE))
    for creative, opportunity in SAMPLES:
        size = len(prepare(creative).render(LINKS, opportunity))
        took_us = microseconds(creative, opportunity)
        print(f"{type(creative).__name__:8}{took_us:6.2f} us  {size} characters")
