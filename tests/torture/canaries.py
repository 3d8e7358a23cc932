"""R12, logs and metrics: what a request says of a person is nowhere but where it was declared to be.

Every request carries marks of its own in all the places where exchanges send personal things. Then everything
that the server wrote or tells is searched for them: log, metrics, events, journal, profiles, all of the state
folder, and explanations. Declared are the place, the publication's domain, city and system in the bid event
(`docs/reference/events.md`); and where the person allows it their pseudonym, never the id itself.
"""

import asyncio
import base64
import copy
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import numpy as np

from adserver import bootstrap
from adserver.config import load_settings
from loadtest import tcf
from tests.endpoints.catalogs import one_banner
from tests.endpoints.server import Server
from tests.torture.figures import Box, Figure, Scale, none_of
from tests.torture.lines import Ask, Line, flood, get, post
from tests.torture.running import serving

Json = dict[str, Any]

VENDOR = 42
MARK = "canary"
"""Every planted text has it, so that one search finds any of them."""


def _without_storage() -> str:
    """Return a consent string with every purpose but the first: choose and measure, but read and keep no id."""
    ours = ((VENDOR, VENDOR),)
    return tcf.encode(tcf.Choice(date(2026, 10, 1), ours, ours, tuple(range(2, 12))))


FORBIDDEN = (
    {"regs": {"gdpr": 1}}, {"regs": {"coppa": 1}}, {"regs": {"us_privacy": "1YYN"}}, {"device": {"lmt": 1}},
    {"device": {"dnt": 1}}, {"regs": {"gpp_sid": [7]}}, {"regs": {"ext": {"gpc": 1}}}, {"regs": {"gdpr": 1, "coppa": 1}},
    {"user": {"consent": _without_storage()}},
)  # fmt: skip
"""Each of them alone leaves at most the page."""
SHOP = "tents"
PROFILES = "state/profiles/"
EXPLAINED = 20
"""So many requests more are explained."""
_HEAD = 8


def run(scale: Scale) -> list[Figure]:
    """Plant canaries with and without permission, and look for them everywhere."""
    settings = {
        "exchanges": [{"name": "open", "contextual_without_consent": True}],
        "vendor_id": VENDOR,
    }
    with serving(one_banner(SHOP, goal={"cpm": 5}), settings=settings) as server:
        planted = Planted(Random(scale.seed))
        bids = asyncio.run(_plant(server, planted, scale))
        told = _told(server)
        told |= _explained(server, planted)
        stopped_log = server.text().encode()
        server.stop()  # what was still in memory is written now
        stores = {
            str(file.relative_to(server.folder)): file.read_bytes() for file in _files(server)
        }
        pseudonym = bootstrap.pseudonym(load_settings(server.settings_file))
    secret = {key: pseudonym(*key) for key in planted.forbidden}
    allowed = {key: pseudonym(*key) for key in planted.allowed}
    everything = told | stores | {"log": stopped_log}
    marks = [
        _around(place, text, text.lower().find(MARK.encode()))
        for place, text in everything.items()
        if MARK.encode() in text.lower()
    ]
    numbers = search(everything, planted.numbers)
    hidden = search(everything, _spellings(secret))
    profiles = {place: text for place, text in stores.items() if place.startswith(PROFILES)}
    others = {place: text for place, text in everything.items() if place not in profiles}
    strange = search(others, _spellings(allowed))
    kept = search(profiles, list(allowed.values()))
    size = f"{sum(map(len, everything.values())) / 1e6:.0f} MB in {len(everything)} places"
    return [
        none_of("R12", f"texts of persons found, {bids:,} bids, {size}", planted.asked, marks),
        none_of("R12", "addresses and coordinates found", planted.asked, numbers),
        none_of("R12", "pseudonyms of who allowed nothing found", len(secret), hidden),
        none_of("R12", "pseudonyms of who allowed it, outside the profiles", len(allowed), strange),
        Figure(
            "R12", "of who allowed it, pseudonyms in the profiles (the search works)",
            "found" if kept else "not found", "found", bool(kept),
        ),
    ]  # fmt: skip


