"""What a request does not say and its address or user agent does."""

from typing import Any

import pytest

from adserver.domain.agent import Agent
from adserver.domain.place import Place
from adserver.domain.targeting import Dimension
from adserver.openrtb.completing import Completer
from adserver.openrtb.device import browser, model, os_version
from adserver.openrtb.place import geography, system
from adserver.openrtb.request import BidRequest
from tests.unit.openrtb.wire import CONTEXT, EVERYTHING, decode, request

D = Dimension
ASKED = frozenset({D.OS, D.OS_VERSION, D.BROWSER, D.MAKER, D.MODEL})
IPHONE = Agent("Mobile Safari", "iOS", "17.5", "Apple", "iPhone")


class FakePlaces:
    """One address is in Milwaukee."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def place(self, address: str) -> Place | None:
        """Know one address."""
        self.asked.append(address)
        return Place("USA", "WI", "Milwaukee") if address == "192.0.2.1" else None


class FakeAgents:
    """Every string is an iPhone's."""

    def __init__(self) -> None:
        self.asked = 0

    def agent(self, text: str) -> Agent:
        """Know one device."""
        self.asked += 1
        return IPHONE


def asking(**device: Any) -> BidRequest:
    return decode(request(device=device)).request


def where(made: BidRequest) -> tuple[str, str, str]:
    return geography(made.device.geo if made.device else None)


def test_an_address_tells_country_to_everybody_and_more_where_ids_may_be_read() -> None:
    for permission, found in (
        (EVERYTHING, ("USA", "USA-WI", "USA/milwaukee")),
        (CONTEXT, ("USA", "", "")),
    ):
        made, places = asking(ip="192.0.2.1"), FakePlaces()
        completer = Completer(places, None, frozenset())
        place = completer.locate(made)
        assert where(made) == ("USA", "", "")
        assert completer.complete(made, place, permission) == permission.identify
        assert where(made) == found
        assert places.asked == ["192.0.2.1"]


@pytest.mark.parametrize(
    ("device", "found"),
    [
        ({"geo": {"country": "USA"}}, ("USA", "USA-WI", "USA/milwaukee")),
        ({"geo": {"country": "DEU"}}, ("DEU", "", "")),
        ({"geo": {"country": "USA", "region": "CA"}}, ("USA", "USA-CA", "")),
        ({"geo": {"region": "CA"}}, ("USA", "USA-WI", "USA/milwaukee")),
        ({"geo": {"country": "Atlantis"}}, ("USA", "USA-WI", "USA/milwaukee")),
    ],
)
def test_what_the_request_says_goes_first(
    device: dict[str, Any], found: tuple[str, str, str]
) -> None:
    made = asking(ip="192.0.2.1", **device)
    completer = Completer(FakePlaces(), None, frozenset())
    completer.complete(made, completer.locate(made), EVERYTHING)
    assert where(made) == found


def test_unknown_addresses_and_devices_add_nothing() -> None:
    completer = Completer(FakePlaces(), FakeAgents(), ASKED)
    for made in (asking(ip="192.0.2.9"), asking(), decode(request()).request):
        assert completer.locate(made) is None
        assert not completer.complete(made, None, EVERYTHING)
        assert where(made) == ("", "", "")


def test_without_anything_to_add_a_request_stays_as_it_is() -> None:
    made = asking(ip="192.0.2.1", ua="x")
    completer = Completer(None, None, frozenset())
    assert completer.locate(made) is None
    assert not completer.complete(made, None, EVERYTHING)
    assert made == asking(ip="192.0.2.1", ua="x")


def device_of(made: BidRequest) -> tuple[object, ...]:
    assert made.device is not None
    device = made.device
    return system(device), os_version(device), browser(device), device.make, model(device)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, ("ios", "ios 17.5", "safari", "Apple", "iphone")),
        ({"os": "iPadOS"}, ("ios", "ios 17.5", "safari", "Apple", "iphone")),
        ({"os": "Android"}, ("android", "", "safari", "Apple", "iphone")),
        ({"os": "iOS", "osv": "16"}, ("ios", "ios 16", "safari", "Apple", "iphone")),
        ({"model": "Pixel", "make": "Google"}, ("ios", "ios 17.5", "safari", "Google", "pixel")),
        (
            {"sua": {"browsers": [{"brand": "Opera"}], "model": "X1"}},
            ("ios", "ios 17.5", "opera", "Apple", "x1"),
        ),
    ],
)
def test_a_user_agent_tells_what_nothing_else_does(
    said: dict[str, Any], found: tuple[object, ...]
) -> None:
    made = asking(ua="Mozilla/5.0 (iPhone ...)", **said)
    Completer(None, FakeAgents(), ASKED).complete(made, None, CONTEXT)
    assert device_of(made) == found


def test_user_agents_are_parsed_only_for_what_is_targeted_and_not_said() -> None:
    agents = FakeAgents()
    said = {"ua": "x", "os": "iOS", "make": "Apple"}
    Completer(None, agents, frozenset({D.OS, D.MAKER})).complete(asking(**said), None, CONTEXT)
    Completer(None, agents, frozenset()).complete(asking(ua="x"), None, CONTEXT)
    Completer(None, agents, ASKED).complete(asking(os="iOS"), None, CONTEXT)
    assert agents.asked == 0
    Completer(None, agents, frozenset({D.MODEL})).complete(asking(**said), None, CONTEXT)
    assert agents.asked == 1
