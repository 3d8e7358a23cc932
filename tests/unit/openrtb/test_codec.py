"""What is refused, what is repaired, and that nothing else ever escapes."""

import gc
import gzip
import zlib
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.domain.opportunity import Auction
from adserver.domain.reasons import Reason
from adserver.errors import InvalidBidRequest
from adserver.openrtb import codec, inbound
from adserver.openrtb.request import BidRequest
from tests.bench.bench_openrtb import REQUEST
from tests.unit.openrtb.wire import EVERYTHING, RATES, TERMS, decode, imp, request

GOOD = msgspec.json.encode(REQUEST)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b'{"id":"r","imp":[{"id":"1"}]} x', "not_json"),
        (b'{"id":"r","imp":[{"id":"1"}],"x":NaN}', "not_json"),
        (b'{"id":"\\ud800","imp":[{"id":"1"}]}', "not_json"),
        (b'{"id":1,"imp":[{"id":"1","secure":{}}],"x":}', "not_json"),
        (b"null", "wrong_type"),
        (b"[]", "wrong_type"),
        (b'{"id":{},"imp":[{"id":"1"}]}', "wrong_type"),
        (b'{"id":"r","imp":{"id":"1"}}', "wrong_type"),
        (b'{"id":"r","imp":["1"]}', "wrong_type"),
        (b'{"id":"r","imp":[{"id":["1"]}]}', "wrong_type"),
        (b'{"id":"\xff","imp":[{"id":"1"}]}', "wrong_type"),
        (b'{"imp":[{"id":"1"}]}', "missing_id"),
        (b'{"id":null,"imp":[{"id":"1"}]}', "missing_id"),
        (b'{"id":"","imp":[{"id":"1"}]}', "missing_id"),
        (b'{"id":"r"}', "missing_imp"),
        (b'{"id":"r","imp":[]}', "missing_imp"),
        (b'{"id":"r","imp":null}', "missing_imp"),
        (b'{"id":"r","imp":[{"id":"1"},{}]}', "missing_imp_id"),
        (b'{"id":"r","ext":' + b"[" * 5_000 + b"]" * 5_000 + b"}", "too_deep"),
        (b'{"id":"r","x":"' + b"x" * codec.MAX_BODY_BYTES + b'"}', "too_large"),
        (b'{"id":"r","imp":[{"id":"1"}],"badv":[' + b"{}," * 200 + b"{}]}", "wrong_type"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidBidRequest) as refusal:
        codec.decode(body)
    assert refusal.value.reason == reason
    assert reason in codec.REFUSALS


def test_a_good_request_loses_nothing() -> None:
    decoded = codec.decode(GOOD)
    assert decoded.dropped == ()
    assert decoded.request.id == REQUEST["id"]


def test_numbers_for_ids_and_texts_for_numbers_are_taken() -> None:
    decoded = decode({"id": 7, "imp": [{"id": 8, "secure": "1", "bidfloor": "1.5"}], "at": 1.0})
    assert decoded.dropped == ()
    assert decoded.request.imp
    only = decoded.request.imp[0]
    assert (decoded.request.id, only.id, only.secure, only.bidfloor) == (7, 8, 1, 1.5)
    assert decoded.request.at == 1


@pytest.mark.parametrize(
    ("fields", "dropped"),
    [
        ({"site": {"cat": ["IAB1", None, 3]}}, ("site.cat[1]", "site.cat[2]")),
        ({"site": "here"}, ("site",)),
        ({"tmax": -5}, ("tmax",)),
        ({"tmax": 10**400}, ("tmax",)),
        ({"at": True}, ("at",)),
        ({"user": {"data": [{"segment": [7]}, "x"]}}, ("user.data[0].segment[0]", "user.data[1]")),
        ({"cur": "USD"}, ("cur",)),
    ],
)
def test_an_optional_field_of_a_wrong_type_is_dropped_alone(
    fields: dict[str, Any], dropped: tuple[str, ...]
) -> None:
    decoded = decode(request(imp(tagid="kept"), badv=["kept.example"], **fields))
    assert decoded.dropped == dropped
    assert decoded.request.badv == ["kept.example"]
    assert [each.tagid for each in decoded.request.imp or ()] == ["kept"]


def test_text_that_is_no_utf8_costs_only_its_field() -> None:
    body = b'{"id":"r","imp":[{"id":"1","tagid":"\xff"}],"bcat":["IAB1"]}'
    decoded = codec.decode(body)
    assert decoded.dropped == ("imp[0].tagid",)
    assert decoded.request.bcat == ["IAB1"]


