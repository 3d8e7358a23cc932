"""By a typed id, by nothing, by an odd path: how people come in."""

import pytest

from adserver.endpoints.rights.routes import FORMS, SHOWN
from adserver.endpoints.rights.words import LANGUAGES
from tests.unit.endpoints.desk import serving
from tests.unit.endpoints.rights.counter import (
    DEVICE,
    IFA,
    Counter,
    Visitor,
)  # fmt: skip

TEXTS = LANGUAGES["en"]


async def test_a_typed_id_is_remembered_sealed_and_stands_in_no_address(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client)
        for typed in (f"  {IFA.upper()} ", IFA.replace("-", "")):
            page = await visitor.press(await visitor.open("/r/"), TEXTS["id_go"], ifa=typed)
            assert TEXTS["id_known"] in page.text
            assert IFA not in str(page.reply.url)
            assert set(visitor.cookies) == {"adserver_rights"}
            assert IFA not in visitor.cookies["adserver_rights"]
            assert DEVICE in counter.people.asked[-1]
            assert "You looked at cameras" in (await visitor.open("/r/data")).text
            page = await visitor.press(page, TEXTS["id_forget"])
            assert visitor.cookies == {}
            assert TEXTS["said_forgotten"] in page.text
        page = await visitor.press(await visitor.open("/r/"), TEXTS["id_go"], ifa=IFA)
        counter.clock.now_s += 1_801
        assert TEXTS["nobody_title"] in (await visitor.open("/r/")).text


async def test_who_keeps_no_cookies_is_told_what_they_miss(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        page = await Visitor(client).open("/r/?said=known")
    assert TEXTS["said_lost"] in page.text


@pytest.mark.parametrize(
    "typed", ["", "00000000-0000-0000-0000-000000000000", "x" * 201, "<b>", "that is none", "0" * 32, "a" * 31, "\u0663" * 32]
)  # fmt: skip
async def test_what_is_no_id_is_said_beside_the_field(counter: Counter, typed: str) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client)
        page = await visitor.press(await visitor.open("/r/"), TEXTS["id_go"], ifa=typed)
    assert page.reply.status == 400
    assert TEXTS["no_not_an_id"] in page.text
    assert 'aria-invalid="true"' in page.html
    assert visitor.cookies == {}


async def test_unknown_paths_and_methods_are_refused(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        for path in ("/r/nothing", "/r/why", "/r/data/", "/r/why/a/b", "/r/../etc"):
            page = await Visitor(client).open(path)
            assert (page.reply.status, page.reply.headers["X-Adserver-Reason"]) == (404, "no_page")
        assert (await Visitor(client).open("/r")).reply.headers["Location"] == "/r/"
        for method, path, allowed in (
            ("PUT", "/r/", "GET, HEAD"), ("POST", "/r/data", "GET, HEAD"), ("DELETE", "/r/erase", "GET, HEAD, POST"),
            *(("GET", f"/r/{form}", "POST") for form in FORMS if form not in SHOWN),
        ):  # fmt: skip
            reply = await client.send(method, path)
            assert (reply.status, reply.headers["Allow"]) == (405, allowed)
        head = await client.send("HEAD", "/r/")
        assert (head.status, await head.read()) == (200, b"")
