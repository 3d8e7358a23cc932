"""What every channel promises, whatever it puts out."""

import html
import json
import re
from typing import Any

import msgspec
import pytest

from adapters.channels import CHANNELS, prepare
from adapters.channels.beacon import beacon
from adserver.domain.consent import ConsentMacros
from adserver.domain.creative import AnyCreative, Banner, Html
from adserver.domain.opportunity import BannerSpace, Opportunity
from adserver.domain.placeholders import hands_on_consent
from adserver.ports import Channel
from tests.unit.adapters_channels.elements import runnable
from tests.unit.adapters_channels.played import (
    AUDIO,
    AUDIO_SPACE,
    FULL_AUDIO,
    FULL_SPACE,
    FULL_VIDEO,
)
from tests.unit.adapters_channels.samples import (
    BANNER,
    BANNER_SPACE,
    DYNAMIC,
    HTML,
    LINKS,
    NATIVE,
    NATIVE_SPACE,
    TOKEN,
    VIDEO,
    VIDEO_SPACE,
)

MEASURED = msgspec.structs.replace(BANNER, id="measured", viewability=True)
MEASURED_HTML = msgspec.structs.replace(HTML, id="measured-html", viewability=True)
SEEN = LINKS._replace(viewable=f"https://ads.example/t/viewable/{TOKEN}?a='&b=<i>")
SAMPLES: list[tuple[AnyCreative, Opportunity]] = [
    (BANNER, BANNER_SPACE),
    (MEASURED, BANNER_SPACE),
    (HTML, BANNER_SPACE),
    (MEASURED_HTML, BANNER_SPACE),
    (DYNAMIC, BANNER_SPACE),
    (VIDEO, VIDEO_SPACE),
    (FULL_VIDEO, FULL_SPACE),
    (AUDIO, AUDIO_SPACE),
    (FULL_AUDIO, FULL_SPACE),
    (NATIVE, NATIVE_SPACE),
]
every_channel = pytest.mark.parametrize(
    ("creative", "opportunity"), SAMPLES, ids=[sample.id for sample, _ in SAMPLES]
)

every_creative = pytest.mark.parametrize(
    "creative",
    [sample for sample, _ in SAMPLES],
    ids=[sample.id for sample, _ in SAMPLES],
)


def _channel(creative: AnyCreative) -> Channel:
    return CHANNELS[type(creative)]


def _asking(creative: AnyCreative) -> AnyCreative:
    """Return HTML that wants the privacy signals, too; others have no place to say so."""
    if not isinstance(creative, Html):
        return creative
    asking = "<i data-c='{{gdpr}} {{gdpr_consent}} {{us_privacy}} {{gpp}} {{gpp_sid}}'></i>"
    return msgspec.structs.replace(creative, markup=creative.markup + asking)


def _moved(creative: AnyCreative, address: str) -> AnyCreative:
    """Return the creative with everything that it loads at another address."""
    plain: Any = msgspec.to_builtins(creative)
    moved = json.loads(json.dumps(plain).replace("https://cdn.example/", address))
    return msgspec.convert(moved, type(creative))


def test_every_kind_of_creative_has_a_channel_and_is_put_out_here() -> None:
    assert {type(creative) for creative, _ in SAMPLES} == set(CHANNELS) == set(AnyCreative.__args__)


@every_channel
def test_the_click_and_the_impression_are_in_the_markup(
    creative: AnyCreative, opportunity: Opportunity
) -> None:
    read = html.unescape(prepare(creative).render(LINKS, opportunity))
    assert LINKS.click in read
    assert LINKS.impression in read


@every_channel
def test_the_landing_page_is_behind_the_click_only(
    creative: AnyCreative, opportunity: Opportunity
) -> None:
    assert "shop.example" not in prepare(creative).render(LINKS, opportunity)


@every_channel
def test_rendering_twice_gives_the_same_text(
    creative: AnyCreative, opportunity: Opportunity
) -> None:
    markup = _channel(creative).prepare(creative)
    assert markup.render(LINKS, opportunity) == markup.render(LINKS, opportunity)


