"""Videos of third parties: a document of ours that leads to theirs."""

import pytest

from adapters.channels import prepare
from adserver.domain.vast import VAST_WRAPPERS
from tests.unit.adapters_channels.played import (
    FULL_VIDEO,
    SEEN,
    TAG,
    answer,
    named,
    texts,
    wrapping,
)
from tests.unit.adapters_channels.samples import VIDEO


def test_a_wrapper_leads_to_the_third_party_and_has_no_files() -> None:
    for protocol in VAST_WRAPPERS:
        document = answer(wrapping(FULL_VIDEO), protocol).document
        assert texts(document, "VASTAdTagURI") == [TAG]
        assert named(document, "MediaFile") == named(document, "InLine") == []


def test_a_tag_gets_its_placeholders_filled_and_vast_s_own_macros_left() -> None:
    tag = (
        "https://third.example/vast?cb={{cache_buster}}&consent={{gdpr_consent}}&w={{width}}"
        "&click={{click_url|url}}&t=[TIMESTAMP]&x=[SOME_FUTURE_MACRO]&p=${AUCTION_PRICE}"
    )
    links = SEEN._replace(consent=SEEN.consent._replace(gdpr_consent="CPxyz"))
    creative = wrapping(VIDEO, tag=tag)
    (filled,) = texts(answer(creative, 6, links, size=(640, 360)).document, "VASTAdTagURI")
    assert filled.startswith(
        f"https://third.example/vast?cb={links.serving}&consent=CPxyz&w=640&click=https%3A%2F%2F"
    )
    assert filled.endswith("&t=[TIMESTAMP]&x=[SOME_FUTURE_MACRO]&p=${AUCTION_PRICE}")
    assert prepare(creative).hands_on_consent
    assert not prepare(wrapping(VIDEO)).hands_on_consent


@pytest.mark.parametrize(
    ("tag", "complaint"),
    [
        ("https://third.example/{{unknown}}", "unknown placeholder"),
        ("https://third.example/?u={{impression_url}}", "cannot stand in an address"),
        ("https://third.example/?u={{click_url}}", "cannot stand in an address"),
        ("http://third.example/", "must be https"),
        ("javascript:alert(1)", "not http or https"),
        ("https://third.example/a b", "percent-encoded"),
    ],
)
def test_a_tag_that_is_no_address_is_refused_when_loaded(tag: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        prepare(wrapping(VIDEO, tag=tag))
