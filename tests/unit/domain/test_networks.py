"""Networks agree with the standard library's, for any lists and addresses."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.networks import Networks, network, packed

ADDRESSES = st.ip_addresses()


@st.composite
def networks(draw: st.DrawFn) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Draw a network; few bits, so that they overlap and touch."""
    if draw(st.booleans()):
        length = draw(st.integers(0, 32))
        first = draw(st.integers(0, 2**5 - 1)) << 27 | draw(st.integers(0, 3))
        return ipaddress.IPv4Network((first, length), strict=False)
    length = draw(st.integers(0, 128))
    first = draw(st.integers(0, 2**5 - 1)) << 123 | draw(st.integers(0, 3))
    return ipaddress.IPv6Network((first, length), strict=False)


@given(st.lists(networks(), max_size=20), st.lists(ADDRESSES, max_size=5))
def test_membership_is_the_standard_librarys(
    listed: list[ipaddress.IPv4Network | ipaddress.IPv6Network],
    strangers: list[ipaddress.IPv4Address | ipaddress.IPv6Address],
) -> None:
    """Asked about any address, and about the first and last of each network and their neighbours."""
    ours = Networks(network(str(each)) for each in listed)
    edges = [
        type(each.network_address)(number)
        for each in listed
        for number in (
            int(each.network_address),
            int(each.broadcast_address),
            max(0, int(each.network_address) - 1),
            min(2**each.max_prefixlen - 1, int(each.broadcast_address) + 1),
        )
    ]
    for address in (*strangers, *edges):
        wanted = any(address in each for each in listed)
        assert (address.packed in ours) == wanted, address


@given(ADDRESSES)
def test_an_address_is_read_as_the_standard_library_reads_it(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    mapped = getattr(address, "ipv4_mapped", None)
    assert packed(str(address)) == (mapped or address).packed


@given(st.text(max_size=50))
def test_any_text_is_an_address_or_none(text: str) -> None:
    found = packed(text)
    try:
        wanted = ipaddress.ip_address(text)
    except ValueError:
        assert found is None
    else:
        mapped = getattr(wanted, "ipv4_mapped", None)
        assert found == (mapped or wanted).packed or "%" in text


@pytest.mark.parametrize(
    "text",
    ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "01.2.3.4", "0x1.2.3.4", "1.2.3.4\0", "\ud800", "::1%eth0", "[::1]"],
)  # fmt: skip
def test_what_is_no_address_is_none(text: str) -> None:
    assert packed(text) is None


def test_a_mapped_address_is_the_ipv4_address() -> None:
    assert packed("::ffff:192.0.2.7") == packed("192.0.2.7")
    assert packed("::ffff:192.0.2.7") in Networks([network("192.0.2.0/24")])  # type: ignore[operator]  # it is one


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("192.0.2.1/24", "write 192.0.2.0/24"),
        ("2001:db8::1/32", "write 2001:db8::/32"),
        ("192.0.2.0/33", "between /0 and /32"),
        ("192.0.2.0/-1", "between /0 and /32"),
        ("192.0.2.0/", "between /0 and /32"),
        ("2001:db8::/129", "between /0 and /128"),
        ("192.0.2.0/99999999999999999999", "between /0 and /32"),
        ("clouds.example", "no IPv4 or IPv6 address"),
        ("::ffff:192.0.2.0/120", "no IPv4 or IPv6 address"),
        ("192.0.2.0-192.0.2.9", "no IPv4 or IPv6 address"),
    ],
)
def test_what_is_no_network_says_what_to_write(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        network(text)


def test_what_overlaps_or_touches_is_one() -> None:
    whole = ["192.0.2.0/25", "192.0.2.128/25", "192.0.2.4", "198.51.100.0/24", "2001:db8::/32"]
    assert len(Networks(map(network, whole))) == 3
