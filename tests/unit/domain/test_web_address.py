"""Which addresses may stand in markup and redirects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.domain.web_address import web_address


@pytest.mark.parametrize(
    "address",
    [
        "https://shop.example",
        "https://shop.example:8443/a?b=c&d=%20#e",
        "HTTPS://[::1]/",
        "https://a.b/'",
        "https://127.0.0.1:8080/",
        "https://a_b.shop-1.example./",
    ],
)
def test_whole_addresses_pass_as_they_are(address: str) -> None:
    assert web_address(address, secure=True) == address


@pytest.mark.parametrize(
    "address",
    [
        "", "/", "shop.example", "//shop.example/", "https:/shop.example", "https://", "https:///a", "https://[::1",
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,a", "ftp://shop.example/", "file:///etc/hosts",
        "https://shop.example/ a", "https://shop.example/\r\nSet-Cookie: a=b", "\thttps://shop.example/",
        "https://shop.example/\x00", "https://bücher.example/", "https://shop.example/größe", "https://a.b/\x7f",
        "https://shop.example\\@evil.example/", "https://%65vil.example/", "https://2130706433/", "https://0x7f.1/",
        "https://127.1/", "https://shop..example/", "https://-shop.example/", "https://shop.example|evil/", "https://{a}.b/",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_reason(address: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        web_address(address, secure=False)


def test_a_secure_creative_needs_https() -> None:
    assert web_address("http://shop.example/", secure=False)
    with pytest.raises(ValueError, match="https"):
        web_address("http://shop.example/", secure=True)


@given(tail=st.text(max_size=20))
def test_nothing_that_passes_can_end_a_header_line(tail: str) -> None:
    try:
        passed = web_address("https://shop.example/" + tail, secure=True)
    except ValueError:
        return
    assert passed.isascii()
    assert passed.isprintable()
    assert " " not in passed
