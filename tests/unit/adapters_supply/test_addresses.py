"""Which addresses are public, and which texts are addresses that may be fetched."""

import pytest

from adapters.supply.addresses import Refused, is_public, location
from tests.torture import fetches


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "193.0.6.139", "2606:4700:4700::1111", "2a00:1450:4001::1"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address", [*fetches.FORBIDDEN, "127.0.0.1", "1.1.1", "01.1.1.1", "1.1.1.1%lo"]
)
def test_all_others_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("url", "base", "whole"),
    [
        ("http://Pub.Example", "", "http://pub.example/"),
        ("https://pub.example:443/a?b=c#d", "", "https://pub.example/a?b=c"),
        ("/x", "http://pub.example/ads.txt", "http://pub.example/x"),
        ("//www.pub.example/x", "https://pub.example/ads.txt", "https://www.pub.example/x"),
        ("http://pub.example./x", "", "http://pub.example/x"),
    ],
)
def test_good_addresses_are_put_together_anew(url: str, base: str, whole: str) -> None:
    assert location(url, base).url == whole


@pytest.mark.parametrize("host", fetches.HOSTS)
def test_what_is_no_name_is_refused(host: str) -> None:
    with pytest.raises(Refused):
        location(f"http://{host}/")


@pytest.mark.parametrize("url", [url for url in fetches.URLS if ":" in url.partition("/")[0]])
def test_odd_addresses_are_refused(url: str) -> None:
    with pytest.raises(Refused):
        location(url.replace(":8080", ":8081"))