class Planted:
    """What was said, and by whom."""

    def __init__(self, dice: Random) -> None:
        self.asked = 0
        self.allowed: list[tuple[str, str]] = []
        """Kind and id of the persons whose requests restrict nothing."""
        self.forbidden: list[tuple[str, str]] = []
        self.numbers: list[bytes] = []
        self._dice = dice

    def request(self) -> tuple[Json, bytes, bool]:
        """Return the next request, its headers, and whether it allows to recognise the person."""
        number = self.asked
        self.asked += 1
        dice = self._dice
        mark = f"{MARK}{number:06}{dice.getrandbits(40):010x}"
        address = f"{dice.randint(11, 99)}.{dice.randint(100, 255)}.{dice.randint(100, 255)}.{dice.randint(100, 255)}"
        latitude, longitude = round(dice.uniform(10, 80), 12), round(dice.uniform(10, 170), 12)
        self.numbers += [address.encode(), str(latitude).encode(), str(longitude).encode()]
        # Shortened, too: with what stands before a value, since a second's fraction may have the same digits.
        self.numbers += [
            f"{before}{each}"[: _HEAD + 1].encode()
            for each in (latitude, longitude)
            for before in ':"='
        ]
        asked: Json = {
            "id": f"{mark}-request", "at": 2, "tmax": 2_000,
            "imp": [{"id": f"{mark}-imp", "banner": {"w": 300, "h": 250}, "tagid": f"{mark}-tag", "ext": {"x": mark}}],
            "site": {
                "domain": dice.choice(("news.example", f"{mark}@news.example", f"https://{mark}:{mark}@news.example/")), "page": f"https://news.example/{mark}?q={mark}", "ref": f"https://search.example/?q={mark}",
                "search": mark, "keywords": mark, "name": mark, "content": {"title": mark, "keywords": mark, "url": f"https://x.example/?{mark}"},
                "kwarray": [mark], "mobile": 1, "publisher": {"id": mark, "name": mark}, "ext": {"x": mark},
            },
            "device": {
                "ua": f"Mozilla/5.0 ({mark})", "ip": address, "ipv6": f"2001:db8::{mark}", "ifa": f"{mark}-ifa", "didsha1": mark,
                "dpidmd5": mark, "macsha1": mark, "carrier": mark, "ext": {"idfv": mark},
                "geo": {"country": "USA", "lat": latitude, "lon": longitude, "zip": mark},
            },
            "user": {
                "id": f"{mark}-user", "buyeruid": f"{mark}-buyer", "keywords": mark, "customdata": mark, "yob": 1970,
                "consent": f"C{mark}", "kwarray": [mark],
                "eids": [{"source": "x.example", "inserter": mark, "matcher": mark, "uids": [{"id": mark}]}, {"source": mark, "uids": [{"id": mark}]}], "email": f"{mark}@example.org",
                "data": [{"id": mark, "segment": [{"id": mark, "value": mark}]}], "ext": {"email": f"{mark}@example.org", "eids": [{"source": "uidapi.com", "uids": [{"id": mark}]}]},
                "geo": {"lat": latitude, "lon": longitude, "city": mark, "zip": mark},
            },
            "regs": {"ext": {"x": mark, "dsa": {"dsarequired": 1, "pubrender": 0, "transparency": [{"domain": mark}]}}},
            "ext": {"x": mark}, "source": {"tid": mark},
        }  # fmt: skip
        may = number % 2 == 0
        if may:
            del asked["user"]["consent"]  # a string that cannot be read is a refusal
        else:
            # Looks like the name of a space.
            asked["imp"][0]["tagid"] = f"{MARK}-of-{dice.choice(('anna', 'emil'))}"
            for part, fields in dice.choice(FORBIDDEN).items():
                asked.setdefault(part, {}).update(copy.deepcopy(fields))
            if dice.random() < 0.1:  # strings that nobody can read are searched for, too
                asked["regs"] |= {"gpp": f"D{mark}", "gpp_sid": [8], "us_privacy": f"1{mark}"}
        persons = [("ifa", f"{mark}-ifa"), ("buyeruid", f"{mark}-buyer"), ("user", f"{mark}-user")]
        (self.allowed if may else self.forbidden).extend(persons)
        headers = (
            f"User-Agent: {mark}\r\nX-Forwarded-For: {address}\r\nReferer: https://x.example/?{mark}\r\n"
            f"Cookie: id={mark}\r\n"
        )
        return asked, headers.encode(), may


async def _plant(server: Server, planted: Planted, scale: Scale) -> int:
    """Ask for all of them and return how many got bids."""
    tally = await flood(server.port, _asks(planted, scale.count(100_000, 500), scale.time(0.7)))
    await asyncio.sleep(1.0)  # contacts are written a little later
    return tally.statuses[200]


