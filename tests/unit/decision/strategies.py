"""Random catalogs and auctions over small alphabets, so that they meet often."""

import typing

from hypothesis import strategies as st

from adserver.domain.campaign import (
    Advertiser,
    Budget,
    Campaign,
    Cap,
    Catalog,
    Deal,
    Flight,
    Goal,
    InsertionOrder,
    LineItem,
)
from adserver.domain.creative import (
    AnyCreative,
    Audio,
    AudioFile,
    Banner,
    Html,
    MediaFile,
    Native,
    NativeImage,
    Video,
)
from adserver.domain.identity import segment_number
from adserver.domain.opportunity import (
    Auction,
    AuctionType,
    AudioSpace,
    BannerSpace,
    DealTerms,
    NativeAsset,
    NativeSpace,
    Opportunity,
    Pod,
    VideoSpace,
)
from adserver.domain.person import Touch
from adserver.domain.targeting import All, Any, Dimension, Expression, ListRule, Not, Segment
from tests.unit.decision.facts import FACTS, LISTS, POINTS, facts
from tests.unit.decision.told import OF_AUCTIONS, OF_SPACES

NOW_S = 1_795_000_000
SEGMENTS = ["a", "b", "c", "d", "e"]
VALUES: dict[Dimension, list[str]] = {
    Dimension.EXCHANGE: ["one", "two"],
    Dimension.COUNTRY: ["DEU", "USA"],
    Dimension.REGION: ["USA-WI", "DEU-BE"],
    Dimension.CITY: ["USA/milwaukee", "DEU/berlin"],
    Dimension.DEVICE_TYPE: ["phone", "tv"],
    Dimension.OS: ["ios", "android"],
    Dimension.INVENTORY_TYPE: ["site", "app"],
    Dimension.PUBLICATION: ["news.example", "play.example", "sport.news.example"],
    Dimension.CATEGORY: ["IAB1", "IAB1-1", "IAB2-3", "IAB2"],
    Dimension.SIZE: ["300x250", "728x90", "640x480"],
    Dimension.DEAL: ["deal-1", "deal-2"],
}
SIZES = [(300, 250), (728, 90)]


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


def mostly(usual: object, *others: object) -> st.SearchStrategy[typing.Any]:
    """Usually the harmless value, so that each refusal meets candidates that nothing else refused."""
    return st.sampled_from([usual] * (3 * len(others)) + list(others))


def expressions() -> st.SearchStrategy[Expression]:
    return st.recursive(
        st.sampled_from(SEGMENTS).map(Segment),
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any(tuple(parts))),
        ),
        max_leaves=6,
    )


caps = mostly((), (Cap(1, 1),), (Cap(2, 24),), (Cap(1, 24, "household"), Cap(2, 24)))
attributes = mostly((), (1,), (2,))
some_sizes = st.lists(st.sampled_from(SIZES), max_size=2, unique=True).map(tuple)


@st.composite
def played(draw: st.DrawFn, kind: str, common: dict[str, typing.Any]) -> AnyCreative:
    common |= {
        "duration_s": draw(st.sampled_from([10, 30])),
        "apis": draw(mostly((), (7,))),
        "wrapped_url": draw(mostly(None, "https://third.example/")),
        "wrapped_version": draw(st.sampled_from(["2.0", "3.0"])),
    }
    file: dict[str, typing.Any] = {
        "url": "https://cdn.example/v",
        "mime": draw(st.sampled_from(["video/mp4", "video/webm"])),
        "bitrate_kbps": draw(st.sampled_from([0, 500])),
        "delivery": draw(mostly("progressive", "streaming")),
    }
    third_party = common["wrapped_url"] is not None
    if kind == "audio":
        return Audio(**common, audio_files=() if third_party else (AudioFile(**file),))
    media = () if third_party else (MediaFile(width=640, height=480, **file),)
    return Video(**common, skip_after_s=draw(st.sampled_from([None, 5])), media_files=media)


