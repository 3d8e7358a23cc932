"""Every Prometheus metric, declared once; label values only from closed enums and the configuration.

Names are `adserver_<noun>_<unit>_total` and so on. Children that the request path needs are resolved
when it is built, never per request.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge

from adserver.tallies import Spreads, Tallies

REGISTRY = CollectorRegistry()

REQUESTS = Tallies(
    "adserver_bid_requests", "Bid requests received.", ["exchange"], registry=REGISTRY
)
INVALID_REQUESTS = Counter(
    "adserver_invalid_requests",
    "Requests answered with an error of the sender's.",
    ["reason"],
    registry=REGISTRY,
)
DROPPED_FIELDS = Counter(
    "adserver_dropped_fields",
    "Optional request fields of a wrong type, dropped.",
    registry=REGISTRY,
)
BIDS = Tallies("adserver_bids", "Bids made.", ["exchange", "media"], registry=REGISTRY)
BIDS_BY_REACH = Tallies(
    "adserver_bids_by_reach",
    "Bids made, by how much of a person they may rest on: personal, counted (for caps only), contextual.",
    ["exchange", "reach"],
    registry=REGISTRY,
)
NO_BIDS = Tallies(
    "adserver_no_bids",
    "Requests that we did not bid on, by the reason that decided.",
    ["exchange", "reason"],
    registry=REGISTRY,
)
OFFERED = Tallies(
    "adserver_offered_nanos", "Sum of prices offered, house nanos.", ["exchange"], registry=REGISTRY
)
LATENCY = Spreads(
    "adserver_bid_seconds",
    "From a request's arrival to its answer.",
    ["exchange"],
    (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    registry=REGISTRY,
)
NOTICES = Counter(
    "adserver_notices",
    "Notices received, by kind and what became of them (new, repeated, unavailable, or why refused).",
    ["kind", "outcome"],
    registry=REGISTRY,
)
LOSSES = Counter(
    "adserver_losses",
    "Loss notices, by exchange and what its code says; each bid counts once.",
    ["exchange", "reason"],
    registry=REGISTRY,
)
PRICES_UNREAD = Counter(
    "adserver_prices_unread",
    "Notices that should have settled a bid and had no price, by why; repetitions count.",
    ["exchange", "why"],
    registry=REGISTRY,
)
INVALID_TRAFFIC = Counter(
    "adserver_invalid_traffic",
    "Impressions, clicks and video events recorded as invalid, by kind and the rule that says so.",
    ["kind", "rule"],
    registry=REGISTRY,
)
SUPPLY_FINDINGS = Counter(
    "adserver_supply_findings",
    "Faults of supply paths, by exchange and rule, refused or only reported.",
    ["exchange", "rule"],
    registry=REGISTRY,
)
SUPPLY_TABLE = Gauge(
    "adserver_supply_table_timestamp_seconds",
    "When the table of supply paths that is in use was made; 0 without one.",
    registry=REGISTRY,
)
PLACE_FAILURES = Counter(
    "adserver_place_failures",
    "Addresses that could not be looked up because the file of places is damaged in places.",
    registry=REGISTRY,
)
NETWORK_FAILURES = Counter(
    "adserver_network_failures",
    "Addresses that could not be looked up because a list of networks is damaged in places.",
    registry=REGISTRY,
)
PROFILE_FAILURES = Counter(
    "adserver_profile_failures", "Profile look-ups that failed or timed out.", registry=REGISTRY
)
PROFILE_STORE_FAILURES = Counter(
    "adserver_profile_store_failures",
    "Questions to a node of a distributed profile store that came to nothing, by why.",
    ["why"],
    registry=REGISTRY,
)
PROFILE_STORE_OPEN = Gauge(
    "adserver_profile_store_avoided_nodes",
    "Nodes of a distributed profile store that failed often and are left alone but for one try now and then.",
    registry=REGISTRY,
)
PROFILES_REMEMBERED = Counter(
    "adserver_profiles_remembered",
    "Look-ups answered from what a worker remembered of the last minute because the store did not answer.",
    registry=REGISTRY,
)
UID2_TOKENS = Counter(
    "adserver_uid2_tokens",
    "UID2 and EUID tokens in bid requests, by scope and what became of them (used, or why not).",
    ["scope", "outcome"],
    registry=REGISTRY,
)
MATCHES = Counter(
    "adserver_matches",
    "Calls for cookie matching, by exchange and what became of them.",
    ["exchange", "outcome"],
    registry=REGISTRY,
)
PRODUCT_MISFITS = Counter(
    "adserver_product_misfits",
    "Products that a template has no place for, and dynamic creatives without any product, by feed and why.",
    ["feed", "why"],
    registry=REGISTRY,
)
CAPPED_IN_FLIGHT = Gauge(
    "adserver_capped_bids_in_flight",
    "Bids of the last minute that a frequency cap counts and whose impression may still come. Other workers do not know "
    "of them: added up over all workers of all hosts, no cap is exceeded by more impressions than these bring.",
    registry=REGISTRY,
)
CONTACT_LAG = Spreads(
    "adserver_contact_lag_seconds",
    "From the arrival of an impression at the owner until every worker of every host counts it.",
    [],
    (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
    registry=REGISTRY,
)
CONTACT_DELAY = Spreads(
    "adserver_contact_delay_seconds",
    "From a bid until its impression counts; of those beyond 60 each may exceed a cap by one.",
    [],
    (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600),
    registry=REGISTRY,
)
COUNTED_SINCE = Gauge(
    "adserver_contacts_counted_since_timestamp_seconds",
    "Contacts from before may be missing, so nothing with a longer frequency cap is shown: 0 if all are known, +Inf if "
    "nobody knows.",
    registry=REGISTRY,
)
EXPOSED = Gauge(
    "adserver_exposed_nanos",
    "Full price, house nanos, of this worker's bids that hold no money any more and may still be billed: by no more than the "
    "sum over all workers could budgets be exceeded.",
    registry=REGISTRY,
)
EVENTS_DROPPED = Counter(
    "adserver_events_dropped",
    "Events dropped because the owner could not keep up, or the worker had no time for them.",
    registry=REGISTRY,
)
WRITES_FAILING = Gauge(
    "adserver_writes_failing",
    "1 while the owner can make nothing durable (a full disk, say), else 0.",
    registry=REGISTRY,
)
MODEL_REFUSED = Gauge(
    "adserver_model_refused",
    "1 while another model, or a constant, stands in for one that was refused, else 0; by kind: click, conversion, landscape.",
    ["kind"],
    registry=REGISTRY,
)
MODEL_SWAPS = Counter(
    "adserver_model_swaps",
    "How often models, their shares or corrections were taken up while requests were answered, by kind.",
    ["kind"],
    registry=REGISTRY,
)
NETWORK_LIST_REFUSED = Gauge(
    "adserver_network_list_refused",
    "1 while a copy of the last good one stands in for a list of networks that was refused, or nothing does, else 0.",
    ["list"],
    registry=REGISTRY,
)
CLOCK_SET = Counter(
    "adserver_clock_set",
    "How often the machine's clock was set by a second or more while this process ran.",
    registry=REGISTRY,
)
WAITING_LIMIT = Gauge(
    "adserver_waiting_limit",
    "How many requests may wait for what is named, as the worker found by how long it takes.",
    ["dependency"],
    registry=REGISTRY,
)
WAITING = Gauge(
    "adserver_waiting_requests",
    "How many requests wait for what is named.",
    ["dependency"],
    registry=REGISTRY,
)
WAITING_REFUSED = Counter(
    "adserver_waiting_refused",
    "Requests refused at once because too many waited for what is named.",
    ["dependency"],
    registry=REGISTRY,
)
CONNECTIONS_CUT = Counter(
    "adserver_connections_cut",
    "Connections that we cut, by why.",
    ["reason"],
    registry=REGISTRY,
)
HTTP_REFUSED = Counter(
    "adserver_http_refused",
    "What came at the public port and was no HTTP that we speak, by the status of the answer.",
    ["status"],
    registry=REGISTRY,
)
OPEN_CONNECTIONS = Gauge(
    "adserver_open_connections", "Connections open at the public port.", registry=REGISTRY
)
QUEUE_SECONDS = Gauge(
    "adserver_queue_seconds",
    "The longest that a bid request waited for its turn in the last quarter of a second.",
    registry=REGISTRY,
)
LANDSCAPE_LEVEL = Gauge(
    "adserver_landscape_level",
    "Prices at an exchange as a multiple of what the landscape learned, as this worker's wins say; 0: it is refuted, and a "
    "fixed share is offered.",
    ["exchange"],
    registry=REGISTRY,
)
SETTLED = Counter(
    "adserver_settled_nanos", "Money settled, house nanos, by entry.", ["entry"], registry=REGISTRY
)
RIGHTS = Counter(
    "adserver_rights",
    "What people had done with their data: decisions by kind, `gpc` (an opt-out that their browser asked for), `erase`.",
    ["deed"],
    registry=REGISTRY,
)
CONVERSIONS = Counter(
    "adserver_conversions",
    "Orders reported, by what became of them.",
    ["outcome"],
    registry=REGISTRY,
)
INSTALLS = Counter(
    "adserver_installs",
    "Postbacks of Apple's SKAdNetwork, by what became of them (won, lost to another network, test, repeated, unavailable, "
    "or why refused: malformed, forged, other_network, other_version, busy).",
    ["outcome"],
    registry=REGISTRY,
)
PARTNER_POSTBACKS = Counter(
    "adserver_partner_postbacks",
    "Postbacks of attribution partners, by what became of them (counted, repeated, ignored, refused, forged, unavailable).",
    ["partner", "outcome"],
    registry=REGISTRY,
)
SNAPSHOT_AGE = Gauge(
    "adserver_snapshot_loaded_timestamp_seconds", "When the snapshot was loaded.", registry=REGISTRY
)
