"""Codes both ways: what we say when we do not bid, and what exchanges say when we lost."""

from typing import Any

import msgspec
import pytest

from adserver.domain.losses import LossReason
from adserver.domain.reasons import Reason
from adserver.openrtb.lists import NO_BID_CODES, UNKNOWN_ERROR, no_bid_code
from adserver.openrtb.losses import GOOGLE, OPENRTB, loss_reason
from tests.corpus.corpus import corpus

R = Reason
NO_CODE = {
    R.STOPPED, R.QUOTA, R.SEAT_EXCLUDED, R.CURRENCY, R.NO_LEGAL_BASIS, R.NO_OPPORTUNITY,
    R.SCHEDULE, R.BUDGET, R.ADVERTISER_STOPPED, R.CEILING, R.CLAIM_FAILED, R.ROTATION, R.GOAL,
    R.EXCHANGE, R.COUNTRY, R.REGION, R.CITY, R.METRO, R.POSTCODE, R.NEAR, R.INVENTORY_TYPE, R.CATEGORY,
    R.DEVICE_LANGUAGE, R.CONNECTION, R.CARRIER, R.CHANNEL, R.TV_NETWORK, R.GENRE, R.RATING, R.LIVE, R.KEYWORD,
    R.SENSITIVE, R.VENUE, R.SUPPLY, R.HOPS, R.TAG_ID, R.GPID, R.KEY_VALUE, R.POSITION, R.VIEWABILITY,
    R.VIDEO_PLACEMENT, R.START_DELAY, R.SKIPPABLE, R.SLOT_DURATION, R.REWARDED, R.INTERSTITIAL, R.DEAL,
    R.BLOCKED_ADVERTISER, R.BLOCKED_CATEGORY, R.BLOCKED_APP, R.BLOCKED_ATTRIBUTE, R.BLOCKED_TYPE,
    R.BLOCKED_VENDOR, R.BLOCKED_SUBJECT, R.BLOCKED_CREATIVE, R.INSECURE, R.NOT_APPROVED, R.RESTRICTED,
    R.UNLABELLED, R.LANGUAGE, R.MEDIA_TYPE, R.SIZE, R.DURATION, R.MIME, R.PROTOCOL, R.LINEARITY, R.API, R.BITRATE,
    R.DELIVERY, R.DSA, R.NATIVE_ASSETS, R.NOT_SHORTLISTED, R.BELOW_FLOOR, R.OUTBID, R.SEPARATION,
}  # fmt: skip
"""Looked at, and the list has nothing for them: it knows devices, people, publishers and supply paths, and no other
wish of a buyer's. Whoever adds a reason looks at the list, too, and writes it here or there.
"""


def listed(name: str) -> dict[int, str]:
    """Return the official list of codes, those of exchanges' own left out."""
    raw = corpus("iab", "openrtb-3.0-lists-nbr-loss.json").read_bytes()
    values: list[dict[str, Any]] = msgspec.json.decode(raw)["lists"][name]["values"]
    return {each["value"]: each["definition"] for each in values if isinstance(each["value"], int)}


def test_each_reason_has_a_considered_code() -> None:
    assert NO_CODE.isdisjoint(NO_BID_CODES)
    assert {*NO_CODE, *NO_BID_CODES} == set(Reason)
    assert {no_bid_code(reason) for reason in NO_CODE} == {UNKNOWN_ERROR}


def test_every_code_that_we_send_is_on_the_list() -> None:
    assert {no_bid_code(reason) for reason in Reason} <= set(listed("No-Bid Reason Codes"))


def test_every_standard_loss_code_has_a_word() -> None:
    assert set(OPENRTB) == set(listed("Loss Reason Codes"))
    assert len(set(OPENRTB.values())) == len(OPENRTB)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(None, "unsaid"), (0, "won"), (102, "outbid"), (215, "app_excluded"), (216, "other"), (99, "other"), (501, "other"), (9_999, "other")],
)  # fmt: skip
def test_what_is_on_no_list_is_said_to_be(code: int | None, reason: str) -> None:
    assert loss_reason(code) == reason


def test_googles_numbers_are_their_own() -> None:
    assert [loss_reason(code, "google") for code in (1, 10, 79, 80, 102)] == [
        LossReason.WON, LossReason.DISAPPROVED, LossReason.OUTBID, LossReason.BELOW_FLOOR, LossReason.OTHER,
    ]  # fmt: skip
    assert set(GOOGLE.values()) <= set(LossReason)


def test_no_word_for_a_loss_is_idle() -> None:
    said = {*OPENRTB.values(), *GOOGLE.values(), LossReason.UNSAID, LossReason.OTHER}
    assert said == set(LossReason)
