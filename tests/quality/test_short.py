"""The short form of `make quality`: what takes seconds."""

from tests.corpus.corpus import corpus
from tests.quality import pacing
from tests.torture.figures import Scale


def test_an_hour_is_spent_evenly_and_a_spike_is_stopped() -> None:
    corpus()  # the logged traffic and prices are in it
    figures = pacing.run(Scale())
    assert len(figures) == 3
    assert [each for each in figures if not each.met] == []