def test_numbers_beyond_any_range_where_nobody_reads_do_no_harm() -> None:
    body = b'{"id":"r","imp":[{"id":"1","secure":[]}],"x":' + b"9" * 5_000 + b',"y":1e999}'
    assert codec.decode(body).dropped == ("imp[0].secure",)


def test_gzip_comes_back_as_it_was() -> None:
    assert codec.inflate(gzip.compress(GOOD)) == GOOD


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (GOOD, "not_gzip"),
        (b"", "not_gzip"),
        (gzip.compress(GOOD, mtime=0)[:-9], "not_gzip"),
        (gzip.compress(GOOD, mtime=0) + b"more", "not_gzip"),
        (zlib.compress(GOOD), "not_gzip"),
        (gzip.compress(bytes(50_000_000), 1, mtime=0), "too_large"),
    ],
    ids=["plain", "empty", "cut", "followed", "zlib", "bomb"],
)
def test_gzip_that_is_damaged_or_a_bomb_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidBidRequest) as refusal:
        codec.inflate(body)
    assert refusal.value.reason == reason


HOSTILE = st.sampled_from(
    [
        b"{", b"}", b"[", b"]", b",", b":", b'"', b"null", b"true", b"-1", b"9" * 400, b"1e308",
        b'"NaN"', b'"inf"', b"-0.0", b"1e-400", b"[]", b"{}", b'"\\u0000"', b'"\\ud83d"', b"\xff",
        b"[[[[" * 300, b'"' + b"x" * 3_000 + b'"', b"[" + b"1," * 3_000 + b"1]",
    ]
)  # fmt: skip
MUTATIONS = st.lists(
    st.tuples(st.integers(0, len(GOOD)), st.integers(0, 30), HOSTILE | st.binary(max_size=8)),
    min_size=1,
    max_size=4,
)


def survives(body: bytes) -> None:
    """Everything that decodes can be read to the end; everything else is refused by name."""
    try:
        decoded = codec.decode(body)
    except InvalidBidRequest as error:
        refusal = error.reason
    else:
        refusal = ""
        reads(decoded)
    assert refusal in {"", *codec.REFUSALS}


def reads(decoded: codec.Decoded) -> None:
    """Whatever was decoded leads to an auction that can be written down, or to a reason."""
    inbound.signals(decoded.request)
    inbound.time_left_ms(decoded.request, TERMS)
    read = inbound.auction(decoded.request, TERMS, RATES, EVERYTHING)
    assert isinstance(read, Auction | Reason)
    if isinstance(read, Auction):
        msgspec.json.encode(read)


@settings(max_examples=400, deadline=None)
@given(MUTATIONS)
def test_damaged_bytes_are_read_or_refused(mutations: list[tuple[int, int, bytes]]) -> None:
    body = GOOD
    for start, length, patch in mutations:
        body = body[:start] + patch + body[start + length :]
    survives(body)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10)
    | st.sampled_from(["nan", "inf", "-inf", "1", "0", "\0", "USD", "https://[", "{}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def _paths(thing: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(thing, dict | list):
        for key in thing if isinstance(thing, dict) else range(len(thing)):
            found += _paths(thing[key], (*path, key))
    return found


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(_paths(REQUEST)), VALUES)
def test_any_value_in_any_place_is_read_or_refused(path: tuple[Any, ...], value: Any) -> None:
    document = msgspec.json.decode(GOOD)
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    survives(msgspec.json.encode(document))


def test_the_slow_path_reads_what_the_fast_path_reads() -> None:
    slow = codec.decode(GOOD[:-1] + b',"tmax":[]}')  # the last of two equal keys counts
    fast = msgspec.structs.replace(codec.decode(GOOD).request, tmax=None)
    assert isinstance(slow.request, BidRequest)
    assert slow.dropped == ("tmax",)
    assert slow.request == fast


@pytest.mark.parametrize(
    "body",
    [b"{", b"[" * 5_000, b'{"id": "1", "imp": [{"id": "1", "secure": {}}]}', b"null", b'"\\ud800"'],
)
def test_what_is_refused_or_repaired_leaves_nothing_for_the_collector(body: bytes) -> None:
    """It looks seldom: what stays until then is a body of any size for each damaged request."""

    def attempt() -> None:
        with suppress(InvalidBidRequest):
            codec.decode(body)

    attempt()
    gc.collect()
    gc.disable()
    try:
        attempt()
        assert gc.collect() == 0
    finally:
        gc.enable()
