"""Moments in writing."""

import pytest

from adserver.domain.moment import epoch_seconds, rfc3339


def test_moments_are_written_to_the_second_in_utc_and_read_back() -> None:
    assert rfc3339(0) == "1970-01-01T00:00:00Z"
    assert rfc3339(1_769_860_800.9) == "2026-01-31T12:00:00Z"
    assert epoch_seconds("2026-01-31T12:00:00Z") == 1_769_860_800


@pytest.mark.parametrize("text", ["", "2026-01-31T12:00:00", "2026-01-31T12:00:00+01:00", "soon"])
def test_no_other_form_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="does not match"):
        epoch_seconds(text)
