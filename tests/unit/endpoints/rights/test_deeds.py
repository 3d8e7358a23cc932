"""What people can have done, and what nobody else can have done in their name."""

import pytest

from adserver.domain.choices import Choices
from adserver.endpoints.rights.words import LANGUAGES
from tests.unit.endpoints.desk import counted, serving
from tests.unit.endpoints.rights.counter import (
    BROWSER,
    CAMERA,
    COOKIE,
    DEVICE,
    FOR_ALL,
    IFA,
    OTHER_BROWSER,
    OWNER,
    PERSON,
    PSEUDONYM,
    Counter,
    Visitor,
)  # fmt: skip

TEXTS = LANGUAGES["en"]
OTHER = PSEUDONYM("buyeruid", OTHER_BROWSER)


async def test_out_and_in_again_at_any_time(counter: Counter) -> None:
    before = counted("adserver_rights", deed="opt_out")
    async with serving(counter.rights) as client:
        visitor = Visitor(client, BROWSER)
        page = await visitor.press(await visitor.open("/r/"), TEXTS["opt_out"])
        assert TEXTS["said_opt_out"] in page.text
        assert TEXTS["off_title"] in page.text
        assert counter.people.choices[PERSON].opted_out
        page = await visitor.press(page, TEXTS["opt_in"])
        assert TEXTS["said_opt_in"] in page.text
        assert not counter.people.choices[PERSON].opted_out
    assert counted("adserver_rights", deed="opt_out") == before + 1


