"""Bid requests as exchanges send them: small, valid, one for each thing that is tested."""

import json
from itertools import count
from typing import Any

Json = dict[str, Any]
_numbers = count(1)

TMAX_MS = 500

NATIVE_REQUEST = {
    "ver": "1.2",
    "assets": [
        {"id": 1, "required": 1, "title": {"len": 90}},
        {"id": 2, "required": 0, "img": {"type": 3, "wmin": 1, "hmin": 1}},
        {"id": 3, "required": 0, "data": {"type": 1, "len": 40}},
        {"id": 4, "required": 0, "data": {"type": 2, "len": 140}},
    ],
    "eventtrackers": [{"event": 1, "methods": [1, 2]}],
}
SIZES = ((300, 250), (728, 90), (320, 50), (160, 600), (300, 600), (970, 250), (320, 480))
PLAYER: Json = {
    "mimes": ["video/mp4", "video/webm", "application/javascript"],
    "minduration": 0, "maxduration": 120, "protocols": [2, 3, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16],
    "w": 640, "h": 360, "linearity": 1, "startdelay": 0, "plcmt": 1, "api": [7],
}  # fmt: skip
SPEAKER: Json = {
    "mimes": ["audio/mpeg", "audio/mp4", "audio/ogg"], "minduration": 0, "maxduration": 120,
    "protocols": [2, 3, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16],
}  # fmt: skip


def banner(**changes: Any) -> Json:
    """An imp for a banner of any usual size."""
    sizes = [{"w": width, "h": height} for width, height in SIZES]
    return {"id": "1", "banner": {"format": sizes}, **changes}


def video(**changes: Any) -> Json:
    """An imp for a linear video, in any VAST version."""
    return {"id": "1", "video": PLAYER, **changes}


def audio(**changes: Any) -> Json:
    """An imp for a sound."""
    return {"id": "1", "audio": SPEAKER, **changes}


def native(**changes: Any) -> Json:
    """An imp for a native ad: a title must be there, the rest may."""
    asked = {"ver": "1.2", "request": json.dumps(NATIVE_REQUEST)}
    return {"id": "1", "native": asked, **changes}


def pod(**changes: Any) -> Json:
    """An imp for a dynamic pod: ninety seconds, at most four advertisements."""
    player = PLAYER | {"podid": "pod-1", "poddur": 90, "maxseq": 4, "maxduration": 60}
    return {"id": "1", "video": player, **changes}


MEDIA = {"banner": banner, "video": video, "audio": audio, "native": native}


def request(*imps: Json, **changes: Any) -> Json:
    """A request for these imps on a web site; every one has an id of its own."""
    asked: Json = {
        "id": f"certify-{next(_numbers)}",
        "imp": list(imps),
        "site": {
            "id": "site-1", "domain": "publisher.example", "page": "https://publisher.example/news",
            "publisher": {"id": "pub-1"},
        },
        "device": {
            "ua": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "ip": "192.0.2.1", "devicetype": 2, "os": "Linux", "language": "en",
            "geo": {"country": "USA"},
        },
        "user": {},
        "at": 1,
        "tmax": TMAX_MS,
        "cur": ["USD"],
        "regs": {"gdpr": 0},
    }  # fmt: skip
    return {key: value for key, value in (asked | changes).items() if value is not None}


def in_app(*imps: Json, **changes: Any) -> Json:
    """The same in an application on a phone."""
    app = {"id": "app-1", "bundle": "com.publisher.example", "publisher": {"id": "pub-1"}}
    device = {"devicetype": 4, "os": "Android", "osv": "15", "geo": {"country": "USA"}}
    return request(*imps, **({"site": None, "app": app, "device": device} | changes))


def on_tv(*imps: Json, **changes: Any) -> Json:
    """The same on a television set."""
    app = {"id": "app-2", "bundle": "1234", "publisher": {"id": "pub-1"}}
    device = {"devicetype": 3, "os": "Roku OS", "geo": {"country": "USA"}}
    return request(*imps, **({"site": None, "app": app, "device": device} | changes))


def on_a_screen(*imps: Json, **changes: Any) -> Json:
    """The same on a screen in public, which twelve people and a half see."""
    seen = [imp | {"qty": {"multiplier": 12.5, "sourcetype": 1, "vendor": "v.example"}} for imp in imps]  # fmt: skip
    screen = {"id": "dooh-1", "venuetype": ["transit.airports"], "venuetypetax": 1}
    device = {"devicetype": 8, "geo": {"country": "USA"}}
    changed = {"site": None, "user": None, "dooh": screen, "device": device} | changes
    return request(*seen, **changed)
