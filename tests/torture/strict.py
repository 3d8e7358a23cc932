"""A catalog that is as choosy as can be, and the requests that it bids on: one per kind.

Each kind has a publication of its own, with one line item for the open auction and one bound to a deal, so that any
single spoiled condition leaves nobody. Every dimension of targeting is wanted that a request of the kind can satisfy.
"""

import copy
from typing import Any

from tests.endpoints import catalogs
from tests.torture import selling
from tests.torture.aims import aims
from tests.torture.kinds import KINDS, PEOPLE, write

Json = dict[str, Any]

BLOCK_LIST = "blocked.txt"
"""The file beside the campaigns."""
BLOCKED = "".join(f"blocked.{kind}.example\n" for kind in KINDS)
"""What is in it: publications that the line items would want."""
AUDIENCE = "dmp:cyclist and not dmp:owner"
RULES: Json = {"alcohol": {"refused_in": ["CAN"]}, "political": {"refused_in": []}}
"""Where restricted advertisements may not run."""
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
    '{"ver":"1.2","privacy":1,"assets":[{"id":1,"required":1,"title":{"len":90}},'
    '{"id":2,"required":1,"img":{"type":3,"w":1200,"h":627}}]}'
)
IMPOSSIBLE_NATIVE = '{"ver":"1.2","assets":[{"id":1,"required":1,"title":{"len":3}}]}'
"""No title of ours is so short."""
UNLABELLED_NATIVE = _NATIVE.replace('"privacy":1,', "")
"""It has no place for a link of ours."""
LABELLED = ("banner", "video", "native")
"""What is political: sounds have no place for the label that must say so."""
_INVENTORY_TYPES: dict[str, list[str]] = {
    "banner": ["site", "out_of_home"],
    "screen": ["out_of_home"],
}
"""Where they differ from how requests spell them. Banners would show on screens, but are paid by the click."""
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
    """Return the files of the catalog; `fields` go to every line item. `BLOCKED` belongs beside them."""
    found: dict[str, Json] = {}
    for name, (media, _, _) in KINDS.items():
        creatives = [
            {
                "id": each, "landing": "http://shop.example/", "attributes": [6], "language": "de",
                "secure": False, "political": media in LABELLED, **DECLARED, **_CREATIVES[media],
            }
            for each in creative_ids(name)
        ]  # fmt: skip
        targeting = _targeting(name)
        items = [
            _line_item(f"{name}-open", name, targeting, **fields),
            _line_item(f"{name}-bound", name, targeting | {"deal": [deal(name)]}, **fields),
        ]
        found |= catalogs.advertiser(
            name, creatives, items, categories=["IAB19"], bundle="com.shop", domain="shop.example",
            block_list=BLOCK_LIST,
        )  # fmt: skip
    deals = [{"id": deal(name), "exchange": kind.home} for name, kind in KINDS.items()]
    return found | {"deals": {"deals": deals}}


def creative_ids(kind: str) -> list[str]:
    """Return the creatives of a kind; those of banners take turns."""
    return [f"{kind}-ad", f"{kind}-other"] if kind == "banner" else [f"{kind}-ad"]


def deal(kind: str) -> str:
    """Return the deal of the second line item."""
    return f"{kind}-deal"


def _targeting(name: str) -> Json:
    _, inventory, home = kind = KINDS[name]
    wanted = {
        "exchange": [home, kind.careful],
        "inventory_type": _INVENTORY_TYPES.get(name, [inventory]),
        "publication": [f"{name}.example", f"blocked.{name}.example", selling.HIDDEN],
        **({"audience": AUDIENCE} if name in PEOPLE else {}),
    }
    return wanted | {each.dimension.value: each.wanted for each in aims(name)}


def _line_item(name: str, kind: str, targeting: Json, **fields: Any) -> Json:
    clicks: Json = {"goal": {"cpc": 100_000, "max_cpm": 5}, "rotation": "even"}
    goal = clicks if kind == "banner" else {"goal": {"cpm": 5}}
    return catalogs.line_item(
        name,
        creative_ids(kind),
        targeting=targeting,
        frequency_caps=["2 per day"],
        **goal,
        **fields,
    )


def request(kind: str, name: str) -> Json:
    """Return a request that the line items of this kind bid on; the kinds of sites are named as what they sell."""
    media, inventory, _ = KINDS[kind]
    place = "bundle" if inventory == "app" else "domain"
    made: Json = {
        "id": name,
        "at": 1,
        "tmax": 2_000,
        "cur": ["USD"],
        "imp": [{"id": "1", media: SPACES[media], "bidfloor": 0.5, "ext": LISTED_ALL}],
        inventory: {place: f"{kind}.example"},
        "device": {"geo": {"lon": -87.9}},
        "user": {
            "buyeruid": f"person-{name}",
            "data": [{"id": "dmp", "segment": [{"id": "cyclist"}]}],
        },
    }
    made = copy.deepcopy(made)
    for each in aims(kind):
        write(made, each.path, kind, copy.deepcopy(each.good))
    return made
