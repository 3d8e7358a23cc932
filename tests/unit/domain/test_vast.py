"""Which VAST version a player gets."""

import pytest

from adserver.domain.vast import VAST_VERSIONS, VAST_WRAPPERS, picture_type, vast_protocol


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], "3.0"),  # nothing said
        ([2], "2.0"),
        ([2, 3], "3.0"),
        ([7, 2, 3], "4.0"),
        ([2, 3, 5, 6, 7, 8, 11, 12, 13, 14], "4.2"),
        ([15, 13], "4.3"),
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


@pytest.mark.parametrize(
    ("offered", "wraps", "chosen"),
    [
        ([2, 5], "2.0", "2.0"),
        ([2, 3, 5, 6], "2.0", "3.0"),  # newer than what it leads to
        ([2, 3, 5, 6], "3.0", "3.0"),
        ([2, 3, 5], "3.0", None),  # whoever follows 2.0 may not read 3.0
        ([2, 3, 7], "2.0", None),  # reads them all and follows nothing
        ([3, 6, 8, 14, 16], "4.1", "4.3"),
        ([], "3.0", "3.0"),
        ([], "2.0", "3.0"),
        ([], "4.0", None),  # nobody said so
        ([99], "2.0", None),
    ],
)
def test_a_wrapper_is_as_new_as_what_it_leads_to_or_newer(
    offered: list[int], wraps: str, chosen: str | None
) -> None:
    protocol = vast_protocol(offered, wraps)
    assert (None if protocol is None else VAST_WRAPPERS[protocol]) == chosen


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://cdn.example/a.PNG?v=1.jpg", "image/png"),
        ("https://cdn.example/a.jpeg", "image/jpeg"),
        ("https://cdn.example/a", ""),
        ("https://cdn.example/a.html", ""),
    ],
)
def test_a_picture_s_type_goes_by_the_end_of_its_path(address: str, kind: str) -> None:
    assert picture_type(address) == kind
