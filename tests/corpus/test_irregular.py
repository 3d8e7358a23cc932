"""Irregular requests: refused where the specification's required fields are broken, read otherwise.

Most of these cases come from another project's tests, an exchange's that checks publishers. A buyer is
not asked to police publishers: the groups below say, for each case that we read all the same, why.
"""

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adserver.domain.opportunity import Auction
from adserver.domain.reasons import Reason
from adserver.errors import InvalidBidRequest
from adserver.openrtb import codec, inbound
from tests.corpus.corpus import corpus
from tests.unit.openrtb.wire import EVERYTHING, RATES, TERMS

REFUSED = {
    "*whole__empty-object.json": "missing_id",
    "*whole__null.json": "wrong_type",
    "*whole__only-request-id.json": "missing_imp",
    "*whole__tmax-negative.json": "missing_imp",  # what it wants to show needs no imp
    "*whole__imp-empty-object.json": "missing_imp_id",
    "*stored__bad_stored_req.json": "missing_imp_id",
}
READ_ALL_THE_SAME = {
    "Prebid's own configuration inside `ext`, which no buyer reads": (
        "*alias-*", "*bid-adj-factors*", "*cache-nothing*", "*imp-ext-*", "*bidder-params*",
        "*stored__bad_stored_imp*", "*storedrequest-id-int*", "*user-ext-prebid-*", "*invalid-source*",
        "*metric-empty-object*", "*interstitial-empty*",
    ),
    "sizes: the specification requires none; half and broken ones are not matched": (
        "*__banner-*", "*__format-*",
    ),
    "optional numbers out of range, in fields that nobody reads": (
        "*device-*-negative*", "*user-geo-accuracy*", "*bitrate-negative*", "*audio-*-negative*",
    ),
    "privacy signals that cannot be read count as restrictions": (
        "*regs-ext-malformed*", "*regs-gdpr-invalid*", "*user-ext-consent-int*",
    ),
    "at most one of site, app and dooh: one is chosen; none of their fields is required": (
        "*site-app-both*", "*site-dooh-both*", "*site-empty*",
    ),
    "an optional object without what it requires is lost, the request is not": (
        "*deal-no-id*", "*native__*", "*native-empty*", "*video-empty*", "*video-mimes-empty*",
        "*imp-id-duplicates*",
    ),
}  # fmt: skip


def cases(kind: str, key: str) -> list[tuple[Path, dict[str, Any], Any]]:
    files = sorted(corpus("openrtb", "open", "invalid", kind).glob("*.json"))
    found = [(file, json.loads(file.read_bytes())) for file in files]
    return [(file, case, case[key]) for file, case in found]


def outcome(document: Any) -> Auction | str:
    """Return the auction, or the name of the reason that there is none, or of the refusal."""
    try:
        decoded = codec.decode(msgspec.json.encode(document))
    except InvalidBidRequest as refusal:
        return refusal.reason
    inbound.signals(decoded.request)
    seats = tuple(str(seat) for seat in decoded.request.wseat or ()) or TERMS.seats
    terms = msgspec.structs.replace(TERMS, seats=seats)
    return inbound.auction(decoded.request, terms, RATES, EVERYTHING)


def refused(found: Auction | str) -> bool:
    return not isinstance(found, Auction | Reason)


def test_prebid_s_rejects_are_refused_only_where_required_fields_are_broken() -> None:
    for file, _, document in cases("pbs", "request"):
        wanted = [reason for name, reason in REFUSED.items() if fnmatch(file.name, name)]
        found = outcome(document)
        assert ([found] if refused(found) else []) == wanted, file.name


def test_every_case_of_prebid_s_that_we_read_has_one_explanation() -> None:
    for file, case, _ in cases("pbs", "request"):
        assert case["expected_status"] == 400
        why = [
            explanation
            for explanation, names in READ_ALL_THE_SAME.items()
            if any(fnmatch(file.name, name) for name in names)
        ]
        refusals = [name for name in REFUSED if fnmatch(file.name, name)]
        assert len(why) + len(refusals) == 1, (file.name, why, refusals)


@pytest.mark.parametrize(
    ("violation", "reason"),
    [
        ("id_missing_or_not_string", "missing_id"),
        ("imp_id_missing_or_not_string", "missing_imp_id"),
    ],
)
def test_requests_without_required_ids_are_refused(violation: str, reason: str) -> None:
    found = [
        outcome(document)
        for _, case, document in cases("nonconforming", "request")
        if violation in case["violations"]
    ]
    assert found
    assert set(found) == {reason}


def test_no_other_violation_in_the_wild_costs_the_request() -> None:
    fatal = {"id_missing_or_not_string", "imp_id_missing_or_not_string"}
    for file, case, document in cases("nonconforming", "request"):
        assert refused(outcome(document)) is not fatal.isdisjoint(case["violations"]), file.name


def test_a_violation_costs_what_it_concerns() -> None:
    for file, case, document in cases("nonconforming", "request"):
        found = outcome(document)
        if not isinstance(found, Auction):
            continue
        asked = {str(imp["id"]): imp for imp in reversed(document["imp"])}
        names = [each.id for each in found.opportunities]
        assert len(set(names)) == len(names), file.name
        if "more_than_one_of_site_app_dooh" in case["violations"] and "app" in document:
            assert found.inventory_type == "app", file.name
        for each in found.opportunities:
            imp = asked[each.id]
            assert each.floor >= 0
            assert each.video is None or imp["video"]["mimes"], file.name
            assert each.native is None or isinstance(imp["native"]["request"], str), file.name
            assert all(deal.id for deal in each.deals), file.name


def test_an_outside_linter_s_cases_are_read_unless_they_are_of_version_3() -> None:
    for file, _, document in cases("rtblint", "document"):
        if not file.name.startswith("bid-requests__"):
            continue
        version_3 = "openrtb" in document
        assert outcome(document) == "missing_id" if version_3 else not refused(outcome(document))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("XRTB__answers.txt", ""),
        ("XRTB__badmobi.txt", "not_json"),
        ("XRTB__c1xbad.txt", "not_json"),
    ],
)
def test_raw_bodies(name: str, reason: str) -> None:
    body = corpus("openrtb", "open", "invalid", "raw", name).read_bytes()
    if not reason:
        assert codec.decode(body).dropped == ()
        return
    with pytest.raises(InvalidBidRequest, match=reason):
        codec.decode(body)
