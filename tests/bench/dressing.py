"""What requests logged in 2012 do not say and today's do, made up: the same for the same site, space and device.

The logged requests bring their own sites, sizes, user agents, metros, postcodes and languages.
"""

from random import Random
from typing import Any
from zlib import crc32

Json = dict[str, Any]

_KEYWORDS = [f"word-{number}" for number in range(2_000)]
_CHANNELS = [f"channel {number}" for number in range(60)]
_SECTIONS = ["sport", "news", "finance", "travel", "food", "cars"]
_CARRIERS = ["verizon", "t-mobile", "att", "comcast", "charter"]
_TOPICS = ["IAB25-3", "IAB26-2", "IAB8-5", "IAB25-5"]


def dress(request: Json) -> Json:
    """Add to a request of a web site what its site, its spaces and its device would say."""
    site = request.get("site")
    if site is not None:
        _dress_site(site, request)
    device = request.get("device") or {}
    here = _dice("device", device.get("ua", ""), device.get("ip", ""))
    device["connectiontype"] = here.choice([1, 2, 2, 2, 6, 7])
    if here.random() < 0.6:
        device["carrier"] = here.choice(_CARRIERS)
    geo = device.get("geo")
    if geo and geo.get("zip"):
        town = _dice("town", geo["zip"])
        geo["lat"] = round(town.uniform(30, 47) + here.gauss(0, 0.05), 5)
        geo["lon"] = round(town.uniform(-120, -75) + here.gauss(0, 0.05), 5)
    return request


def _dress_site(site: Json, request: Json) -> None:
    name = site.get("domain", "")
    own = _dice("site", name)
    site.setdefault("id", f"{crc32(name.encode())}")
    site["publisher"] = {"id": str(own.randint(1, 1_500))}
    site["cat"] = own.sample(["IAB1", "IAB9-30", "IAB17", "IAB19-6", "IAB20", "IAB22"], 2)
    if own.random() < 0.05:
        site["cat"].append(own.choice(_TOPICS))
    page = _dice("page", site.get("page", ""))
    if own.random() < 0.5:
        site["keywords"] = ",".join(page.sample(_KEYWORDS, 5))
    if own.random() < 0.4:
        site["ext"] = {"data": {"section": page.choice(_SECTIONS), "premium": page.choice([0, 1])}}
    if own.random() < 0.1:
        site.setdefault("content", {}).update(
            channel={"name": own.choice(_CHANNELS)}, network={"name": f"network {own.randint(1, 9)}"},
            genre=own.choice(["comedy", "drama", "news"]), contentrating=own.choice(["tv-g", "tv-ma"]),
            livestream=own.choice([0, 1]),
        )  # fmt: skip
    nodes = [{"asi": f"exchange-{own.randint(1, 20)}.example", "sid": "1", "hp": 1}]
    if own.random() < 0.4:
        nodes.insert(0, {"asi": f"network-{own.randint(1, 40)}.example", "sid": "2", "hp": 1})
    request["source"] = {"schain": {"ver": "1.0", "complete": 1, "nodes": nodes}}
    for imp in request["imp"]:
        _dress_imp(imp, name)


def _dress_imp(imp: Json, site: str) -> None:
    media = imp.get("banner") or imp.get("video") or {}
    space = f"{site}/{media.get('w')}x{media.get('h')}"
    own = _dice("space", space)
    imp["tagid"] = f"space-{crc32(space.encode()) % 1_000_000}"
    imp["instl"] = int(own.random() < 0.02)
    media["pos"] = own.choice([0, 1, 1, 3, 4, 6])
    if own.random() < 0.5:
        data = {"slot": own.choice(["top", "side"])}
        imp["ext"] = {**imp.get("ext", {}), "gpid": f"/{space}", "data": data}
    if own.random() < 0.7:
        imp["metric"] = [{"type": "viewability", "value": round(own.uniform(0.2, 0.95), 2)}]


def _dice(*about: str) -> Random:
    return Random("/".join(about))
