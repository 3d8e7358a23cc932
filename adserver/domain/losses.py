"""Why a bid of ours did not win, in our words: one closed list for metrics and events."""

from enum import StrEnum


class LossReason(StrEnum):
    """What exchanges say; the comment says it to a trader."""

    WON = "won"  # said in a loss notice all the same
    UNSAID = "unsaid"  # no code, or one that is no number
    OTHER = "other"  # a code that is on no list we know
    INTERNAL_ERROR = "internal_error"  # the exchange's own
    EXPIRED = "expired"  # the impression's time was over
    INVALID_RESPONSE = "invalid_response"
    INVALID_DEAL = "invalid_deal"
    INVALID_AUCTION = "invalid_auction"
    INVALID_DOMAIN = "invalid_domain"  # the advertiser's
    MISSING_MARKUP = "missing_markup"
    MISSING_CREATIVE = "missing_creative"  # its id
    MISSING_PRICE = "missing_price"
    MISSING_APPROVAL = "missing_approval"  # what the exchange needs to judge the creative
    BELOW_FLOOR = "below_floor"
    BELOW_DEAL_FLOOR = "below_deal_floor"
    OUTBID = "outbid"
    LOST_TO_DEAL = "lost_to_deal"
    SEAT_BLOCKED = "seat_blocked"
    FILTERED = "filtered"  # the creative, and nobody says why
    PENDING = "pending"  # the creative waits for its review
    DISAPPROVED = "disapproved"
    SIZE = "size"
    FORMAT = "format"
    ADVERTISER_EXCLUDED = "advertiser_excluded"
    STORE_ID_EXCLUDED = "store_id_excluded"
    INSECURE = "insecure"
    LANGUAGE = "language"
    CATEGORY = "category"
    ATTRIBUTE = "attribute"
    AD_TYPE = "ad_type"
    ANIMATION = "animation"  # too long
    NOT_IN_DEAL = "not_in_deal"
    SKADNETWORK = "skadnetwork"
    APP_EXCLUDED = "app_excluded"
    VENDOR = "vendor"  # somebody whom the creative loads from
    DURATION = "duration"
    SKIPPABILITY = "skippability"
    MEDIATION = "mediation"  # it won here and lost to somebody else afterwards
