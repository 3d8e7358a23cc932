"""Caps per household over HTTP: what one television has shown counts on the next, and only where an id may be read."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import Client
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import links, request

Make = Callable[..., Server]
ONCE = [{"impressions": 1, "hours": 24, "per": "household"}]
HOME, NEIGHBOURS = "81.2.69.142", "81.2.69.143"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve one banner that each household sees once a day."""
    server = Server(
        tmp_path_factory.mktemp("films"),
        one_banner(frequency_caps=ONCE),
        {"identity": {"households": ["homes.example"]}},
    )
    yield server.start()
    server.stop()


@pytest.fixture
def line(films: Server) -> Iterator[Client]:
    """Connect to it."""
    with films.client() as client:
        yield client


def tv(address: str, name: str, user: Any = None, **device: Any) -> dict[str, Any]:
    given = {
        "devicetype": 3, "ip": address, "ifa": f"{name}-ifa", "geo": {"country": "USA"}, **device,
    }  # fmt: skip
    return request(device=given, user=user or {}, app={"bundle": "46041"}, site=None)


def shows(line: Client, asked: dict[str, Any]) -> bool:
    """Ask, and let the impression come true."""
    reply = line.bid(asked)
    if reply.status == 204:
        return False
    assert line.follow(links(reply.bid())[0]).status == 200
    return True


def test_the_second_television_of_a_household_shows_what_the_first_has_not(line: Client) -> None:
    assert shows(line, tv(HOME, "living room"))
    assert not shows(line, tv(HOME, "kitchen"))
    assert shows(line, tv(NEIGHBOURS, "next door"))
    assert not shows(line, tv(NEIGHBOURS, "next door"))


def test_it_still_counts_when_nobody_s_memory_but_the_store_has_it(make: Make) -> None:
    server = make(one_banner(frequency_caps=ONCE)).start()
    with server.client() as client:
        assert shows(client, tv(HOME, "living room"))
    server.stop()
    server.start()
    with server.client() as client:
        assert not shows(client, tv(HOME, "kitchen"))
        assert shows(client, tv(NEIGHBOURS, "kitchen"))


def test_a_telephone_is_of_the_household_only_if_a_graph_says_so(line: Client) -> None:
    of_home = {"eids": [{"source": "homes.example", "uids": [{"id": "home-1"}]}]}
    assert not shows(line, tv("81.2.70.9", "phone", devicetype=4))
    assert shows(line, tv("81.2.70.9", "phone", of_home, devicetype=4))
    assert not shows(line, tv("81.2.70.10", "tv", of_home))


@pytest.mark.parametrize(
    "forbidden",
    [{"lmt": 1}, {"dnt": 1}, {"ip": "81.2.71.0"}, {"ip": "10.0.0.7"}],
    ids=str,
)
def test_without_leave_or_a_whole_address_there_is_no_household(
    line: Client, forbidden: dict[str, Any]
) -> None:
    assert not shows(line, tv("81.2.71.1", "tv") | {"device": tv("81.2.71.1", "tv", **forbidden)["device"]})  # fmt: skip


def test_whoever_opts_out_by_the_link_in_the_ad_decides_for_the_household(line: Client) -> None:
    address = "81.2.72.5"
    asked = tv(address, "bedroom")
    token = links(line.bid(asked).bid())[0].partition("/t/impression/")[2].partition("?")[0]
    body = f'{{"change": "opt_out", "token": "{token}"}}'.encode()
    said = line.call("POST", "/r/api/choices", body, Content_Type="application/json")
    assert said.status == 200, said.body
    wait(lambda: not shows(line, tv(address, "bedroom")), 5.0)
    assert not shows(line, tv(address, "bathroom"))
    assert shows(line, tv("81.2.72.6", "bathroom"))
