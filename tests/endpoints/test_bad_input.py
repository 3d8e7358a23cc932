"""What is no bid request is refused by status and a short reason, and never harms the server."""

import gzip
import json
from typing import Any

import pytest

from tests.endpoints.client import Client
from tests.endpoints.server import Server
from tests.endpoints.wire import request

LARGEST = 256 * 1024
GOOD = json.dumps(request()).encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"GET / HTTP/1.1\r\n\r\n", "not_json"),
        (b"[]", "wrong_type"),
        (b"null", "wrong_type"),
        (b"7", "wrong_type"),
        (b"{}", "missing_id"),
        (b'{"id": "", "imp": [{"id": "1"}]}', "missing_id"),
        (b'{"id": "1"}', "missing_imp"),
        (b'{"id": "1", "imp": []}', "missing_imp"),
        (b'{"id": "1", "imp": [{}]}', "missing_imp_id"),
        (b'{"id": ["1"], "imp": [{"id": "1"}]}', "wrong_type"),
        (b'{"id": "1", "imp": "x"}', "wrong_type"),
        (b'{"id": "1", "imp": ["x"]}', "wrong_type"),
        (b'{"id": "1", "imp": [{"id": {}}]}', "wrong_type"),
        (b'{"id": "1", "imp": [{"id": "1"}], "ext": ' + b"[" * 100_000, "too_deep"),
        (b'{"id": "' + b"x" * LARGEST + b'", "imp": [{"id": "1"}]}', "too_large"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_without_a_body(
    exchange: Client, body: bytes, reason: str
) -> None:
    reply = exchange.bid(body)
    status = 413 if reason == "too_large" else 400
    assert (reply.status, reply.body, reply.reason) == (status, b"", reason)
    assert exchange.bid(GOOD).status == 200  # on the same connection


def test_a_wrong_optional_field_costs_nothing_but_itself(exchange: Client) -> None:
    reply = exchange.bid(request(site="news.example", badv=7, user={"id": {}}))
    assert reply.status == 200


@pytest.mark.parametrize("name", ["gzip", "GZIP"])
def test_a_compressed_request_is_read(exchange: Client, name: str) -> None:
    assert exchange.bid(gzip.compress(GOOD), Content_Encoding=name).status == 200


def test_a_long_answer_is_compressed_for_those_who_ask(exchange: Client) -> None:
    asked = request(imp=[{"id": str(n), "banner": {"w": 300, "h": 250}} for n in range(3)])
    packed = exchange.bid(asked, Accept_Encoding="gzip, deflate")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.body[:2] == b"\x1f\x8b"
    assert len(packed.json()["seatbid"][0]["bid"]) == 3
    plain = exchange.bid(asked)
    assert plain.headers["Content-Encoding"] is None
    assert len(plain.body) > len(packed.body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (GOOD, "not_gzip"),
        (gzip.compress(GOOD, mtime=0)[:-9], "not_gzip"),
        (gzip.compress(GOOD, mtime=0) + b"more", "not_gzip"),
        (gzip.compress(b" " * 50_000_000, mtime=0), "too_large"),
        (b"", "not_gzip"),
    ],
)
def test_damaged_and_bombing_gzip_is_refused(exchange: Client, body: bytes, reason: str) -> None:
    reply = exchange.bid(body, Content_Encoding="gzip")
    status = 413 if reason == "too_large" else 400
    assert (reply.status, reply.body, reply.reason) == (status, b"", reason)


def test_other_compressions_are_refused(exchange: Client) -> None:
    reply = exchange.bid(GOOD, Content_Encoding="br")
    assert reply.status == 415
    assert reply.json()["field"] == "Content-Encoding"


@pytest.mark.parametrize("path", ["nobody", "", "open/more", "%2e%2e", "open%00", "OPEN"])
def test_an_unknown_exchange_is_told_as_a_problem(exchange: Client, path: str) -> None:
    reply = exchange.bid(GOOD, path)
    assert reply.status == 404
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json()["field"] == "exchange"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_bid_requests_are_posted(exchange: Client, method: str) -> None:
    reply = exchange.call(method, "/openrtb2/open")
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path", ["/", "//", "/metrics", "/report", "/explain", "/x" * 2_000, "/n/win"]
)
def test_nothing_else_is_on_the_public_port(exchange: Client, path: str) -> None:
    assert exchange.call("GET", path).status == 404


def test_a_body_beyond_all_bounds_is_refused_and_the_server_lives(generous: Server) -> None:
    with generous.client() as exchange:
        reply = exchange.bid(b" " * (4 << 20))
    assert (reply.status, reply.reason) == (413, "too_large")
    with generous.client() as exchange:
        assert exchange.bid(GOOD).status == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /openrtb2/open HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /openrtb2/open HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /openrtb2/open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_400_or_nothing(generous: Server, raw: bytes) -> None:
    answer = generous.raw(raw)
    assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer[:100]
    assert b"Traceback" not in answer


def test_requests_may_come_in_pieces_and_one_behind_the_other(generous: Server) -> None:
    head = b"POST /openrtb2/open HTTP/1.1\r\nHost: x\r\n"
    half = len(GOOD) // 2
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (GOOD[:half], GOOD[half:]))
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"
    whole = head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(GOOD) + GOOD
    answer = generous.raw(chunked + whole, hang_up=False)
    assert answer.count(b"HTTP/1.1 200 OK") == 2


def test_who_has_no_time_left_gets_no_bid_by_that_name(generous: Server, exchange: Client) -> None:
    before = generous.no_bids("time_out")
    for tmax in (1, 15, 0):
        assert exchange.bid(request(tmax=tmax)).status == 204
    assert generous.no_bids("time_out") == before + 3
    assert exchange.bid(request(tmax=1_000)).status == 200


def test_an_exchange_that_wants_reasons_gets_them(exchange: Client) -> None:
    asked: dict[str, Any] = request(tmax=1)
    reply = exchange.bid(asked, "telling")
    assert reply.status == 200
    assert (reply.json()["id"], reply.json()["nbr"]) == (asked["id"], 15)