async def test_a_form_works_twice_and_without_cookies(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        address, fields = (await Visitor(client, BROWSER).open("/r/")).form(TEXTS["opt_out"])
        for _ in range(2):
            reply = await client.send("POST", address, data=fields, allow_redirects=False)
            assert (reply.status, reply.headers["Location"]) == (303, "/r/?said=opt_out")
    assert counter.people.choices[PERSON].opted_out


async def test_one_segment_can_be_objected_to_and_allowed_again(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client, BROWSER)
        page = await visitor.open("/r/data")
        address, fields = page.form(TEXTS["refuse"])
        page = await visitor.post(address, fields | {"segment": str(CAMERA)})
        assert TEXTS["said_object"] in page.text
        assert TEXTS["objected"] in page.text
        assert counter.people.choices[PERSON].objections == (CAMERA,)
        page = await visitor.press(page, TEXTS["agree"])
        assert TEXTS["said_agree"] in page.text
        assert counter.people.choices[PERSON].objections == ()
        page = await visitor.post(address, fields | {"segment": "123"})
        assert (page.reply.status, TEXTS["no_unknown_segment"] in page.text) == (404, True)


async def test_an_ads_link_is_enough_to_say_no_and_to_be_forgotten(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client)
        page = await visitor.open(f"/r/why/{counter.token()}")
        page = await visitor.press(page, TEXTS["object"])
        assert TEXTS["objected"] in page.text
        assert counter.people.choices[PERSON].objections == (CAMERA,)
        page = await visitor.press(page, TEXTS["why_opt_out"])
        assert TEXTS["why_choice_off"] in page.text
        page = await visitor.open(f"/r/erase?ad={counter.token()}")
        page = await visitor.press(page, TEXTS["erase_go"])
        assert TEXTS["erase_done_title"] in page.text
    assert PERSON not in counter.people.dossiers
    assert counter.people.choices[PERSON].erased
    assert counter.people.choices[PERSON].opted_out


async def test_an_ads_link_allows_nothing_more(counter: Counter) -> None:
    """Otherwise an exchange could take back what people decided."""
    counter.people.choices[PERSON] = Choices(opted_out=True, objections=(CAMERA,), at_s=1)
    async with serving(counter.rights) as client:
        visitor = Visitor(client)
        home = await visitor.open(f"/r/?ad={counter.token()}")
        assert TEXTS["opt_in"] not in home.text
        assert TEXTS["not_proven_in"] in home.text
        _, fields = home.form(TEXTS["id_go"])  # sealed for whoever came by the ad
        for change in ("opt_in", "agree"):
            sent = fields | {"change": change, "segment": str(CAMERA)}
            page = await visitor.post(f"/r/choose?ad={counter.token()}", sent)
            assert (page.reply.status, TEXTS["no_not_proven"] in page.text) == (403, True)
        # Nor with a browser of one's own: that is somebody else's.
        stranger = Visitor(client, OTHER_BROWSER)
        _, fields = (await stranger.open(f"/r/?ad={counter.token()}")).form(TEXTS["id_go"])
        await stranger.post(f"/r/choose?ad={counter.token()}", fields | {"change": "opt_in"})
        assert OTHER in counter.people.choices
        page = await stranger.open(f"/r/data?ad={counter.token()}")
        assert "cameras" not in page.text.lower()
    assert counter.people.choices[PERSON].opted_out


async def test_an_ads_link_does_not_tell_by_trying_what_somebody_is_in(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client)
        token = counter.token(FOR_ALL)
        _, fields = (await visitor.open(f"/r/?ad={token}")).form(TEXTS["opt_out"])
        for segment in (CAMERA, OWNER, 123):
            sent = fields | {"change": "object", "segment": str(segment)}
            assert (await visitor.post(f"/r/choose?ad={token}", sent)).reply.status == 404
    assert counter.people.choices == {}


async def test_a_consent_can_be_withdrawn_but_not_given_here(counter: Counter) -> None:
    counter.people.choices[PERSON] = Choices(consented=True, at_s=1)
    async with serving(counter.rights) as client:
        visitor = Visitor(client, BROWSER)
        page = await visitor.open("/r/data")
        address, fields = page.form(TEXTS["withdraw"])
        page = await visitor.press(page, TEXTS["withdraw"])
        assert TEXTS["said_withdraw"] in page.text
        assert not counter.people.choices[PERSON].consented
        for change in ("consent", "", "erase", "__class__"):
            page = await visitor.post(address, fields | {"change": change})
            assert page.reply.status == 400
    assert not counter.people.choices[PERSON].consented


async def test_erasing_forgets_and_says_so(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client, BROWSER)
        page = await visitor.press(await visitor.open("/r/erase"), TEXTS["erase_go"])
        assert TEXTS["erase_done_title"] in page.text
        assert PERSON not in counter.people.dossiers
        assert TEXTS["erased_title"] in (await visitor.open("/r/")).text
        assert TEXTS["data_segments_none"] in (await visitor.open("/r/data")).text


async def test_a_link_cannot_make_us_say_what_is_not_so(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        for said in ("erased", "opt_out", "object", "nonsense", "<b>"):
            for page in ("", "data", "erase"):
                shown = await Visitor(client, BROWSER).open(f"/r/{page}?said={said}")
                assert TEXTS["erase_done_title"] not in shown.text
                assert 'role="status"' not in shown.html


@pytest.mark.parametrize("cookie", [BROWSER, ""])
async def test_the_browsers_no_is_followed_at_once(counter: Counter, cookie: str) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client, cookie, Sec_GPC="1")
        page = await visitor.open("/r/")
        assert TEXTS["gpc_title"] in page.text
        assert (TEXTS["gpc_stored"] in page.text) is bool(cookie)
        assert TEXTS["opt_in"] not in page.text
        if cookie:
            assert counter.people.choices[PERSON].opted_out
            sent = page.form(TEXTS["id_go"])[1] | {"change": "opt_in"}
            refused = await visitor.post("/r/choose", sent)
            assert (refused.reply.status, TEXTS["no_gpc"] in refused.text) == (409, True)
    assert set(counter.people.choices) == ({PERSON} if cookie else set())


@pytest.mark.parametrize("value", ["0", "", "true", "11"])
async def test_only_a_one_is_the_signal(counter: Counter, value: str) -> None:
    async with serving(counter.rights) as client:
        await Visitor(client, BROWSER, Sec_GPC=value).open("/r/")
    assert counter.people.choices == {}


async def test_a_form_acts_for_whom_it_was_written_only(counter: Counter) -> None:
    """Another site can have a browser send its own form along with our cookie."""
    async with serving(counter.rights) as client:
        address, fields = (await Visitor(client, OTHER_BROWSER).open("/r/")).form(TEXTS["opt_out"])
        await Visitor(client, BROWSER).post(address, fields)
    assert set(counter.people.choices) == {OTHER}


async def test_forms_that_are_not_ours_old_or_from_elsewhere_do_nothing(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client, BROWSER)
        typed = await visitor.press(await visitor.open("/r/"), TEXTS["id_go"], ifa=IFA)
        address, fields = typed.form(TEXTS["opt_out"])
        good = fields["form"]
        session = visitor.cookies["adserver_rights"]
        for form in ("", "x", good[:-2], good[:20] + "AAAA" + good[24:], "A" * 2_000, session, "ä"):
            page = await visitor.post(address, fields | {"form": form})
            assert page.reply.status == 403
            assert page.reply.headers["X-Adserver-Reason"] == "forged_form"
        for site, status in (
            ("cross-site", 403),
            ("same-site", 403),
            ("same-origin", 303),
            ("none", 303),
        ):
            headers = {"Sec-Fetch-Site": site}
            reply = await client.send(
                "POST", address, data=fields, headers=headers, allow_redirects=False
            )
            assert reply.status == status
        counter.people.choices.clear()
        counter.clock.now_s += 1_801
        page = await visitor.post(address, fields)
        assert page.reply.headers["X-Adserver-Reason"] == "stale_form"
        counter.clock.now_s -= 4_000  # sealed in the future: the clock was set
        assert (await visitor.post(address, fields)).reply.status == 403
    assert counter.people.choices == {}
    assert DEVICE in counter.people.dossiers


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("text/plain", b"form=x", 415), ("multipart/form-data; boundary=x", b"--x", 415), ("", b"form=x", 415),
        ("application/json", b"{}", 415), ("application/x-www-form-urlencoded", b"x" * 5_000, 413),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 30), 400),
        ("application/x-www-form-urlencoded", b"form=%ff", 400), ("application/x-www-form-urlencoded", b"\xff", 400),
        ("application/x-www-form-urlencoded", b"x" * 400_000, 413), ("application/x-www-form-urlencoded", b"", 403),
    ],
)  # fmt: skip
async def test_other_bodies_are_refused(
    counter: Counter, kind: str, body: bytes, status: int
) -> None:
    async with serving(counter.rights) as client:
        reply = await client.send(
            "POST",
            "/r/erase",
            data=body,
            headers={"Content-Type": kind, "Cookie": f"{COOKIE}={BROWSER}"},
        )
        assert reply.status == status
    assert PERSON in counter.people.dossiers


async def test_hostile_values_are_refused_without_harm(counter: Counter) -> None:
    async with serving(counter.rights) as client:
        visitor = Visitor(client, BROWSER)
        address, fields = (await visitor.open("/r/data")).form(TEXTS["refuse"])
        for segment in ("-1", "1e9", "٣", "9" * 400, "<b>", "4294967296"):
            page = await visitor.post(address, fields | {"segment": segment})
            assert page.reply.status == 404
        page = await visitor.post(address, fields | {"back": "//evil.example"})
        assert page.reply.status == 400
        cookie = f"{COOKIE}={'x' * 300}; adserver_rights=junk; ;=;a"
        page = await Visitor(client).open("/r/", Cookie=cookie)
        assert TEXTS["nobody_title"] in page.text
    assert counter.people.choices == {}
