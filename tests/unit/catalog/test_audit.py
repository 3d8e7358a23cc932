"""What is wrong with a creative is found before an exchange finds it."""

import pytest

from adserver.catalog.audit import Rules, faults, hosts
from adserver.domain.creative import AnyCreative, Html, MediaFile, Native, Verification, Video
from adserver.domain.restricted import Where
from tests.unit.decision.made import advertiser, banner

SHOP = advertiser("shop")
RULES = Rules(
    hosts=frozenset({"cdn.example"}), vendors={7: frozenset({"tags.example"})}, markup_bytes=1_000
)


def html(markup: str, **changes: object) -> Html:
    fields = {"id": "tag", "landing_url": "https://shop.example/", "sizes": ((300, 250),)}
    return Html(markup=markup, **(fields | changes))  # type: ignore[arg-type]  # a test's shorthand


def video(**changes: object) -> Video:
    fields = {
        "id": "film",
        "landing_url": "https://shop.example/",
        "duration_s": 15,
        "media_files": (MediaFile(url="https://cdn.example/a.mp4", width=640, height=360),),
    }
    return Video(**(fields | changes))  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    "creative",
    [
        banner(),
        banner(landing_url="https://www.shop.example/x"),
        banner(image_url="https://pictures.shop.example/a.png"),
        html('<img src="https://a.tags.example/i.png">', vendors=(7,)),
        html("<script>mraid.open('x')</script>", apis=(5,)),
        html("<video autoplay src='https://cdn.example/a.mp4'></video>", attributes=(6,)),
        video(),
        video(attributes=(16,), skip_after_s=5),
    ],
)
def test_a_good_creative_has_no_fault(creative: AnyCreative) -> None:
    assert list(faults(creative, SHOP, RULES)) == []


@pytest.mark.parametrize(
    ("creative", "words"),
    [
        (banner(landing_url="https://elsewhere.example/"), "leads to elsewhere.example"),
        (banner(landing_url="https://notshop.example/"), "leads to notshop.example"),
        (banner(secure=False), "over http"),
        (banner(image_url="https://other.example/a.png"), "loads from other.example"),
        (html('<img src="https://tags.example/i.png">'), "loads from tags.example"),
        (html('<img src="//TAGS.example/i.png">'), "loads from tags.example"),
        (banner(vendors=(9,)), "vendor 9"),
        (html('<img src="https://[broken/i.png">'), "loads from [broken"),
        (html("x" * 1_001), "1,001 bytes"),
        (html('<img src="http://cdn.example/i.png">'), "http:// address"),
        (html("<script>mraid.open('x')</script>"), "api 3, 5 or 6"),
        (html("<script>alert (1)</script>"), "attribute 14"),
        (html('<audio src="https://cdn.example/a.mp3" autoplay>'), "attribute 1"),
        (video(attributes=(16,)), "skip_after_s"),
        (
            video(verifications=(Verification(vendor="v", script_url="https://cdn.example/v.js"),)),
            "api 7",
        ),
        (banner(political=True), "political"),
    ],
)
def test_a_fault_is_named(creative: AnyCreative, words: str) -> None:
    (said,) = faults(creative, SHOP, RULES)
    assert words in said


def test_what_has_a_rule_is_no_fault() -> None:
    rules = Rules(hosts=RULES.hosts, restricted={"political": Where(allowed_in=("DEU",))})
    assert list(faults(banner(political=True), SHOP, rules)) == []


def test_every_address_of_every_kind_is_looked_at() -> None:
    film = video()
    parts = Native(id="n", landing_url="https://shop.example/", title="x", video=film)
    assert hosts(film) == hosts(parts) == {"cdn.example"}
    assert hosts(video(media_files=(), wrapped_url="https://tags.example/vast")) == {"tags.example"}
