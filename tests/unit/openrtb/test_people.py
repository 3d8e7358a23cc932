"""Which ids of a person a request carries, and which of them stand for nobody."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.consent import Signals
from adserver.errors import InvalidBidRequest
from adserver.openrtb import codec
from adserver.openrtb.partners import (
    MAX_EIDS_BYTES,
    MAX_ID_LENGTH,
    MAX_TOKEN_LENGTH,
    IdSource,
    Provenance,
    eids,
    plain_sources,
    provenance,
)
from adserver.openrtb.people import MAX_IDS, identifiers, place
from adserver.openrtb.request import BidRequest
from adserver.privacy.permission import permit
from adserver.privacy.rules import Rules
from tests.unit.openrtb.wire import decode, request

SOURCES = plain_sources(["id5-sync.com", "PubCID.org", "liveramp.com"])
IFA = "6D92078A-8246-4BA4-AE5B-76104861E7DC"


def eid(source: str, *ids: Any, **fields: Any) -> dict[str, Any]:
    return {"source": source, "uids": [{"id": each, "atype": 1} for each in ids], **fields}


def ids(**fields: Any) -> list[tuple[str, str]]:
    return identifiers(decode(request(**fields)).request, SOURCES)


def partners(*found: Any, **ext: Any) -> list[tuple[str, str]]:
    return ids(user={"eids": list(found), **ext})


def test_all_ids_come_the_most_lasting_first() -> None:
    user = {
        "id": "theirs", "buyeruid": 7,
        "eids": [eid("pubcid.org", "p"), eid("id5-sync.com", "five")],
        "ext": {"eids": [eid("liveramp.com", "l")]},
    }  # fmt: skip
    assert ids(device={"ifa": IFA}, user=user) == [
        ("ifa", IFA.lower()), ("buyeruid", "7"), ("user", "theirs"),
        ("eid:id5-sync.com", "five"), ("eid:pubcid.org", "p"), ("eid:liveramp.com", "l"),
    ]  # fmt: skip


def test_the_device_is_not_asked_where_it_says_no() -> None:
    zeros = {"ifa": "00000000-0000-0000-0000-000000000000"}
    for said in ({"lmt": 1}, {"dnt": 1}, {"lmt": 0, "ext": {"atts": 0}}, zeros):
        assert ids(device={"ifa": IFA, **said}) == []
    assert ids(device={"ifa": IFA, "ext": {"atts": 3, "ifv": "v"}}) == [("ifa", IFA.lower())]


@pytest.mark.parametrize(
    "nobody", ["", "0", "-1", "NULL", "undefined", "OptOut", "${UID}", "{uid}", "[UID]", "%%ID%%", "x" * 201]
)  # fmt: skip
def test_what_senders_write_who_know_no_id_makes_nobody_a_person(nobody: str) -> None:
    user = {"id": nobody, "buyeruid": nobody, "eids": [eid("pubcid.org", nobody)]}
    assert ids(user=user, device={"ifa": nobody}) == []


def test_only_listed_sources_count_whatever_their_case() -> None:
    assert partners(eid("stranger.example", "s"), eid(" PUBCID.ORG ", "p")) == [
        ("eid:pubcid.org", "p")
    ]
    assert identifiers(decode(request(user={"eids": [eid("pubcid.org", "p")]})).request) == []


@pytest.mark.parametrize("inferred", [5, "5", 5.0, "5.0", "inference", "", [], {}])
def test_an_inferred_id_stands_for_nobody(inferred: Any) -> None:
    """Nor one of which nobody can read how it was found."""
    assert partners(eid("pubcid.org", "p", mm=inferred), eid("id5-sync.com", "f")) == [
        ("eid:id5-sync.com", "f")
    ]


@pytest.mark.parametrize("method", [None, 0, 1, "2", 3, 4, 6, 99, -1, "3"])
def test_any_other_method_is_as_good_as_none_even_one_that_nobody_knows(method: Any) -> None:
    assert partners(eid("pubcid.org", "p", mm=method)) == [("eid:pubcid.org", "p")]


def test_of_one_source_a_persons_ids_come_before_a_browsers_and_there_are_two_at_most() -> None:
    uids = [
        {"id": "browser", "atype": 1},
        {"id": "person", "atype": 3},
        {"id": "new", "atype": 501},
    ]
    assert partners({"source": "pubcid.org", "uids": uids}) == [
        ("eid:pubcid.org", "person"), ("eid:pubcid.org", "browser"),
    ]  # fmt: skip


def test_the_old_and_the_new_place_are_read_and_the_same_id_counts_once() -> None:
    both = partners(eid("pubcid.org", "p"), ext={"eids": [eid("pubcid.org", "p", "q")]})
    assert both == [("eid:pubcid.org", "p"), ("eid:pubcid.org", "q")]


def test_there_are_never_more_than_eight() -> None:
    many = {f"s{n}.example": IdSource(f"eid:s{n}.example") for n in range(20)}
    found = [eid(host, "a", "b", "c") for host in many]
    asked = decode(request(device={"ifa": IFA}, user={"id": "u", "eids": found})).request
    assert len(identifiers(asked, many)) == MAX_IDS
    assert identifiers(asked, many)[2:4] == [("eid:s0.example", "a"), ("eid:s0.example", "b")]


@pytest.mark.parametrize(
    "hostile",
    [
        [{"source": "pubcid.org"}] * 10_000,
        [[]] * 10_000,
        "pubcid.org",
        {"source": "pubcid.org"},
        [None, 1, "x", {"uids": 3}, {"source": 5}, {"source": "pubcid.org", "uids": [[]]}],
        [eid("pubcid.org", "p\0q"), eid("id5-sync.com", "a\nb"), eid("liveramp.com", "x" * 100_000)],
        [{"source": "pubcid.org\0", "uids": [{"id": "p"}]}],
        [{"source": "pubcid.org", "uids": None}, {"source": None, "uids": [{"id": "p"}]}],
        7,
    ],
)  # fmt: skip
def test_hostile_ids_are_no_ids_and_cost_nothing_else(hostile: Any) -> None:
    for user in ({"id": "u", "eids": hostile}, {"id": "u", "ext": {"eids": hostile}}):
        decoded = decode(request(user=user))
        assert decoded.dropped == ()
        assert identifiers(decoded.request, SOURCES) == [("user", "u")]


def test_one_unreadable_entry_spoils_no_other() -> None:
    assert partners({"source": 5}, eid("pubcid.org", "p"), 3, eid("id5-sync.com", [1])) == [
        ("eid:pubcid.org", "p")
    ]


def test_unreadable_text_among_the_ids_leaves_them_out() -> None:
    body = b'{"id":"r","imp":[{"id":"1"}],"user":{"id":"u","eids":[{"source":"pubcid.org","uids":[{"id":"\xff"}]}]}}'
    assert identifiers(codec.decode(body).request, SOURCES) == [("user", "u")]


def test_tokens_are_opened_with_the_place_where_the_advertisement_will_show() -> None:
    asked: list[tuple[str, str]] = []

    def opened(token: str, where: str) -> str | None:
        asked.append((token, where))
        return "raw" if token == "good" else None

    sources = {"uidapi.com": IdSource("uid2", opened)}
    long = "t" * (MAX_TOKEN_LENGTH + 1)
    user = {"eids": [eid("uidapi.com", long, "bad", "good")]}
    found = decode(request(user=user, site={"domain": "News.Example"})).request
    assert identifiers(found, sources) == [("uid2", "raw")]
    assert asked == [("bad", "news.example"), ("good", "news.example")]
    assert place(decode(request(app={"bundle": 123})).request) == "123"
    assert place(decode(request()).request) == ""


def test_explaining_tells_how_ids_came_here_and_never_which() -> None:
    user = decode(
        request(
            user={
                "eids": [
                    eid("pubcid.org", "secret-1", inserter="ssp.example", matcher="m.example", mm="3"),
                    eid("id5-sync.com", "secret-2", mm=5),
                    eid("stranger.example", "secret-3"),
                    eid("liveramp.com", "${UID}"),
                    *[eid("stranger.example", "secret-4")] * 30,
                ]
            }
        )
    ).request.user  # fmt: skip
    assert user is not None
    told = provenance(user, SOURCES, "")
    assert told[:4] == [
        Provenance("pubcid.org", "ssp.example", "m.example", 3, "used"),
        Provenance("id5-sync.com", "", "", 5, "inferred"),
        Provenance("stranger.example", "", "", None, "source_not_listed"),
        Provenance("liveramp.com", "", "", None, "no_id"),
    ]
    assert len(told) == 20
    assert "secret" not in repr(told)


@pytest.mark.parametrize("signals", [Signals(coppa=True), Signals(limited=True), Signals(gpc=True)])
def test_those_who_may_not_be_identified_are_not(signals: Signals) -> None:
    """`identifiers` reads what it is given; that nobody asks it here is the permission's doing."""
    permission = permit(signals, Rules(vendor=0), 1_790_000_000, contextual_without_consent=True)
    assert not permission.identify


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats(allow_nan=False),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["source", "uids", "id", "atype", "mm"]), inner, max_size=5),
        max_leaves=20,
    )
)  # fmt: skip
def test_whatever_stands_there_ids_are_bounded_and_nothing_is_raised(found: Any) -> None:
    body = msgspec.json.encode(request(user={"eids": found}))
    read = identifiers(codec.decode(body).request, SOURCES)
    assert len(read) <= MAX_IDS
    assert all(kind in {"eid:" + host for host in SOURCES} for kind, _ in read)
    assert all(0 < len(each) <= MAX_ID_LENGTH and each.isprintable() for _, each in read)


