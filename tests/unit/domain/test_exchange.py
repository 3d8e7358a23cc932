"""Which event settles a bid."""

import pytest

from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import MediaType


@pytest.mark.parametrize(
    ("media_type", "event"),
    [
        (MediaType.BANNER, "win"),
        (MediaType.VIDEO, "impression"),
        (MediaType.NATIVE, "billing"),
        (MediaType.AUDIO, "impression"),
    ],
)
def test_each_media_type_has_its_billable_event(media_type: MediaType, event: str) -> None:
    terms = ExchangeTerms(name="one", billable_banner="win")
    assert terms.billable(media_type) == event
