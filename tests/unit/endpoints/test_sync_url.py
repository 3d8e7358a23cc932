"""Parts of cookie matching: where browsers are led, what they say, and what they are given."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.endpoints.browser_signals import browser_signals, says_nothing
from adserver.endpoints.cookies import new_id
from adserver.endpoints.messages import Request
from adserver.endpoints.sync_url import SyncUrl

OURS = "A" * 22
SYNC = "https://sync.exchange.example/match?dsp=7&uid={id}&gdpr={gdpr}&c={gdpr_consent}&g={gpp}&s={gpp_sid}&u={us_privacy}"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("http://sync.example/?u={id}", "https"),
        ("https://sync.example/?u=1", "one gap"),
        ("https://sync.example/?u={id}&v={id}", "one gap"),
        ("https://{id}.example/", "host"),
        ("https://sync.example/?u={id}&x={other}", "no gap '{other}'"),
        ("https://sync.example/?u={id}&x={", "brace"),
        ("/match?u={id}", "not http"),
        ("https:///?u={id}", "no host"),
        ("https://sync.example/?u={id}\r\nX: 1", "percent-encoded"),
    ],
)
def test_an_address_that_could_lead_astray_is_refused(template: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SyncUrl(template)


@given(
    st.text(max_size=60), st.text(max_size=60), st.integers(), st.lists(st.integers(), max_size=4)
)
def test_whatever_fills_the_gaps_the_address_stays_the_same(
    consent: str, gpp: str, gdpr: int, sections: list[int]
) -> None:
    request = Request("GET", "/m/north?" + urlencode({"gdpr": gdpr, "gdpr_consent": consent, "gpp": gpp, "gpp_sid": ",".join(map(str, sections))}), {}, b"", 0.0)  # fmt: skip
    there = SyncUrl(SYNC).filled(OURS, browser_signals(request))
    assert there.isascii()
    assert there.isprintable()
    parts = urlsplit(there)
    assert (parts.netloc, parts.path, parts.fragment) == ("sync.exchange.example", "/match", "")
    assert set(parse_qs(parts.query, keep_blank_values=True)) == {
        "dsp",
        "uid",
        "gdpr",
        "c",
        "g",
        "s",
        "u",
    }


def test_ids_are_sixteen_bytes_of_the_dice_given() -> None:
    assert new_id(bytes) == OURS
    assert len({new_id(lambda count, n=n: bytes([n]) * count) for n in range(9)}) == 9  # type: ignore[misc]  # a default makes it another function each time


def test_a_query_says_nothing_or_something() -> None:
    def said(query: str, **headers: bytes) -> bool:
        found = {name.replace("_", "-").encode(): value for name, value in headers.items()}
        return not says_nothing(browser_signals(Request("GET", f"/m/x?{query}", found, b"", 0.0)))

    assert not said("")
    assert not said("uid=7&cb=1")
    assert said("gdpr=0")
    assert said("", dnt=b"1")
    assert said("", sec_gpc=b"1")
    assert not said("", dnt=b"0", sec_gpc=b"")
