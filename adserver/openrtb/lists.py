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

NATIVE_IMAGES: Mapping[int, str] = {1: "icon", 2: "icon", 3: "main"}
"""Native 1.2 made one of icon and logo, which was 2 before (7.5)."""

UNKNOWN_ERROR = 0
TECHNICAL_ERROR = 1
KNOWN_CRAWLER = 3
SUSPECTED_NON_HUMAN = 4
DATA_CENTRE_OR_PROXY = 5
UNSUPPORTED_DEVICE = 6
BLOCKED_PUBLISHER = 7
UNMATCHED_USER = 8
DAILY_USER_CAP = 9
ADS_TXT_UNAVAILABLE = 11
ADS_TXT_VIOLATION = 12
INSUFFICIENT_TIME = 15
INCOMPLETE_SUPPLY_CHAIN = 16
BLOCKED_SUPPLY_CHAIN_NODE = 17

NO_BID_CODES: Mapping[Reason, int] = {
    Reason.TIME_OUT: INSUFFICIENT_TIME,
    Reason.OVERLOADED: TECHNICAL_ERROR,
    Reason.SERVER_FAULT: TECHNICAL_ERROR,
    Reason.CRAWLER: KNOWN_CRAWLER,
    Reason.NON_HUMAN: SUSPECTED_NON_HUMAN,
    Reason.NETWORK: DATA_CENTRE_OR_PROXY,
    Reason.CHAIN_MISSING: INCOMPLETE_SUPPLY_CHAIN,
    Reason.CHAIN_INCOMPLETE: INCOMPLETE_SUPPLY_CHAIN,
    Reason.CHAIN_MISMATCH: INCOMPLETE_SUPPLY_CHAIN,  # who sent it is missing from it
    Reason.CHAIN_TOO_LONG: BLOCKED_SUPPLY_CHAIN_NODE,  # the list has no code for it; this comes nearest
    Reason.CHAIN_BLOCKED_NODE: BLOCKED_SUPPLY_CHAIN_NODE,
    Reason.CHAIN_UNRESOLVED: BLOCKED_SUPPLY_CHAIN_NODE,
    Reason.ADS_TXT_MISSING: ADS_TXT_UNAVAILABLE,
    Reason.SUPPLY_UNKNOWN: ADS_TXT_UNAVAILABLE,
    Reason.SELLER_UNAUTHORISED: ADS_TXT_VIOLATION,
    Reason.DEVICE_TYPE: UNSUPPORTED_DEVICE,
    Reason.OS: UNSUPPORTED_DEVICE,
    Reason.OS_VERSION: UNSUPPORTED_DEVICE,
    Reason.BROWSER: UNSUPPORTED_DEVICE,
    Reason.MAKER: UNSUPPORTED_DEVICE,
    Reason.MODEL: UNSUPPORTED_DEVICE,
    Reason.PUBLICATION: BLOCKED_PUBLISHER,
    Reason.PUBLICATION_LIST: BLOCKED_PUBLISHER,
    Reason.PUBLISHER: BLOCKED_PUBLISHER,
    Reason.SITE_ID: BLOCKED_PUBLISHER,
    Reason.APP_ID: BLOCKED_PUBLISHER,
    Reason.SELLER: BLOCKED_SUPPLY_CHAIN_NODE,
    Reason.AUDIENCE: UNMATCHED_USER,
    Reason.AUDIENCE_TOO_SMALL: UNMATCHED_USER,
    Reason.FREQUENCY_UNKNOWN: UNMATCHED_USER,
    Reason.FREQUENCY_CAP: DAILY_USER_CAP,
}
"""Of the reasons that the list has something for; a test makes sure that the others were looked at."""


def no_bid_code(reason: Reason) -> int:
    """Return the `nbr` that comes nearest; the standard list knows few, the rest are 0, unknown."""
    return NO_BID_CODES.get(reason, UNKNOWN_ERROR)
