"""The wire's numbers and codes, and our words for them (AdCOM 1.0, OpenRTB 3.0, Native 1.2)."""

from collections.abc import Mapping

from adserver.domain.creative import NATIVE_TEXTS
from adserver.domain.reasons import Reason

DEVICE_TYPES: Mapping[int, str] = {
    1: "mobile",  # phone or tablet, not said which
    2: "computer",
    3: "tv",
    4: "phone",
    5: "tablet",
    6: "connected",
    7: "set_top_box",
    8: "out_of_home",
}

NATIVE_DATA: Mapping[int, str] = dict(enumerate(NATIVE_TEXTS, start=1))
"""Native data types by number."""

NATIVE_IMAGES: Mapping[int, str] = {1: "icon", 3: "main"}

UNKNOWN_ERROR = 0
TECHNICAL_ERROR = 1
KNOWN_CRAWLER = 3
SUSPECTED_NON_HUMAN = 4
DATA_CENTRE_OR_PROXY = 5
UNSUPPORTED_DEVICE = 6
BLOCKED_PUBLISHER = 7
UNMATCHED_USER = 8
DAILY_USER_CAP = 9
INSUFFICIENT_TIME = 15

_NO_BID_CODES: Mapping[Reason, int] = {
    Reason.TIME_OUT: INSUFFICIENT_TIME,
    Reason.OVERLOADED: TECHNICAL_ERROR,
    Reason.SERVER_FAULT: TECHNICAL_ERROR,
    Reason.CRAWLER: KNOWN_CRAWLER,
    Reason.NON_HUMAN: SUSPECTED_NON_HUMAN,
    Reason.NETWORK: DATA_CENTRE_OR_PROXY,
    Reason.DEVICE_TYPE: UNSUPPORTED_DEVICE,
    Reason.OS: UNSUPPORTED_DEVICE,
    Reason.PUBLICATION: BLOCKED_PUBLISHER,
    Reason.AUDIENCE: UNMATCHED_USER,
    Reason.AUDIENCE_TOO_SMALL: UNMATCHED_USER,
    Reason.FREQUENCY_UNKNOWN: UNMATCHED_USER,
    Reason.FREQUENCY_CAP: DAILY_USER_CAP,
}


def no_bid_code(reason: Reason) -> int:
    """Return the `nbr` that comes nearest; the standard list knows few, the rest are 0, unknown."""
    return _NO_BID_CODES.get(reason, UNKNOWN_ERROR)