@st.composite
def creatives(draw: st.DrawFn, name: str) -> AnyCreative:
    common = {
        "id": name,
        "landing_url": "https://shop.example/",
        "attributes": draw(attributes),
        "language": draw(st.sampled_from([None, "de", "en"])),
        "secure": draw(st.booleans()),
    }
    kind = draw(st.sampled_from(["banner", "html", "video", "audio", "native"]))
    if kind == "banner":
        width, height = draw(st.sampled_from(SIZES))
        return Banner(**common, width=width, height=height, image_url="https://cdn.example/a.png")
    if kind == "html":
        return Html(
            **common,
            markup='<a href="{{click_url}}">x</a>'
            + draw(st.sampled_from(["", "<script></script>"])),
            sizes=draw(some_sizes),
            ratio=(6, 5),
            min_width=draw(st.sampled_from([300, 301])),
            apis=draw(mostly((), (5,))),
        )
    if kind in {"video", "audio"}:
        return draw(played(kind, common))
    image = NativeImage(
        url="https://cdn.example/n.png", width=600, height=draw(st.sampled_from([300, 400]))
    )
    texts = draw(st.sampled_from([{}, {"sponsored": "Shop"}]))
    return Native(**common, title="Title", images=(image,), texts=texts)


@st.composite
def line_items(draw: st.DrawFn, name: str, creative_ids: list[str]) -> LineItem:
    dimensions = draw(st.lists(st.sampled_from(list(VALUES)), max_size=2, unique=True))
    facts = draw(st.lists(st.sampled_from(list(FACTS)), max_size=2, unique=True))
    rules = {**{d: VALUES[d] for d in dimensions}, **{d: FACTS[d].wanted for d in facts}}
    start = draw(mostly(NOW_S - 3600, NOW_S, NOW_S + 1, NOW_S - 7200))
    amount = draw(st.integers(1, 9)) * 1_000_000
    return LineItem(
        id=name,
        status=draw(mostly("active", "paused")),
        flight=Flight(start, start + draw(st.sampled_from([7200, 86_400]))),
        hours_of_week=draw(mostly((), tuple(range(84)), tuple(range(84, 168)))),
        goal=Goal(
            kind=draw(st.sampled_from(["cpm", "cpc", "cpa", "roas"])),
            amount=amount * 10,
            max_cpm=amount,
            return_ppm=3_000_000,
        ),
        caps=draw(caps),
        budget=Budget(),
        targeting={
            dimension: ListRule(draw(some(values)), draw(some(values)))
            for dimension, values in rules.items()
        },
        audience=draw(st.none() | expressions()),
        creatives=tuple(
            draw(st.lists(st.sampled_from(creative_ids), min_size=1, max_size=2, unique=True))
        ),
    )


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    advertisers = []
    for number in range(draw(st.integers(1, 3))):
        made = [draw(creatives(f"c{number}-{i}")) for i in range(3)]
        items = [
            draw(line_items(f"l{number}-{i}", [c.id for c in made]))
            for i in range(draw(st.integers(2, 6)))
        ]
        order = InsertionOrder(id=f"o{number}", caps=draw(caps), line_items=tuple(items))
        advertisers.append(
            Advertiser(
                id=f"a{number}",
                domain=draw(st.sampled_from(["shop.example", "de.shop.example", "other.example"])),
                bundle=draw(st.sampled_from([None, "com.shop"])),
                timezone=draw(
                    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
                ),
                categories=draw(some(VALUES[Dimension.CATEGORY])),
                block_list=draw(mostly("", *LISTS)),
                allow_list=draw(mostly("", *LISTS)),
                status=draw(mostly("active", "draft")),
                caps=draw(caps),
                creatives=tuple(made),
                campaigns=(Campaign(id=f"k{number}", caps=draw(caps), insertion_orders=(order,)),),
            )
        )
    return Catalog(
        tuple(advertisers),
        tuple(Deal(id=name, exchange="one") for name in VALUES[Dimension.DEAL]),
        publication_lists=LISTS,
    )


