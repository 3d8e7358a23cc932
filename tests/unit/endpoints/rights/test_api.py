"""The same for programs."""

from typing import Any

import msgspec
import pytest

from adserver.endpoints.rights.account import FORMAT, Account
from adserver.endpoints.rights.api import ROUTES
from adserver.endpoints.rights.refusals import No
from adserver.endpoints.rights.why import Why
from adserver.endpoints.rights.words import LANGUAGES
from tests.docs.pages import DOCS, spans
from tests.unit.endpoints.desk import Client, serving
from tests.unit.endpoints.rights.counter import (
    BROWSER,
    CAMERA,
    COOKIE,
    DEVICE,
    FOR_CAMERAS,
    IFA,
    OWNER,
    PERSON,
    Counter,
)  # fmt: skip


async def _ask(client: Client, route: str, cookie: str = "", **body: Any) -> tuple[int, Any]:
    headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
    reply = await client.send("POST", f"/r/api/{route}", json=body, headers=headers)
    assert reply.headers["Cache-Control"] == "no-store"
    return reply.status, msgspec.json.decode(await reply.read())


async def test_everything_by_cookie_or_advertising_id(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        for status, account in (
            await _ask(client, "data", BROWSER),
            await _ask(client, "data", ifa=IFA),
        ):
            assert (status, account["format"]) == (200, FORMAT)
            told = msgspec.convert(account, Account)
            assert {each.legal_basis for each in told.segments} == {"consent", "opt_in"}
            assert {each["segment"] for each in account["segments"]} == {CAMERA, OWNER, 77}


async def test_the_schema_describes_the_answer(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        reply = await client.get("/r/api/schema")
        assert reply.content_type == "application/schema+json"
        schema = msgspec.json.decode(await reply.read())
        _, account = await _ask(client, "data", BROWSER)
    described = schema["$defs"]["Account"]
    assert set(described["properties"]) == set(described["required"]) == set(account)


async def test_decisions_hold_at_once(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        for change, field in (("opt_out", True), ("opt_in", False)):
            status, held = await _ask(client, "choices", BROWSER, change=change)
            assert (status, held["opted_out"]) == (200, field)
        _, held = await _ask(client, "choices", BROWSER, change="object", segment=CAMERA)
        assert held["objections"] == [CAMERA]
        assert (await _ask(client, "choices", BROWSER))[1] == held
        token = counter.token()
        _, held = await _ask(client, "choices", token=token, change="opt_out")
        assert held["opted_out"]
        status, refused = await _ask(client, "choices", token=token, change="opt_in")
        assert (status, refused["code"]) == (403, "not_proven")


async def test_erasing(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        assert await _ask(client, "erase", ifa=IFA) == (200, {"erased": True, "known": True})
        assert await _ask(client, "erase", ifa=IFA) == (200, {"erased": True, "known": False})
    assert DEVICE not in counter.people.dossiers
    assert PERSON in counter.people.dossiers


async def test_why(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        status, answer = await _ask(client, "why", token=counter.token())
    why = msgspec.convert(answer, Why)
    assert status == 200
    assert (why.known, why.groups_decided, why.person, why.exchange) == (True, True, True, "north")
    assert (why.advertiser, why.paid_by) == ("Cameras <b>& More</b>", "Cameras Group")
    assert [group.name for group in why.groups] == ["camera-intent"]
    assert [group.name for group in why.other_groups] == ["camera-owner"]
    assert FOR_CAMERAS not in str(answer)


@pytest.mark.parametrize(
    ("route", "body", "status", "code"),
    [
        ("data", {}, 404, "nobody"),
        ("data", {"ifa": "junk"}, 400, "not_an_id"),
        ("data", {"ifa": 17}, 400, "unreadable"),
        ("choices", {"ifa": IFA, "change": "consent"}, 400, "unknown_change"),
        ("choices", {"ifa": IFA, "change": "x"}, 400, "unknown_change"),
        ("choices", {"ifa": IFA, "change": "object", "segment": 5}, 404, "unknown_segment"),
        ("erase", {}, 404, "nobody"),
        ("why", {}, 400, "malformed"),
        ("why", {"token": "A" * 80}, 400, "unknown_key"),
        ("nothing", {}, 404, "no_page"),
        ("schema", {}, 405, "wrong_method"),
    ],
)
async def test_a_mistake_is_a_problem_with_a_code(
    counter: Counter, route: str, body: dict[str, Any], status: int, code: str
) -> None:
    async with serving(counter.rights) as client:
        reply = await client.send(
            "POST", f"/r/api/{route}", json=body, headers={"Accept-Language": "de"}
        )
        answer = msgspec.json.decode(await reply.read())
        assert (reply.status, answer["code"], reply.content_type) == (
            status,
            code,
            "application/problem+json",
        )
        assert reply.headers["X-Adserver-Reason"] == code
        assert reply.headers["Content-Language"] == "de"
    assert counter.people.choices == {}


async def test_what_a_foreign_page_can_send_is_refused(counter: Counter) -> None:
    """Without asking first, a page elsewhere can send forms and plain text, but no JSON."""
    async with serving(counter.rights) as client:
        for kind, extra in (("text/plain", {}), ("application/x-www-form-urlencoded", {}),
                            ("application/json", {"Sec-Fetch-Site": "cross-site"}),
                            ("application/json", {"Content-Encoding": "gzip"})):  # fmt: skip
            headers = {"Content-Type": kind, "Cookie": f"{COOKIE}={BROWSER}"} | extra
            reply = await client.send("POST", "/r/api/erase", data=b"{}", headers=headers)
            assert reply.status in {403, 415}
        for body in (b"[]", b"[" * 4_000, b"\xff", b'{"ifa": null}', b"x" * 5_000):
            headers = {"Content-Type": "application/json", "Cookie": f"{COOKIE}={BROWSER}"}
            reply = await client.send("POST", "/r/api/erase", data=body, headers=headers)
            assert reply.status in {400, 413}
        assert (await client.send("OPTIONS", "/r/api/erase")).status == 405
        for route in ROUTES:
            reply = await client.send("DELETE", f"/r/api/{route}")
            assert (reply.status, reply.headers["Allow"]) == (405, ", ".join(ROUTES[route]))
    assert PERSON in counter.people.dossiers


async def test_the_browsers_no_and_an_absent_owner(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        headers = {"Cookie": f"{COOKIE}={BROWSER}", "Sec-GPC": "1"}
        reply = await client.send("POST", "/r/api/data", json={}, headers=headers)
        assert msgspec.json.decode(await reply.read())["decided"]["opted_out"] is True
        counter.people.available = False
        reply = await client.send("POST", "/r/api/data", json={}, headers=headers)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "2")


def test_every_way_to_refuse_has_a_sentence_and_a_row_in_the_docs() -> None:
    said = spans(DOCS / "reference" / "http.md")
    assert set(No) <= said
    assert {f"no_{no.value}" for no in No} <= set(LANGUAGES["en"])
