"""Where and on what: the forms that targeting compares with."""

import pytest

from adserver.openrtb.place import bare_domain, device_type, geography, publication, system
from adserver.openrtb.request import App, BidRequest, Brand, Device, Dooh, Geo, Site, UserAgent


@pytest.mark.parametrize(
    ("geo", "found"),
    [
        (None, ("", "", "")),
        (Geo(country="USA", region="WI", city="Milwaukee"), ("USA", "USA-WI", "USA/milwaukee")),
        (Geo(country="us", region="us-wi", city=" Milwaukee "), ("USA", "USA-WI", "USA/milwaukee")),
        (Geo(country="DE", region=9), ("DEU", "DEU-9", "")),
        (Geo(country="uk"), ("GBR", "", "")),
        (Geo(country="Atlantis", region="X", city="Y"), ("", "", "")),
        (Geo(region="WI", city="Milwaukee"), ("", "", "")),
    ],
)
def test_places(geo: Geo | None, found: tuple[str, str, str]) -> None:
    assert geography(geo) == found


@pytest.mark.parametrize(
    ("number", "name"), [(1, "mobile"), (4, "phone"), (8, "out_of_home"), (99, ""), (None, "")]
)
def test_device_types(number: int | None, name: str) -> None:
    assert device_type(Device(devicetype=number)) == name


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("iOS", "ios"), ("iPhone OS", "ios"), ("iPadOS 17", "ios"), ("Android 14", "android"),
        ("Windows NT 10.0", "windows"), ("Mac OS X", "macos"), ("OS X", "macos"), ("Chrome OS", "chromeos"),
        ("Ubuntu", "linux"), ("Roku OS", "roku"),
        ("Web OS", "webos"), ("BeOS", "beos"), ("", ""),
    ],
)  # fmt: skip
def test_systems_have_one_name(sent: str, name: str) -> None:
    assert system(Device(os=sent)) == name


def test_the_structured_user_agent_names_the_system_where_os_is_missing() -> None:
    assert system(Device(sua=UserAgent(platform=Brand(brand="macOS")))) == "macos"
    assert system(Device()) == ""


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("News.Example", "news.example"),
        ("www.news.example", "news.example"),
        ("https://www.news.example:8080/a?b#c", "news.example"),
        ("http://user:pass@news.example?x=1", "news.example"),
        ("somebody@news.example", "news.example"),
        ("news.example/path", "news.example"),
        ("//news.example", ""),
        ("", ""),
    ],
)
def test_domains_are_bare(text: str, domain: str) -> None:
    assert bare_domain(text) == domain


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (BidRequest(site=Site(domain="WWW.a.example", page="https://b.example")), ("site", "a.example")),
        (BidRequest(site=Site(page="https://www.b.example/x")), ("site", "b.example")),
        (BidRequest(site=Site()), ("site", "")),
        (BidRequest(app=App(bundle="Com.Example.App")), ("app", "com.example.app")),
        (BidRequest(app=App(bundle=12345)), ("app", "12345")),
        (BidRequest(dooh=Dooh(domain="screens.example")), ("out_of_home", "screens.example")),
        (BidRequest(), ("", "")),
        (BidRequest(app=App(bundle="b"), site=Site(domain="a.example")), ("app", "b")),
    ],
)  # fmt: skip
def test_publications(request_: BidRequest, found: tuple[str, str]) -> None:
    assert publication(request_) == found