def _asks(planted: Planted, wanted: int, box: Box) -> Iterator[Ask]:
    while planted.asked < wanted and not box.over():
        asked, headers, _ = planted.request()
        yield _asking(asked, headers, planted.asked)


def _asking(asked: Json, headers: bytes, number: int) -> Ask:
    """Ask for bids, and as every other person see the ad, click it and buy, with canaries in all of them."""

    async def ask(line: Line) -> int:
        answer = await line.ask(post("/openrtb2/open", json.dumps(asked).encode(), headers))
        if number % 50 == 0:
            broken = json.dumps(asked).encode()[:-7]
            await line.ask(post("/openrtb2/open", broken, headers))
            await line.ask(post(f"/openrtb2/{asked['id']}", b"{}", headers))
        if answer.status == 200 and number % 4 < 2:
            bid = json.loads(answer.body)["seatbid"][0]["bid"][0]
            token = bid["burl"].rpartition("/")[2].partition("?")[0]
            mark = asked["site"]["search"]
            for path in (
                f"/n/billing/{token}?p={bid['price']}&x={mark}", f"/t/impression/{token}?x={mark}", f"/t/click/{token}?x={mark}",
                f"/c/{SHOP}?order={number}&value=1&adclick={token}&x={mark}", f"/n/loss/{mark}?r={mark}",
                f"/c/{mark}?order={mark}", f"/t/click/{mark}",
            ):  # fmt: skip
                await line.ask(get(path).replace(b"\r\n\r\n", b"\r\n" + headers + b"\r\n"))
        return answer.status

    return ask


def _around(place: str, text: bytes, at: int) -> str:
    return f"{place}: {text[max(0, at - 60) : at + 60]!r}"


def _told(server: Server) -> dict[str, bytes]:
    paths = ("/metrics", "/metrics/owner", "/report")
    workers = range(server.workers)
    return {
        f"{path} of {worker}": server.private("GET", path, worker=worker).body
        for path in paths
        for worker in workers
    }


def _explained(server: Server, planted: "Planted") -> dict[str, bytes]:
    """Return explanations of a few requests more, without the ids of request and imp by which the asker knows them."""
    told = {}
    for _ in range(EXPLAINED):
        asked, _, _ = planted.request()
        walk = json.dumps(server.explain(asked))
        for own in (asked["id"], asked["imp"][0]["id"]):
            walk = walk.replace(own, "")
        told[f"explanation of {asked['id'][-12:]}"] = walk.encode()
    return told


def _files(server: Server) -> Iterator[Any]:
    return (file for file in sorted(server.folder.rglob("*")) if file.is_file())


def _spellings(persons: dict[tuple[str, str], bytes]) -> list[bytes]:
    """Return ids and pseudonyms in the ways that a program might write them."""
    found = []
    for (_, identifier), key in persons.items():
        plain = identifier.encode()
        found += [key, key.hex().encode(), key.hex().upper().encode(), repr(key)[2:-1].encode()]
        found += [base64.b64encode(key).rstrip(b"="), base64.urlsafe_b64encode(key).rstrip(b"=")]
        found += [hashlib.sha1(plain).hexdigest().encode(), hashlib.md5(plain).hexdigest().encode(), hashlib.sha256(plain).hexdigest().encode()]  # fmt: skip # noqa: S324 - what others might make of it
    return found


def search(places: dict[str, bytes], needles: list[bytes]) -> list[str]:
    """Return what of these lies where, with what stands around; of less than 8 bytes none is looked for.

    All needles at once, however many: places are looked through for their first eight bytes.
    """
    by_head: dict[bytes, list[bytes]] = {}
    for needle in needles:
        if len(needle) >= _HEAD:
            by_head.setdefault(needle[:_HEAD], []).append(needle)
    if not by_head:
        return []
    heads = np.unique(np.frombuffer(b"".join(by_head), np.uint64))
    found = []
    for place, text in places.items():
        for offset in range(min(_HEAD, len(text))):
            whole = text[offset : offset + (len(text) - offset) // _HEAD * _HEAD]
            values = np.frombuffer(whole, np.uint64)
            spots = np.minimum(np.searchsorted(heads, values), len(heads) - 1)
            for hit in np.flatnonzero(heads[spots] == values):
                at = offset + int(hit) * _HEAD
                if any(text.startswith(each, at) for each in by_head[text[at : at + _HEAD]]):
                    found.append(_around(place, text, at))
    return found
