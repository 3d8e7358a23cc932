"""How far a creative is at an exchange."""

import msgspec
import pytest

from adserver.domain.review import Review, Standing, fingerprint, may_bid, standing
from tests.unit.decision.made import banner

TILE = banner("tile")


def said(how: Standing) -> dict[str, dict[str, Review]]:
    return {
        "one": {
            "tile": Review(
                creative="tile", exchange="one", standing=how, fingerprint=fingerprint(TILE), at_s=1
            )
        }
    }


@pytest.mark.parametrize("how", [Standing.PENDING, Standing.APPROVED, Standing.REFUSED])
def test_an_exchange_s_last_word_stands_as_long_as_the_creative_does(how: Standing) -> None:
    assert standing(said(how), "one", TILE) is how
    assert standing(said(how), "two", TILE) is Standing.UNSENT
    assert standing(said(how), "one", msgspec.structs.replace(TILE, name="Only renamed")) is how
    changed = banner("tile", image_url="https://cdn.example/b.png")
    assert standing(said(how), "one", changed) is Standing.CHANGED


@pytest.mark.parametrize("how", Standing)
def test_where_approval_is_asked_for_only_what_is_approved_bids(how: Standing) -> None:
    assert may_bid(how, approval_required=True) is (how is Standing.APPROVED)
    assert may_bid(how, approval_required=False) is (how is not Standing.REFUSED)
