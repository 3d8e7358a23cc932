"""Campaigns for the tests: one that bids on everything, and small ones about one thing."""

from typing import Any

from adserver.domain.creative import NATIVE_TEXTS
from tests.endpoints.client import EXCHANGE

Json = dict[str, Any]

FLIGHT = ["2020-01-01", "2090-01-01"]
HIGH_CPM = 900
BUDGET = 1_000_000
SIZES = (  # noqa: SIM905 - a list of quoted strings would be one per line
    "300x250 300x600 320x50 200x20 33x11 728x90 320x250 300x300 300x50 320x300 160x600 600x500 128x100 "
    "300x200 468x60 728x250 320x480 300x150 1x1 320x100 100x100 970x250 640x400 300x1800 290x260 600x300 "
    "120x600 500x300 100x123 400x800 90x728 100x200 3000x6000 300x400 1080x1920 250x300 320x320 640x480 "
    "3000x2500 100x150 1280x1024 250x250 770x250 1200x768 500x400 800x300 900x450 1920x1080"
).split()
"""Those that requests in the wild ask for more than once."""
DURATIONS_S = (2, 5, 10, 15, 20, 30, 60, 120, 150)
MIMES = ("video/mp4", "video/webm", "video/3gpp", "video/ogg", "video/x-flv", "video/quicktime")
SOUND_MIMES = ("audio/mpeg", "audio/mp4", "audio/mp3", "audio/ogg")
ICONS = ("128x128", "80x80", "50x50", "20x20", "15x15")
PICTURES = (
    "1200x627", "180x120", "300x250", "120x100", "480x320", "250x250", "150x50", "200x200", "2000x2000"
)  # fmt: skip
DEALS = (
    "xch-wm-300x600-rgt", "some-deal-id", "ww", "AB-Agency1-0001", "XY-Agency2-0001", "ThisShouldBid",
    "123", "333", "444", "deal-id-with-bid", "rotatingtest", "V123", "some-id", "BIGDEAL", "dealId", "fmtdeal",
    "fc_APAC", "deal-id-1",
)  # fmt: skip
"""Those that requests in the wild offer."""
CATEGORY = "IAB10-9"
"""Remodelling: no request in the wild blocks it."""
COPIES = 4
"""Line items of each kind: one bids once per request, so that four imps of a kind can be answered."""


def advertiser(
    name: str, creatives: list[Json], line_items: list[Json], **fields: Any
) -> dict[str, Json]:
    """Return the file of an advertiser with one campaign and one insertion order."""
    return {
        name: {
            "advertiser": {"id": name, "domain": f"{name}.example", "timezone": "UTC", **fields},
            "creatives": creatives,
            "campaigns": [
                {
                    "id": f"{name}-campaign",
                    "insertion_orders": [{"id": f"{name}-order", "line_items": line_items}],
                }
            ],
        }
    }


def line_item(name: str, creatives: list[str], **fields: Any) -> Json:
    """Return a line item that bids as fast as it can, for everybody."""
    goal = {"goal": {"cpm": HIGH_CPM}, "lifetime_budget": BUDGET}
    return {
        "id": name, "flight": FLIGHT, "pacing": "asap", "creatives": creatives, **goal, **fields
    }  # fmt: skip


def banner(name: str, size: str = "300x250", **fields: Any) -> Json:
    """Return a banner."""
    return {
        "id": name, "banner": size, "image": f"https://cdn.example/{name}.png",
        "landing": f"https://shop.example/{name}", **fields,
    }  # fmt: skip


def one_banner(name: str = "tents", size: str = "300x250", **fields: Any) -> dict[str, Json]:
    """Return an advertiser with one line item and one banner."""
    ad = banner(f"{name}-banner", size)
    return advertiser(name, [ad], [line_item(name, [ad["id"]], **fields)])


def everything() -> dict[str, Json]:
    """Return four advertisers who bid on all banners, videos, sounds and native ads, in the open and in deals."""
    kinds = {
        "posters": [banner(f"poster-{size}", size) for size in SIZES],
        "films": [_film(seconds) for seconds in DURATIONS_S],
        "songs": [_song(seconds) for seconds in DURATIONS_S],
        "stories": [_story()],
    }
    found: dict[str, Json] = {}
    for name, creatives in kinds.items():
        ids = [creative["id"] for creative in creatives]
        items = [line_item(f"{name}-{copy}", ids) for copy in range(COPIES)]
        items.append(line_item(f"{name}-deals", ids, targeting={"deal": list(DEALS)}))
        found |= advertiser(name, creatives, items, categories=[CATEGORY])
    return found | {"deals": {"deals": [{"id": deal, "exchange": EXCHANGE} for deal in DEALS]}}


def _film(seconds: int) -> Json:
    name = f"film-{seconds}"
    files = [
        {"url": f"https://cdn.example/{name}-{number}", "size": "1280x720", "mime": mime}
        for number, mime in enumerate(MIMES)
    ]
    return {
        "id": name, "landing": f"https://films.example/{seconds}",
        "video": {"title": f"{seconds} seconds", "duration_s": seconds, "media_files": files},
    }  # fmt: skip


def _song(seconds: int) -> Json:
    name = f"song-{seconds}"
    files = [
        {"url": f"https://cdn.example/{name}-{number}", "mime": mime}
        for number, mime in enumerate(SOUND_MIMES)
    ]
    return {
        "id": name, "landing": f"https://songs.example/{seconds}",
        "audio": {"title": f"{seconds} seconds", "duration_s": seconds, "audio_files": files},
    }  # fmt: skip


def _story() -> Json:
    def images(kind: str, sizes: tuple[str, ...]) -> list[Json]:
        return [
            {"url": f"https://cdn.example/{kind}-{size}.png", "size": size, "kind": kind}
            for size in sizes
        ]

    return {
        "id": "story",
        "landing": "https://stories.example/",
        "native": {
            "title": "A good story",
            "images": [*images("icon", ICONS), *images("main", PICTURES)],
            "texts": dict.fromkeys(NATIVE_TEXTS, "4.5")
            | {"description": "Read it in one evening."},
        },
    }
