"""What a household is known by: an address on televisions, a graph's id anywhere, and never a guess."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.openrtb.partners import plain_sources
from adserver.openrtb.people import household
from tests.unit.openrtb.wire import decode, request

GRAPH = plain_sources(["homes.example"])
TV = 3
ADDRESS = "81.2.69.142"


def known_by(sources: Any = GRAPH, user: Any = None, **device: Any) -> str:
    return household(
        decode(request(device={"devicetype": TV, **device}, user=user or {})).request, sources
    )


@pytest.mark.parametrize("kind", [3, 6, 7])
def test_televisions_and_boxes_are_known_by_the_address_of_their_home(kind: int) -> None:
    assert known_by(devicetype=kind, ip=ADDRESS) == "5102458e"


@pytest.mark.parametrize("kind", [None, 1, 2, 4, 5, 8])
def test_what_moves_between_homes_is_not(kind: int | None) -> None:
    assert known_by(devicetype=kind, ip=ADDRESS) == ""


def test_of_a_long_address_the_part_counts_that_a_home_shares() -> None:
    one = known_by(ipv6="2a02:1234:5678:9abc:1:2:3:4")
    assert one == known_by(ipv6="2a02:1234:5678:9abc::ffff")
    assert one != known_by(ipv6="2a02:1234:5678:9abd:1:2:3:4")
    assert known_by(ip=f"::ffff:{ADDRESS}") == known_by(ip=ADDRESS)


@pytest.mark.parametrize(
    "device",
    [
        {},
        {"ip": "81.2.69.0"},
        {"ip": "192.168.1.7"},
        {"ip": "10.0.0.1"},
        {"ip": "127.0.0.1"},
        {"ip": "224.0.0.251"},
        {"ip": "100.64.3.2"},
        {"ip": "unknown"},
        {"ip": "81.2.69.142 "},
        {"ipv6": "2a02:1234:5678::"},
        {"ipv6": "fe80::1:2:3:4"},
        {"ipv6": "fd00:1:2:3::4"},
        {"ip": ADDRESS, "lmt": 1},
        {"ip": ADDRESS, "dnt": 1},
        {"ip": ADDRESS, "ext": {"atts": 2}},
    ],
)
def test_shortened_private_and_unwanted_addresses_are_nobody_s(device: dict[str, Any]) -> None:
    assert known_by(**device) == ""


def test_an_id_of_a_listed_graph_goes_first_on_any_device() -> None:
    user = {"eids": [{"source": "homes.example", "uids": [{"id": "home-7", "atype": 501}]}]}
    assert known_by(user=user, ip=ADDRESS) == "eid:homes.example:home-7"
    assert known_by(user=user, devicetype=4) == "eid:homes.example:home-7"
    assert known_by({}, user, ip=ADDRESS) == "5102458e"
    inferred = {"eids": [{**user["eids"][0], "mm": 5}]}
    assert known_by(user=inferred, devicetype=4) == ""


@given(address=st.text(max_size=60), other=st.text(max_size=60))
def test_whatever_is_sent_for_an_address_is_read_without_a_fault(address: str, other: str) -> None:
    assert len(known_by(ip=address, ipv6=other)) in {0, 8, 16}