@every_channel
def test_what_stands_in_for_a_link_can_be_filled_in_afterwards(
    creative: AnyCreative, opportunity: Opportunity
) -> None:
    """So a markup is written once per space and filled per bid."""
    markup = prepare(creative)
    texts = {name: text for name, text in LINKS._asdict().items() if isinstance(text, str)}
    gaps = LINKS._replace(
        **{  # type: ignore[arg-type]  # the texts alone
            name: text.replace(TOKEN, "gap1").replace(LINKS.serving, "gap2")
            for name, text in texts.items()
        }
    )
    filled = markup.render(gaps, opportunity).replace("gap1", TOKEN).replace("gap2", LINKS.serving)
    assert filled == markup.render(LINKS, opportunity)


@every_channel
def test_markup_that_says_it_does_not_vary_does_not(
    creative: AnyCreative, opportunity: Opportunity
) -> None:
    markup = prepare(creative)
    if not markup.varies:
        anywhere = Opportunity(id="other", secure=True, banner=BannerSpace(((1, 1),)), position=7)
        assert markup.render(LINKS, anywhere) == markup.render(LINKS, opportunity)


@every_channel
def test_nothing_runs_but_what_the_author_wrote_as_a_script_and_the_beacon_where_it_is_asked_for(
    creative: AnyCreative, opportunity: Opportunity
) -> None:
    markup = prepare(creative).render(SEEN, opportunity)
    measured = isinstance(creative, Banner | Html) and creative.viewability
    expected = [re.escape(text) for text in runnable(beacon(SEEN.viewable))] if measured else []
    if isinstance(creative, Html):
        own = (re.split(r"\{\{[^}]*\}\}", text) for text in runnable(creative.markup))
        expected += [".*".join(map(re.escape, parts)) for parts in own]
    found = runnable(markup)
    assert len(found) == len(expected)
    assert all(any(re.fullmatch(each, text, re.DOTALL) for each in expected) for text in found)
    if not expected and not getattr(creative, "verifications", ()):
        assert "script" not in markup.lower()


@every_channel
def test_the_beacon_is_where_it_is_asked_for_only(
    creative: AnyCreative, opportunity: Opportunity
) -> None:
    markup = prepare(creative)
    if isinstance(creative, Banner | Html):
        assert (beacon(SEEN.viewable) in markup.render(SEEN, opportunity)) == creative.viewability


@every_channel
def test_privacy_signals_are_in_the_markup_that_says_so_and_in_no_other(
    creative: AnyCreative, opportunity: Opportunity
) -> None:
    signals = ConsentMacros("sig0", "sig1", "sig2", "sig3", "sig4")
    for each in (creative, _asking(creative)):
        markup = prepare(each)
        text = markup.render(LINKS._replace(consent=signals), opportunity)
        assert any(signal in text for signal in signals) == markup.hands_on_consent
        assert markup.hands_on_consent == hands_on_consent(each)


@every_channel
def test_a_secure_creative_loads_nothing_over_http(
    creative: AnyCreative, opportunity: Opportunity
) -> None:
    markup = prepare(creative).render(LINKS, opportunity)
    assert "http://" not in markup.replace('xmlns="http://www.iab.com/VAST"', "")
    with pytest.raises(ValueError, match="must be https"):
        _channel(creative).prepare(_moved(creative, "http://cdn.example/"))


@every_channel
def test_an_insecure_creative_may_load_over_http(
    creative: AnyCreative, opportunity: Opportunity
) -> None:
    insecure = msgspec.structs.replace(_moved(creative, "http://cdn.example/"), secure=False)
    assert "http://cdn.example/" in prepare(insecure).render(LINKS, opportunity)


@every_creative
@pytest.mark.parametrize(
    "address", ["javascript:alert(1)//", "data:text/html,", "//cdn.example/", "/"]
)
def test_only_whole_web_addresses_are_loaded(creative: AnyCreative, address: str) -> None:
    with pytest.raises(ValueError, match="not http or https"):
        _channel(creative).prepare(_moved(creative, address))


@every_creative
def test_a_landing_page_that_is_no_web_address_is_refused_when_loaded(
    creative: AnyCreative,
) -> None:
    with pytest.raises(ValueError, match="not http or https"):
        prepare(msgspec.structs.replace(creative, landing_url="javascript:alert(1)"))


@every_creative
def test_a_creative_of_another_kind_is_refused(creative: AnyCreative) -> None:
    for other, _ in SAMPLES:
        if type(other) is not type(creative):
            with pytest.raises(ValueError, match=other.id):
                _channel(creative).prepare(other)
