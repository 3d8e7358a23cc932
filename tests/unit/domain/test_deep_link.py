"""What may open an application, and what must never stand in a link."""

import pytest

from adserver.domain.deep_link import deep_link


@pytest.mark.parametrize(
    "address",
    [
        "shop://product/7",
        "com.shop.app://open?a=1&b=%20",
        "https://shop.example/open/7",
        "fb123://x",
    ],
)
def test_applications_are_opened_by_their_scheme_or_by_a_secure_address(address: str) -> None:
    assert deep_link(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript://%0aalert(1)",
        "JavaScript://x",
        "data://text/html,x",
        "intent://x#Intent;scheme=http;end",
        "file:///etc/passwd",
        "content://contacts",
        "view-source://x",
        "http://shop.example/",
        "https://",
        "shop:product",
        "shop://",
        "//shop.example",
        "shop://a b",
        "shop://a\nb",
        "shop://\u00e4",
        "",
    ],
)
def test_whatever_runs_reads_or_breaks_out_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        deep_link(address)
