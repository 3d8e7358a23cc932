"""Which VAST version a player gets."""

import pytest

from adserver.domain.vast import VAST_VERSIONS, vast_protocol


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], "3.0"),  # nothing said
        ([2], "2.0"),
        ([2, 3], "3.0"),
        ([7, 2, 3], "4.0"),
        ([2, 3, 5, 6, 7, 8, 11, 12, 13, 14], "4.2"),
        ([3, 99], "3.0"),  # a version of the future
    ],
)
def test_a_player_gets_the_newest_version_that_it_offers(offered: list[int], chosen: str) -> None:
    protocol = vast_protocol(offered)
    assert protocol is not None
    assert VAST_VERSIONS[protocol] == chosen


@pytest.mark.parametrize("offered", [[1], [5, 6, 8], [9, 10], [0], [-1]])
def test_wrappers_audio_and_unknown_protocols_alone_are_no_offer(offered: list[int]) -> None:
    assert vast_protocol(offered) is None
