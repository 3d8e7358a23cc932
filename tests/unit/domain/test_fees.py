"""What is left for media when a sum must pay the fees as well."""

from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.campaign import Fees
from adserver.domain.fees import PPM, fees_on, media_value, with_fees

parts = st.integers(0, PPM)


def test_a_sum_is_parted_into_media_and_its_fees() -> None:
    fees = Fees(data_cpm=100, tech_ppm=50_000, margin_ppm=200_000)
    assert media_value(1_350, fees) == 1_000
    assert fees_on(1_000, fees) == (100, 50, 200)
    assert with_fees(1_000, fees) == 1_350
    assert str(media_value(1_351, fees)) == "1000", "whole, and never rounded up"


def test_a_sum_that_the_data_eats_up_leaves_nothing() -> None:
    fees = Fees(data_cpm=100)
    assert [media_value(gross, fees) for gross in (0, 99, 100, 101, 102)] == [0, 0, 0, 1, 2]


@given(st.integers(0, 10**12), st.integers(0, 10**6), parts, parts)
def test_media_is_the_most_that_the_sum_can_bear(
    gross: int, data: int, tech_ppm: int, margin_ppm: int
) -> None:
    """A nano of rounding aside, for each of two fees."""
    fees = Fees(data_cpm=data, tech_ppm=tech_ppm, margin_ppm=margin_ppm)
    media = media_value(gross, fees)
    assert media >= 0
    if media:
        assert with_fees(media, fees) <= gross + 1
    assert with_fees(media + 2, fees) > gross
