"""The short form of `make quality`: what takes seconds."""

import os

import pytest

from tests.quality import pacing
from tests.torture.figures import Scale

pytestmark = pytest.mark.skipif(
    not os.environ.get("ADSERVER_CORPUS"), reason="ADSERVER_CORPUS is not set: no logged traffic"
)
KNOWN = "spent; left in bids"
"""That an hour's flight leaves what its last bids hold is known, and told by the full form."""


def test_an_hour_is_spent_evenly_and_a_spike_is_stopped() -> None:
    figures = [each for each in pacing.run(Scale()) if KNOWN not in each.what]
    assert len(figures) == 2
    assert [each for each in figures if not each.met] == []
