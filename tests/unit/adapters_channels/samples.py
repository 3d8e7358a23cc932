"""One creative of each kind, a space that each fits, links as they leave the house, and hostile text."""

from hypothesis import strategies as st

from adserver.domain.creative import Banner, Dynamic, Html, MediaFile, Native, NativeImage, Video
from adserver.domain.opportunity import (
    BannerSpace,
    NativeAsset,
    NativeSpace,
    Opportunity,
    VideoSpace,
)
from adserver.ports import Links

TOKEN = "AQ" + "x_-9" * 50
LINKS = Links(
    f"https://ads.example/t/impression/{TOKEN}?p=${{AUCTION_PRICE}}",
    f"https://ads.example/t/click/{TOKEN}",
    f"https://ads.example/v/{TOKEN}/",
    "5e" * 16,
    f"https://ads.example/r/why/{TOKEN}",
)

BANNER = Banner(
    id="autumn-300x250",
    landing_url="https://shop.example/autumn?a=1&b=2",
    width=300,
    height=250,
    image_url="https://cdn.example/autumn.png?v=1&w=2",
    alternative_text='Boots, "10 %" off <today>',
)
HTML = Html(
    id="autumn-html",
    landing_url="https://shop.example/autumn",
    markup="""<a href="{{click_url}}" target="_blank"><img src="https://cdn.example/autumn.png" alt="Boots"></a>
<script src="https://tags.example/t.js?click={{click_url|url}}&amp;r={{cache_buster}}"></script>
<script>var landing = "{{click_url|js}}", width = {{width}};</script>""",
    sizes=((300, 250),),
)
DYNAMIC = Dynamic(
    id="autumn-products",
    landing_url="https://shop.example/autumn",
    width=300,
    height=250,
    feed="shop",
    template="tile.html",
    markup="""<div style="color:#222">{{products}}<a href="{{click_url}}" target="_blank"><img src="{{image_url}}"
 alt="{{title|60}}"><b>{{title|40}}</b> {{brand}} <s>{{old_price}}</s> {{price|12}}</a>{{end}}</div>""",
    fallback=BANNER,
)
VIDEO = Video(
    id="autumn-spot",
    landing_url="https://shop.example/autumn",
    duration_s=30,
    title="Autumn & beyond",
    media_files=(
        MediaFile(url="https://cdn.example/small.mp4", width=640, height=360, bitrate_kbps=700),
        MediaFile(url="https://cdn.example/large.mp4", width=1920, height=1080),
        MediaFile(url="https://cdn.example/large.webm", mime="video/webm", width=1920, height=1080),
    ),
)
NATIVE = Native(
    id="autumn-native",
    landing_url="https://shop.example/autumn",
    title="Boots for a wet autumn",
    images=(
        NativeImage(url="https://cdn.example/icon.png", width=80, height=80, kind="icon"),
        NativeImage(url="https://cdn.example/main.png", width=1200, height=627),
    ),
    texts={"sponsored": "Dry Feet", "description": "Waterproof boots, tested in Bergen"},
)

BANNER_SPACE = Opportunity(id="1", banner=BannerSpace(sizes=((300, 250),)))
VIDEO_SPACE = Opportunity(
    id="1", video=VideoSpace(mimes=("video/mp4",), protocols=(2, 3, 7), size=(640, 360))
)
NATIVE_SPACE = Opportunity(
    id="1",
    native=NativeSpace(
        assets=(
            NativeAsset(id=1, required=True, kind="title", length=90),
            NativeAsset(id=4, required=True, kind="image", name="main", min_width=600),
            NativeAsset(id=7, required=False, kind="text", name="sponsored", length=25),
            NativeAsset(id=9, required=False, kind="text", name="rating"),
        ),
        trackers=((1, 1), (1, 2)),
    ),
)

hostile_text = st.text(
    st.one_of(st.sampled_from("<>&\"'`]=/ \n\0\x0b"), st.characters(codec="utf-8")), max_size=60
) | st.sampled_from(['"><script>alert(1)</script>', "]]>", "]]]]>>", "&amp;", "</VAST>", "\\u0022"])
hostile_link = st.text("<>&\"'abc019-_?=/${}]%", min_size=1, max_size=60).map(
    lambda tail: f"https://ads.example/{tail}"
)
hostile_links = st.builds(
    Links,
    hostile_link,
    hostile_link,
    hostile_link,
    st.from_regex("[0-9a-f]{32}", fullmatch=True),
    st.just("") | hostile_link,
)
