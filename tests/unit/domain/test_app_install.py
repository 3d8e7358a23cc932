"""Advertised applications: what line items are called by, and which one a postback can mean."""

import pytest

from adserver.domain.app_install import AdvertisedApp, Source, Sources

SOURCES = Sources(
    [Source("1", 5239, 11), Source("1", 6239, 12), Source("1", 4140, 13), Source("2", 5239, 21)]
)


@pytest.mark.parametrize(
    ("store_id", "said", "line_item"),
    [
        ("1", "5239", 11),
        ("1", "6239", 12),
        ("1", "239", 0),  # either of two
        ("1", "39", 0),
        ("1", "140", 13),
        ("1", "40", 13),
        ("2", "39", 21),
        ("2", "9", 0),
        ("2", "40", 0),
        ("3", "5239", 0),
        ("1", "7239", 0),
    ],
)
def test_a_postback_means_the_only_line_item_that_it_can(
    store_id: str, said: str, line_item: int
) -> None:
    assert SOURCES.line_item(store_id, said) == line_item


def test_a_zero_that_was_cut_off_is_put_back() -> None:
    sources = Sources([Source("1", 1_005, 7)])
    assert {sources.line_item("1", said) for said in ("05", "5", "005", "1005")} == {7}


@pytest.mark.parametrize(
    ("identifier", "campaign"), [(1000, 100), (1001, 1), (9999, 99), (5239, 39)]
)
def test_the_last_two_digits_are_the_campaign_of_older_versions(
    identifier: int, campaign: int
) -> None:
    assert AdvertisedApp(store_id="1", source_identifier=identifier).campaign == campaign
