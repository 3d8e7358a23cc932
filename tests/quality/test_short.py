"""The short form of `make quality`: what takes seconds."""

import os

import pytest

from tests.quality import pacing
from tests.torture.figures import Scale

pytestmark = pytest.mark.skipif(
    not os.environ.get("ADSERVER_CORPUS"), reason="ADSERVER_CORPUS is not set: no logged traffic"
)


def test_an_hour_is_spent_evenly_and_a_spike_is_stopped() -> None:
    figures = pacing.run(Scale())
    assert len(figures) == 3
    assert [each for each in figures if not each.met] == []
