"""R13: whoever is erased is nowhere to be read any more, within a minute, and no backup brings them back.

People whom a data provider knows see an advertisement and click it. Then everything but the file of secrets is copied
away as a backup would, and every other one of them has themselves erased over HTTP.
"""

import shutil
import time
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from adapters.profiles.lmdb_store.reader import LmdbProfiles
from adserver import bootstrap
from adserver.config import load_settings
from adserver.domain.person import NOBODY, Found
from tests.endpoints.catalogs import one_banner
from tests.endpoints.client import Client
from tests.endpoints.server import Server
from tests.endpoints.wire import links, request
from tests.torture.canaries import search
from tests.torture.figures import Figure, Scale, none_of
from tests.torture.running import serving

WITHIN_S = 60.0
SETTLED_S = 1.5
"""Contacts are written a little later than they are acknowledged."""
SEGMENT = "runner"
SECRETS = "people.keys"
"""What no backup may contain (see docs/how-to/people-and-their-rights.md)."""
SETTINGS: dict[str, Any] = {"segments": [{"kind": "files", "paths": ["people.csv"]}]}


def run(scale: Scale) -> list[Figure]:
    """Erase half of the people and look for them everywhere."""
    dice = Random(scale.seed)
    people = [str(UUID(int=dice.getrandbits(128), version=4)) for _ in range(scale.count(400, 12))]
    erased, kept = people[::2], people[1::2]
    campaigns = one_banner(targeting={"audience": SEGMENT}) | {
        "segments": {"segments": {SEGMENT: ""}}
    }
    with serving(campaigns, settings=SETTINGS) as server:
        _load(server, people)
        _live(server, people)
        before = _found(server, people)
        backup = server.folder.parent / "backup"
        shutil.copytree(server.state, backup, ignore=shutil.ignore_patterns(SECRETS, "*.sock"))
        took_s = _erase(server, erased)
        strangers = _found(server, erased)
        walks = [server.explain(_asks(each)) for each in erased]
        others = _found(server, kept)
        server.stop()
        written = {str(each): each.read_bytes() for each in _files(server.folder)}
        readable = search(written, [each.encode() for each in erased])
        _restore(server, backup, "profiles")
        restored = _found(server, erased)
        _load(server, people)
        reloaded = _found(server, erased)
        _restore(server, backup, "profiles", "choices")
        without_tombstones = _found(server, erased)
    return [
        _all("people known before, with segments and contacts", before, _is_whole),
        Figure("R13", "erased over HTTP, the last after", f"{took_s:.1f} s", f"<= {WITHIN_S:.0f} s", took_s <= WITHIN_S),
        _all("erased and found by nobody", strangers, _is_gone),
        none_of("R13", "explained as anybody but somebody erased", len(walks), [
            str(each["permission"]) for each in walks if each["permission"]["basis"] != "erased"
        ]),
        none_of("R13", f"ids of the erased in {len(written)} files of stores and logs", len(erased), readable),
        _all("erased and unknown to a restored backup of the profiles", restored, _is_gone),
        _all("the same, when the old audience is loaded again", reloaded, _is_gone),
        _all("the same, when the backup's decisions are restored, too", without_tombstones, _is_nobody),
        Figure("R13", "others still known after the erasures", f"{sum(map(_is_whole, others))} of {len(others)}",
               "all", all(map(_is_whole, others))),
    ]  # fmt: skip


def _load(server: Server, people: list[str]) -> None:
    rows = "".join(f"ifa,{each},{SEGMENT}\n" for each in people)
    (server.folder / "people.csv").write_text(f"id_kind,id,segments\n{rows}", encoding="utf-8")
    done = server.command("segments")
    assert done.returncode == 0, done.stdout + done.stderr


def _asks(person: str) -> dict[str, Any]:
    return request(device={"ifa": person, "geo": {"country": "USA"}})


def _live(server: Server, people: list[str]) -> None:
    """Let each of them see an advertisement and click it."""
    with server.client() as client:
        for person in people:
            pixel, click = links(client.bid(_asks(person)).bid())
            assert client.follow(pixel).status == 200
            assert client.follow(click).status == 302
    time.sleep(SETTLED_S)


def _erase(server: Server, people: list[str]) -> float:
    """Have them erased, and return how long that took."""
    began = time.monotonic()
    with server.client() as client:
        for person in people:
            _ask(client, "erase", {"ifa": person})
    return time.monotonic() - began


def _ask(client: Client, deed: str, fields: dict[str, Any]) -> Any:
    body = msgspec.json.encode(fields)
    reply = client.call("POST", f"/r/api/{deed}", body, Content_Type="application/json")
    assert reply.status == 200, (reply.status, reply.body)
    return reply.json()


def _found(server: Server, people: list[str]) -> list[Found]:
    """Return what a worker would find now."""
    loaded = load_settings(server.settings_file)
    pseudonym = bootstrap.pseudonym(loaded)
    profiles = bootstrap.profiles_config(loaded).build()
    assert isinstance(profiles, LmdbProfiles)
    try:
        now_s = time.time()
        return [profiles.find([pseudonym("ifa", each)], now_s) for each in people]
    finally:
        profiles.close()


def _restore(server: Server, backup: Path, *folders: str) -> None:
    for name in folders:
        shutil.rmtree(server.state / name)
        shutil.copytree(backup / name, server.state / name)


def _files(folder: Path) -> list[Path]:
    """Return everything that the server wrote; the audience's file is the data provider's."""
    return [each for each in folder.rglob("*") if each.is_file() and each.name != "people.csv"]


def _is_whole(found: Found) -> bool:
    return len(found.profile.segments) == 1 and len(found.profile.touches) == 2


def _is_nobody(found: Found) -> bool:
    return found.profile == NOBODY


def _is_gone(found: Found) -> bool:
    return found.profile == NOBODY and found.choices.erased


def _all(what: str, found: list[Found], holds: Any) -> Figure:
    good = sum(map(holds, found))
    return Figure("R13", what, f"{good} of {len(found)}", "all", good == len(found) > 0)