def test_every_request_of_the_corpus_is_read() -> None:
    root = os.environ.get("ADSERVER_CORPUS")
    if root is None:
        assert os.environ.get("CI") != "true", "CI needs ADSERVER_CORPUS"
        pytest.skip("ADSERVER_CORPUS is not set")
    seen: set[str] = set()
    for path in sorted(Path(root, "openrtb", "open").rglob("*.json")):
        body = path.read_bytes()
        if b'"eids"' not in body:
            continue
        for found in _requests(json.loads(body.decode("utf-8-sig"))):
            every = {
                each.host: IdSource("eid") for each in (eids(found.user) if found.user else ())
            }
            seen.update(every)
            assert len(identifiers(found, every)) <= MAX_IDS
    assert {"criteo.com", "pubcid.org", "liveramp.com"} <= seen


def _requests(document: Any) -> list[BidRequest]:
    """Return the bid requests in a test case of another project, wherever they stand."""
    found: list[BidRequest] = []
    if isinstance(document, dict):
        if "imp" in document:
            with suppress(InvalidBidRequest):  # some cases are meant to be refused
                found.append(codec.decode(json.dumps(document).encode()).request)
        for each in document.values():
            found += _requests(each)
    elif isinstance(document, list):
        for each in document:
            found += _requests(each)
    return found


def test_a_list_beyond_measure_is_none() -> None:
    padding = [eid("stranger.example", "x" * 150)] * (MAX_EIDS_BYTES // 150)
    assert partners(eid("pubcid.org", "p"), *padding) == []
