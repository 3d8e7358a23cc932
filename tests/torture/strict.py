"""A catalog that is as choosy as can be, and the requests that it bids on: one per media type.

Each media type has a publication of its own, with one line item for the open auction and one bound to a
deal, so that any single spoiled condition leaves nobody.
"""

import copy
from typing import Any

from tests.endpoints import catalogs
from tests.endpoints.client import EXCHANGE
from tests.torture import selling

Json = dict[str, Any]

DEAL = "the-deal"
MEDIA = ("banner", "video", "audio", "native")
TARGETING = {
    "exchange": [EXCHANGE],
    "country": ["USA"],
    "region": ["USA-WI"],
    "city": ["USA/milwaukee"],
    "device_type": ["phone"],
    "os": ["ios"],
    "inventory_type": ["site"],
    "category": ["IAB17"],
    "audience": "dmp:cyclist and not dmp:owner",
}
CRAWLERS = ("Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8.5.0", "x-spider 1")
CLOUDS = "198.51.100.0/24"
"""The one network of our list."""
LISTED = ("198.51.100.0", "198.51.100.77", "198.51.100.255")
DECLARED: Json = {"vendors": [755], "restrictions": ["alcohol"]}
LISTED_ALL: Json = {"allowed_vendor_type": [13, 152], "allowed_restricted_category": [34]}
"""What an exchange that speaks as Google does must say to get such creatives, under its own numbers."""
NUMBERS: Json = {"vendor_numbers": {755: 152}, "restricted_numbers": {"alcohol": 34}}
_CREATIVES: dict[str, Json] = {
    "banner": {"banner": "300x250", "image": "http://cdn.example/a.png"},
    "video": {
        "video": {
            "title": "Downhill",
            "duration_s": 15,
            "media_files": [
                {
                    "url": "http://cdn.example/v",
                    "size": "640x480",
                    "mime": "video/mp4",
                    "bitrate_kbps": 1000,
                }
            ],
        },
        "apis": [7],
    },
    "audio": {
        "audio": {
            "title": "Wind",
            "duration_s": 15,
            "audio_files": [
                {"url": "http://cdn.example/a", "mime": "audio/mpeg", "bitrate_kbps": 128}
            ],
        }
    },
    "native": {
        "native": {
            "title": "Tested for you",
            "images": [{"url": "http://cdn.example/n.png", "size": "1200x627", "kind": "main"}],
            "texts": {"sponsored": "Spoke and Chain"},
        }
    },
}
_NATIVE = (
    '{"ver":"1.2","assets":[{"id":1,"required":1,"title":{"len":90}},'
    '{"id":2,"required":1,"img":{"type":3,"w":1200,"h":627}}]}'
)
IMPOSSIBLE_NATIVE = '{"ver":"1.2","assets":[{"id":1,"required":1,"title":{"len":3}}]}'
"""No title of ours is so short."""
SPACES: dict[str, Json] = {
    "banner": {"w": 300, "h": 250},
    "video": {
        "mimes": ["video/mp4"], "minduration": 5, "maxduration": 30, "protocols": [2, 3, 5, 6, 7, 8],
        "w": 640, "h": 480, "linearity": 1, "api": [7],
    },
    "audio": {"mimes": ["audio/mpeg"], "minduration": 5, "maxduration": 30, "protocols": [2, 3]},
    "native": {"request": _NATIVE, "ver": "1.2"},
}  # fmt: skip


def advertisers(**fields: Any) -> dict[str, Json]:
    """Return the files of the catalog; `fields` go to every line item."""
    found: dict[str, Json] = {}
    for media in MEDIA:
        creative = {
            "id": f"{media}-ad", "landing": "http://shop.example/", "attributes": [6], "language": "de",
            "secure": False, **DECLARED, **_CREATIVES[media],
        }  # fmt: skip
        targeting = {**TARGETING, "publication": [f"{media}.example"]}
        items = [
            _line_item(f"{media}-open", creative, targeting, **fields),
            _line_item(f"{media}-bound", creative, {**targeting, "deal": [DEAL]}, **fields),
        ]
        found |= catalogs.advertiser(
            media, [creative], items, categories=["IAB19"], bundle="com.shop", domain="shop.example"
        )
    return found | {"deals": {"deals": [{"id": DEAL, "exchange": EXCHANGE}]}}


def _line_item(name: str, creative: Json, targeting: Json, **fields: Any) -> Json:
    return catalogs.line_item(
        name, [creative["id"]], targeting=targeting, frequency_caps=["2 per day"],
        goal={"cpm": 5}, **fields,
    )  # fmt: skip


def request(media: str, name: str) -> Json:
    """Return a request that the line item of this media type bids on."""
    return copy.deepcopy(
        {
            "id": name,
            "at": 1,
            "tmax": 2_000,
            "cur": ["USD"],
            "imp": [{"id": "1", media: SPACES[media], "bidfloor": 0.5, "ext": LISTED_ALL}],
            "site": {"domain": f"{media}.example", "cat": ["IAB17-4"]},
            "source": selling.GOOD,
            "device": {
                "devicetype": 4,
                "os": "iOS",
                "geo": {"country": "USA", "region": "WI", "city": "Milwaukee"},
            },
            "user": {
                "buyeruid": f"person-{name}",
                "data": [{"id": "dmp", "segment": [{"id": "cyclist"}]}],
            },
        }
    )
