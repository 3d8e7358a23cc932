"""Every "no" has a name: one closed list for metrics, explanations, docs and tests."""

from enum import StrEnum


class Reason(StrEnum):
    """Why we did not bid; the comment behind each says it to a trader."""

    # The whole request, before any candidate is looked at.
    STOPPED = "stopped"  # somebody ran `adserver stop` for this exchange or for everything
    OVERLOADED = "overloaded"  # it waited so long for its turn that an answer would come too late
    QUOTA = "quota"  # the exchange sends more than was agreed
    TIME_OUT = "time_out"  # less time was left than we need to answer
    SEAT_EXCLUDED = "seat_excluded"  # `wseat` or `bseat` leaves no seat of ours
    CURRENCY = "currency"  # no currency that we have a rate for
    NO_LEGAL_BASIS = "no_legal_basis"  # the consent signals forbid bidding
    CRAWLER = "crawler"  # the user agent is that of a program that reads pages on its own
    NETWORK = "network"  # the address lies in a listed network: a data centre, a proxy
    NON_HUMAN = "non_human"  # the id or the address asks more often than people do
    NO_OPPORTUNITY = "no_opportunity"  # no imp that we can read as something we sell
    SERVER_FAULT = "server_fault"  # a bug of ours; the log has the traceback

    # A candidate: catalog state.
    SCHEDULE = "schedule"  # outside flight or dayparts
    BUDGET = "budget"  # nothing left to spend now
    ADVERTISER_STOPPED = "advertiser_stopped"  # `adserver stop` for this advertiser
    # A candidate: targeting.
    EXCHANGE = "exchange"
    COUNTRY = "country"
    REGION = "region"
    CITY = "city"
    DEVICE_TYPE = "device_type"
    OS = "os"
    INVENTORY_TYPE = "inventory_type"  # site, app or digital out-of-home
    PUBLICATION = "publication"  # domain or bundle lists
    CATEGORY = "category"  # content category
    DEAL = "deal"  # bound to deals that the request does not offer
    AUDIENCE = "audience"  # the person's segments do not satisfy the expression
    AUDIENCE_TOO_SMALL = "audience_too_small"  # too few people in it, or uncounted
    # A candidate: what the publisher refuses.
    BLOCKED_ADVERTISER = "blocked_advertiser"
    BLOCKED_CATEGORY = "blocked_category"
    BLOCKED_APP = "blocked_app"
    BLOCKED_ATTRIBUTE = "blocked_attribute"
    BLOCKED_TYPE = "blocked_type"
    INSECURE = "insecure"  # https is asked for
    LANGUAGE = "language"  # not among `wlang`
    # A candidate: what fits the space.
    MEDIA_TYPE = "media_type"
    SIZE = "size"
    DURATION = "duration"
    MIME = "mime"
    PROTOCOL = "protocol"  # no VAST version that both sides speak
    LINEARITY = "linearity"
    DSA = "dsa"  # the person must be told who pays, and nobody could: not the publisher, nor this markup
    NATIVE_ASSETS = "native_assets"  # a required asset is missing
    # A candidate: the person and the money.
    FREQUENCY_CAP = "frequency_cap"
    FREQUENCY_UNKNOWN = "frequency_unknown"  # capped, but there is no id to count by
    NOT_SHORTLISTED = "not_shortlisted"  # others are worth more even at best
    BELOW_FLOOR = "below_floor"
    OUTBID = "outbid"  # another of our candidates is worth more
    SEPARATION = "separation"  # the line item already bids in this request
    CLAIM_FAILED = "claim_failed"  # the money went to another bid meanwhile
    CEILING = "ceiling"  # an hourly spend ceiling is reached
