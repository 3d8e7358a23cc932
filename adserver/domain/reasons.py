"""Every "no" has a name: one closed list for metrics, explanations, docs and tests."""

from enum import StrEnum


class Reason(StrEnum):
    """Why we did not bid; the comment behind each says it to a trader."""

    __hash__ = str.__hash__  # Enum has one in Python, ten times as slow

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
    CHAIN_MISSING = "chain_missing"  # the request does not say who is paid (`schain`)
    CHAIN_INCOMPLETE = "chain_incomplete"  # the chain lacks its beginning, or cannot be read
    CHAIN_TOO_LONG = "chain_too_long"  # more hops than the settings allow
    CHAIN_BLOCKED_NODE = "chain_blocked_node"  # somebody in the chain is blocked by the settings
    CHAIN_MISMATCH = "chain_mismatch"  # the chain does not end with who sent it and its seller
    CHAIN_UNRESOLVED = (
        "chain_unresolved"  # an account of the chain is not in its system's sellers.json
    )
    ADS_TXT_MISSING = "ads_txt_missing"  # the publisher has no ads.txt or app-ads.txt
    SELLER_UNAUTHORISED = "seller_unauthorised"  # the publisher does not list the seller
    SUPPLY_UNKNOWN = "supply_unknown"  # nobody has looked for a file that is needed to judge
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
    METRO = "metro"
    POSTCODE = "postcode"
    NEAR = "near"  # outside the circles, or the place is not known so exactly
    OS_VERSION = "os_version"
    BROWSER = "browser"
    DEVICE_LANGUAGE = "device_language"
    CONNECTION = "connection"
    CARRIER = "carrier"
    MAKER = "maker"
    MODEL = "model"
    SITE_ID = "site_id"
    APP_ID = "app_id"
    PUBLISHER = "publisher"
    CHANNEL = "channel"
    TV_NETWORK = "tv_network"
    GENRE = "genre"
    RATING = "rating"
    LIVE = "live"
    KEYWORD = "keyword"
    SENSITIVE = "sensitive"  # beside content that the advertiser does not want to be beside
    VENUE = "venue"
    SELLER = "seller"  # somebody in the supply chain
    SUPPLY = "supply"  # direct or resold
    HOPS = "hops"  # how often resold
    TAG_ID = "tag_id"
    GPID = "gpid"
    KEY_VALUE = "key_value"
    POSITION = "position"
    VIEWABILITY = "viewability"
    VIDEO_PLACEMENT = "video_placement"
    START_DELAY = "start_delay"
    SKIPPABLE = "skippable"
    SLOT_DURATION = "slot_duration"
    REWARDED = "rewarded"
    INTERSTITIAL = "interstitial"
    PUBLICATION_LIST = (
        "publication_list"  # in the advertiser's block list, or not in its allow list
    )
    DEAL = "deal"  # bound to deals that the request does not offer
    AUDIENCE = "audience"  # the person's segments do not satisfy the expression
    AUDIENCE_TOO_SMALL = "audience_too_small"  # too few people in it, or uncounted
    # A candidate: what the publisher refuses.
    BLOCKED_ADVERTISER = "blocked_advertiser"
    BLOCKED_CATEGORY = "blocked_category"
    BLOCKED_APP = "blocked_app"
    BLOCKED_ATTRIBUTE = "blocked_attribute"
    BLOCKED_TYPE = "blocked_type"
    BLOCKED_VENDOR = "blocked_vendor"  # loads from somebody whom the exchange does not list
    BLOCKED_SUBJECT = (
        "blocked_subject"  # about something restricted that the exchange does not list
    )
    BLOCKED_CREATIVE = "blocked_creative"  # the exchange excludes this very one
    INSECURE = "insecure"  # https is asked for
    NOT_APPROVED = "not_approved"  # refused by the exchange, or not approved yet where it must be
    RESTRICTED = "restricted"  # about something that is not shown in this country, or to children
    UNLABELLED = "unlabelled"  # political, and there is no place for the label that says so
    LANGUAGE = "language"  # not among `wlang`
    # A candidate: what fits the space.
    MEDIA_TYPE = "media_type"
    SIZE = "size"
    DURATION = "duration"
    MIME = "mime"
    PROTOCOL = "protocol"  # no VAST version that both sides speak
    LINEARITY = "linearity"
    API = "api"  # needs an API framework that the space does not have: MRAID, Open Measurement
    BITRATE = "bitrate"  # no file of a bit rate that the player takes
    DELIVERY = "delivery"  # no file delivered as the player wants: progressive, streaming
    DSA = "dsa"  # the person must be told who pays, and nobody could: not the publisher, nor this markup
    NATIVE_ASSETS = "native_assets"  # a required asset is missing
    # A candidate: the person and the money.
    FREQUENCY_CAP = "frequency_cap"
    FREQUENCY_UNKNOWN = "frequency_unknown"  # capped, but no id to count by, or contacts missing
    GOAL = "goal"  # pays for clicks, and nobody can click on a screen out of home
    NOT_SHORTLISTED = "not_shortlisted"  # others are worth more even at best
    ROTATION = "rotation"  # it is another creative's turn
    BELOW_FLOOR = "below_floor"
    OUTBID = "outbid"  # another of our candidates is worth more
    SEPARATION = (
        "separation"  # the line item already bids in this request, or a rival in this break
    )
    CLAIM_FAILED = "claim_failed"  # the money went to another bid meanwhile
    CEILING = "ceiling"  # an hourly spend ceiling is reached
