"""Loss codes in our words: OpenRTB 3.0, "List: Loss Reason Codes", which 2.6 refers to, and what Google counts in."""

from collections.abc import Mapping

from adserver.domain.exchange import LossCodes
from adserver.domain.losses import LossReason

L = LossReason

OPENRTB: Mapping[int, LossReason] = {
    0: L.WON, 1: L.INTERNAL_ERROR, 2: L.EXPIRED, 3: L.INVALID_RESPONSE, 4: L.INVALID_DEAL,
    5: L.INVALID_AUCTION, 6: L.INVALID_DOMAIN, 7: L.MISSING_MARKUP, 8: L.MISSING_CREATIVE,
    9: L.MISSING_PRICE, 10: L.MISSING_APPROVAL,
    100: L.BELOW_FLOOR, 101: L.BELOW_DEAL_FLOOR, 102: L.OUTBID, 103: L.LOST_TO_DEAL, 104: L.SEAT_BLOCKED,
    200: L.FILTERED, 201: L.PENDING, 202: L.DISAPPROVED, 203: L.SIZE, 204: L.FORMAT,
    205: L.ADVERTISER_EXCLUDED, 206: L.STORE_ID_EXCLUDED, 207: L.INSECURE, 208: L.LANGUAGE, 209: L.CATEGORY,
    210: L.ATTRIBUTE, 211: L.AD_TYPE, 212: L.ANIMATION, 213: L.NOT_IN_DEAL, 214: L.SKADNETWORK,
    215: L.APP_EXCLUDED,
}  # fmt: skip
"""Microsoft (Xandr) documents these numbers for its loss notices, too, as far as it uses them."""

GOOGLE: Mapping[int, LossReason] = {
    1: L.WON, 2: L.INTERNAL_ERROR, 4: L.INTERNAL_ERROR, 5: L.DISAPPROVED, 6: L.DISAPPROVED, 7: L.PENDING,
    10: L.DISAPPROVED, 11: L.PENDING, 12: L.ADVERTISER_EXCLUDED, 13: L.FILTERED, 14: L.CATEGORY, 15: L.CATEGORY,
    16: L.VENDOR, 17: L.VENDOR, 18: L.ATTRIBUTE, 19: L.CATEGORY, 20: L.MISSING_CREATIVE, 21: L.MISSING_CREATIVE,
    25: L.SIZE, 26: L.SIZE, 33: L.MISSING_MARKUP, 34: L.MISSING_MARKUP, 36: L.INVALID_DOMAIN, 57: L.INVALID_DOMAIN,
    66: L.INVALID_RESPONSE, 68: L.MISSING_PRICE, 71: L.ADVERTISER_EXCLUDED, 72: L.ADVERTISER_EXCLUDED,
    75: L.SIZE, 76: L.FORMAT, 77: L.PENDING, 78: L.SIZE, 79: L.OUTBID, 80: L.BELOW_FLOOR, 81: L.NOT_IN_DEAL,
    82: L.LANGUAGE, 83: L.MEDIATION, 84: L.SEAT_BLOCKED, 85: L.PENDING, 86: L.CATEGORY, 87: L.CATEGORY,
    88: L.INVALID_DEAL, 89: L.SIZE, 90: L.FORMAT, 91: L.DURATION, 92: L.DURATION, 93: L.SKIPPABILITY,
    94: L.SKIPPABILITY, 95: L.SKIPPABILITY, 96: L.FORMAT, 97: L.FORMAT, 103: L.AD_TYPE, 107: L.FORMAT,
}  # fmt: skip
"""Google's dictionary `creative-status-codes.txt` (storage.googleapis.com/adx-rtb-dictionaries), in which its feedback
counts.
"""

NUMBERINGS: Mapping[LossCodes, Mapping[int, LossReason]] = {"openrtb": OPENRTB, "google": GOOGLE}


def loss_reason(code: int | None, numbering: LossCodes = "openrtb") -> LossReason:
    """Return what a code says; exchanges have codes of their own beyond the list."""
    if code is None:
        return LossReason.UNSAID
    return NUMBERINGS[numbering].get(code, LossReason.OTHER)
