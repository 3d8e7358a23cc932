"""`/p/skadnetwork`: what a device is answered, and what the owner is told."""

import json
from typing import Any

import pytest

from adserver.domain.app_install import VERSIONS
from adserver.endpoints.postbacks.apple import Verifier
from adserver.endpoints.postbacks.routes import SKADNETWORK, Postbacks
from adserver.endpoints.postbacks.skadnetwork import MAX_BODY_BYTES, SkAdNetwork
from adserver.endpoints.replies import REASON
from tests.unit.endpoints.desk import NOW_S, Desk, counted, serving
from tests.unit.endpoints.postbacks.apples import NETWORK, PUBLIC_KEYS, postback

PATH = f"/p/{SKADNETWORK}"


def endpoint(desk: Desk, *, busy: bool = False) -> Postbacks:
    verifier = Verifier(NETWORK, lambda: not busy, PUBLIC_KEYS)
    return Postbacks({SKADNETWORK: SkAdNetwork(verifier, desk.owner, desk.clock)})


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_postback_is_recorded_once_and_a_repetition_is_as_good(
    desk: Desk, version: str
) -> None:
    before = (
        counted("adserver_installs", outcome="won"),
        counted("adserver_installs", outcome="repeated"),
    )
    async with serving(endpoint(desk)) as client:
        for _ in range(3):
            reply = await client.send("POST", PATH, json=postback(version))
            assert (reply.status, await reply.read()) == (200, b"")
            assert REASON not in reply.headers
    (install,) = desk.owner.installs
    assert (install.version, install.at_s, install.won) == (version, NOW_S, True)
    assert counted("adserver_installs", outcome="won") == before[0] + 1
    assert counted("adserver_installs", outcome="repeated") == before[1] + 2


async def test_what_went_to_another_network_is_recorded_too(desk: Desk) -> None:
    async with serving(endpoint(desk)) as client:
        said = postback(did_win=False, source_app_id=None)
        assert (await client.send("POST", PATH, json=said)).status == 200
    (install,) = desk.owner.installs
    assert not install.won


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"no json", "malformed"),
        (postback() | {"app-id": 1}, "forged"),
        (postback() | {"version": "9.0"}, "other_version"),
        (postback(ad_network_id="other.skadnetwork"), "other_network"),
    ],
)
async def test_what_is_not_apples_word_to_us_is_refused(desk: Desk, said: Any, reason: str) -> None:
    before = counted("adserver_installs", outcome=reason)
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    async with serving(endpoint(desk)) as client:
        reply = await client.send("POST", PATH, data=body)
        assert (reply.status, reply.headers[REASON]) == (400, reason)
    assert desk.owner.installs == []
    assert counted("adserver_installs", outcome=reason) == before + 1


async def test_what_cannot_be_kept_or_verified_now_is_to_be_sent_again(desk: Desk) -> None:
    desk.owner.available = False
    async with serving(endpoint(desk)) as client:
        reply = await client.send("POST", PATH, json=postback())
        assert (reply.status, reply.headers[REASON]) == (503, "unavailable")
        desk.owner.available = True
        assert (await client.send("POST", PATH, json=postback())).status == 200
    async with serving(endpoint(desk, busy=True)) as client:
        reply = await client.send("POST", PATH, json=postback())
        assert (reply.status, reply.headers[REASON]) == (503, "busy")
    assert len(desk.owner.installs) == 1


async def test_other_methods_paths_and_sizes_are_refused(desk: Desk) -> None:
    async with serving(endpoint(desk)) as client:
        assert (await client.get(PATH)).status == 405
        for path in ("/p", "/p/", "/p/nobody", f"{PATH}/more"):
            assert (await client.send("POST", path, json=postback())).status == 404
        long = json.dumps(postback()).encode() + b" " * MAX_BODY_BYTES
        assert (await client.send("POST", PATH, data=long)).status == 413
    assert desk.owner.installs == []
