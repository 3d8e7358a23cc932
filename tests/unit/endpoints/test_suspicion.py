"""The device behind a call is found through proxies that we believe, and through no others."""

import pytest

from adserver.domain.networks import Networks, network
from adserver.endpoints.messages import Request
from adserver.endpoints.suspicion import Visitor, Visitors

OURS = Visitors(Networks(map(network, ["127.0.0.0/8", "10.0.0.0/8", "2001:db8:f::/48"])))
HOME, CLOUD = "203.0.113.9", "198.51.100.9"
AGENT = "Browser/1.0"


def visitor(peer: str, **headers: str) -> Visitor:
    named = {name.replace("_", "-").encode(): text.encode() for name, text in headers.items()}
    return OURS.visitor(call(peer, {b"user-agent": AGENT.encode(), **named}))


def call(peer: str, headers: dict[bytes, bytes]) -> Request:
    return Request("GET", "/t/click/x", headers, b"", 0.0, peer=peer)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (HOME, "", HOME),
        (HOME, CLOUD, HOME),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", HOME, HOME),
        ("127.0.0.1", f"{CLOUD}, {HOME}", HOME),
        ("127.0.0.1", f"{CLOUD}, {HOME}, 10.1.1.1", HOME),
        ("127.0.0.1", "10.2.2.2,10.1.1.1", "10.2.2.2"),
        ("2001:db8:f::1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "unknown", "unknown"),
        ("127.0.0.1", ", ".join([CLOUD] * 1_000 + ["10.1.1.1"] * 50), "10.1.1.1"),
    ],
)
def test_the_nearest_word_of_somebody_unknown_counts(
    peer: str, forwarded: str, address: str
) -> None:
    assert visitor(peer, x_forwarded_for=forwarded) == (AGENT, address)


def test_a_server_that_we_believe_speaks_for_a_device() -> None:
    told = {"x_device_ip": HOME, "x_device_user_agent": "Television/2"}
    assert visitor("10.1.1.1", **told) == ("Television/2", HOME)
    assert visitor("127.0.0.1", x_forwarded_for="10.1.1.1", **told) == ("Television/2", HOME)
    assert visitor(CLOUD, **told) == (AGENT, CLOUD)
    assert visitor("127.0.0.1", x_forwarded_for=CLOUD, **told) == (AGENT, CLOUD)


def test_bytes_that_are_no_text_are_no_address_and_no_fault() -> None:
    odd = {b"x-forwarded-for": b"\xff\x00", b"user-agent": b"\xfe"}
    assert OURS.visitor(call("127.0.0.1", odd)) == ("\xfe", "\xff\x00")