player: dict[str, st.SearchStrategy[typing.Any]] = {
    "mimes": st.sampled_from([(), ("video/mp4",)]),
    "min_duration_s": st.sampled_from([0, 15]),
    "max_duration_s": st.sampled_from([None, 15, 30]),
    "durations_s": st.sampled_from([(), (30,)]),
    "protocols": st.sampled_from([(), (2, 3), (9,), (2, 3, 5, 6), (2, 5)]),
    "blocked_attributes": mostly((), (1,), (2,), (16,)),
    "apis": mostly((), (7,)),
    "min_bitrate_kbps": mostly(0, 501),
    "max_bitrate_kbps": mostly(None, 499),
    "deliveries": mostly((), ("streaming",)),
}
video_spaces = st.builds(
    VideoSpace,
    size=st.sampled_from([None, (640, 480)]),
    linearity=st.sampled_from([None, 1, 2]),
    skippable=st.sampled_from([None, True, False]),
    **player,
)
audio_spaces = st.builds(AudioSpace, **player)
pods = st.none() | st.builds(
    Pod, st.sampled_from(["p", "q"]), st.sampled_from([None, 20, 60]), st.sampled_from([None, 1, 3])
)
banner_spaces = st.builds(
    BannerSpace,
    sizes=some_sizes,
    blocked_attributes=attributes,
    blocked_types=st.sampled_from([(), (2,), (3,), (1, 4)]),
    apis=st.sampled_from([(), (3, 5)]),
)
native_spaces = st.sampled_from(
    [
        NativeSpace(assets=(NativeAsset(1, required=True, kind="title", length=20),)),
        NativeSpace(assets=(NativeAsset(1, required=True, kind="text", name="sponsored"),)),
        NativeSpace(
            assets=(NativeAsset(1, required=True, kind="image", name="main", min_height=350),)
        ),
    ]
)
deals = st.builds(
    DealTerms,
    id=st.sampled_from(VALUES[Dimension.DEAL]),
    floor=st.integers(0, 5_000_000),
    auction_type=st.sampled_from([None, *AuctionType]),
    advertiser_domains=st.sampled_from([None, frozenset({"shop.example"})]),
    guaranteed=st.integers(0, 3).map(lambda number: number == 0),
)


@st.composite
def auctions(draw: st.DrawFn) -> Auction:
    spaces = [
        Opportunity(
            id=str(number),
            banner=draw(st.none() | banner_spaces),
            video=draw(st.none() | video_spaces),
            audio=draw(st.none() | audio_spaces),
            pod=draw(pods),
            native=draw(st.none() | native_spaces),
            floor=draw(st.integers(0, 5_000_000)),
            deals=tuple({deal.id: deal for deal in draw(st.lists(deals, max_size=2))}.values()),
            deals_only=draw(st.booleans()),
            secure=draw(st.booleans()),
            facts=draw(facts(OF_SPACES)),
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    places: dict[str, typing.Any] = {
        dimension.value: draw(st.sampled_from(["", *VALUES[dimension]]))
        for dimension in list(VALUES)[:8]
    }
    return Auction(
        id="r",
        auction_type=draw(st.sampled_from([AuctionType.FIRST_PRICE, AuctionType.SECOND_PRICE])),
        opportunities=tuple(spaces),
        **places,
        categories=draw(some(VALUES[Dimension.CATEGORY])),
        languages=draw(mostly((), ("de",))),
        blocked_domains=draw(mostly(*[(), ("shop.example",), ("de.shop.example", "x.example")])),
        blocked_categories=draw(mostly((), ("IAB1",), ("IAB2-3",))),
        allowed_categories=draw(mostly((), ("IAB1",))),
        blocked_apps=draw(mostly((), ("com.shop",))),
        segments=draw(some(SEGMENTS)),
        facts=draw(facts(OF_AUCTIONS)),
        point=draw(st.sampled_from([None, *POINTS])),
        person=draw(st.sampled_from([None, b"p" * 16])),
        household=draw(st.sampled_from([None, b"h" * 16])),
    )


segments = st.lists(st.sampled_from(SEGMENTS), max_size=4, unique=True).map(
    lambda names: tuple(segment_number(name) for name in names)
)


@st.composite
def touches(draw: st.DrawFn, numbers: list[int]) -> tuple[Touch, ...]:
    if not numbers:
        return ()
    return tuple(
        Touch(
            kind=draw(st.sampled_from(["impression", "impression", "click"])),
            at_s=NOW_S - draw(st.sampled_from([1, 3599, 3600, 80_000, 86_400])),
            line_item=draw(st.sampled_from(numbers)),
            creative=1,
            bid=b"b" * 16,
        )
        for _ in range(draw(st.integers(0, 4)))
    )
