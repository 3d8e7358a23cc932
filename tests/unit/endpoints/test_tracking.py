"""Pixels, clicks and video events: what a person's device sends, and what it gets."""

import asyncio
import time

import pytest

from adserver.domain.networks import Networks, network
from adserver.endpoints.replies import PIXEL
from adserver.endpoints.suspicion import Visitors
from adserver.endpoints.tracking import VIDEO_EVENTS, Tracking
from adserver.validity.judge import ContactJudge
from tests.unit.endpoints.desk import NOW_S, TICKET, Desk, counted, serving

LANDING = "https://shop.example/autumn?a=1#boots"


def _tracking(desk: Desk, landing: str | None = LANDING, patience_s: float = 5.0) -> Tracking:
    pages = {} if landing is None else {TICKET.creative: landing}
    return Tracking(desk.intake, pages.get, patience_s)


def test_the_pixel_is_a_whole_transparent_gif_of_one_by_one() -> None:
    assert len(PIXEL) == 43
    assert PIXEL.startswith(b"GIF89a\x01\x00\x01\x00")
    assert PIXEL[19:23] == b"!\xf9\x04\x01"  # a graphic control block with the transparency bit
    assert PIXEL.endswith(b";")


async def test_an_impression_is_recorded_once_and_answered_with_a_pixel(desk: Desk) -> None:
    async with serving(_tracking(desk)) as client:
        for _ in range(2):
            reply = await client.get(f"/t/impression/{desk.token(exchange='south')}?p=0.5")
            assert (reply.status, await reply.read()) == (200, PIXEL)
            assert reply.content_type == "image/gif"
            assert reply.headers["Cache-Control"] == "no-store"
            assert "Set-Cookie" not in reply.headers
    (notice,) = desk.owner.notices
    assert (notice.kind, notice.settles, notice.wire_price) == ("impression", True, 500_000)


async def test_an_impression_settles_only_where_it_is_what_bills(desk: Desk) -> None:
    async with serving(_tracking(desk)) as client:
        for n, (exchange, media_type) in enumerate([("north", 1), ("north", 2), ("south", 2)]):
            token = desk.token(bid=bytes([n]) * 16, exchange=exchange, media_type=media_type)
            await client.get(f"/t/impression/{token}")
    assert [notice.settles for notice in desk.owner.notices] == [False, True, False]


async def test_an_impression_that_cannot_be_kept_is_503_but_still_a_pixel(desk: Desk) -> None:
    desk.owner.available = False
    async with serving(_tracking(desk)) as client:
        reply = await client.get(f"/t/impression/{desk.token()}")
        assert (reply.status, await reply.read()) == (503, PIXEL)
        assert "Retry-After" in reply.headers


async def test_a_late_impression_counts_only_where_it_is_owed(desk: Desk) -> None:
    async with serving(_tracking(desk)) as client:
        for exchange, status in (("north", 410), ("south", 200)):
            token = desk.token(exchange=exchange, bill_until_s=NOW_S - 1)
            reply = await client.get(f"/t/impression/{token}")
            assert (reply.status, await reply.read()) == (status, PIXEL)
    assert [notice.ticket.exchange for notice in desk.owner.notices] == ["south"]


@pytest.mark.parametrize("event", VIDEO_EVENTS)
async def test_video_events_are_recorded_and_never_settle(desk: Desk, event: str) -> None:
    """They come after the impression, so they have the longer time."""
    token = desk.token(media_type=2, bill_until_s=NOW_S - 1)
    async with serving(_tracking(desk)) as client:
        assert (await client.get(f"/v/{token}/{event}")).status == 200
        stale = desk.token(bid=b"s" * 16, click_until_s=NOW_S - 1)
        assert (await client.get(f"/v/{stale}/{event}")).status == 410
    assert [(notice.kind, notice.settles) for notice in desk.owner.notices] == [(event, False)]


async def test_a_click_is_recorded_and_leads_to_the_landing_page_with_its_token(desk: Desk) -> None:
    token = desk.token()
    async with serving(_tracking(desk)) as client:
        for _ in range(2):
            reply = await client.get(f"/t/click/{token}")
            assert reply.status == 302
            assert (
                reply.headers["Location"]
                == f"https://shop.example/autumn?a=1&adclick={token}#boots"
            )
    assert [notice.kind for notice in desk.owner.notices] == ["click"]


@pytest.mark.parametrize(
    ("landing", "before", "after"),
    [
        ("https://shop.example", "https://shop.example?", ""),
        ("https://shop.example/a#b?c", "https://shop.example/a?", "#b?c"),
        ("http://shop.example/?x=%0d%0a", "http://shop.example/?x=%0d%0a&", ""),
    ],
)
async def test_the_click_joins_whatever_address_the_landing_page_has(
    desk: Desk, landing: str, before: str, after: str
) -> None:
    token = desk.token()
    async with serving(_tracking(desk, landing)) as client:
        reply = await client.get(f"/t/click/{token}")
    assert reply.headers["Location"] == f"{before}adclick={token}{after}"


@pytest.mark.parametrize(("parameter", "query"), [("click_id", "a=1&click_id={}"), ("", "a=1")])
async def test_a_landing_page_is_told_the_click_by_the_name_that_it_knows(
    desk: Desk, parameter: str, query: str
) -> None:
    """Or by none: a store's page has no use for it."""
    pages = {TICKET.creative: LANDING}
    tracking = Tracking(desk.intake, pages.get, 5.0, click_parameters={TICKET.creative: parameter})
    token = desk.token()
    async with serving(tracking) as client:
        reply = await client.get(f"/t/click/{token}")
        refused = await client.get(f"/t/click/{desk.token(measured=False)}")
    assert reply.headers["Location"] == f"https://shop.example/autumn?{query.format(token)}#boots"
    assert refused.headers["Location"] == LANDING


async def test_without_permission_to_measure_nothing_ties_the_order_to_the_click(
    desk: Desk,
) -> None:
    async with serving(_tracking(desk)) as client:
        reply = await client.get(f"/t/click/{desk.token(measured=False)}")
    assert reply.headers["Location"] == LANDING


async def test_a_person_is_led_on_though_the_owner_is_out(desk: Desk) -> None:
    desk.owner.available = False
    before = counted("adserver_notices", kind="click", outcome="unavailable")
    async with serving(_tracking(desk)) as client:
        assert (await client.get(f"/t/click/{desk.token()}")).status == 302
    assert counted("adserver_notices", kind="click", outcome="unavailable") == before + 1


async def test_a_person_does_not_wait_for_a_slow_owner_and_the_click_still_counts(
    desk: Desk,
) -> None:
    desk.owner.ready.clear()
    tracking = _tracking(desk, patience_s=0.02)
    async with serving(tracking) as client:
        assert (await client.get(f"/t/click/{desk.token()}")).status == 302
        assert desk.owner.notices == []
        desk.owner.ready.set()
        await tracking.drain()
    assert [notice.kind for notice in desk.owner.notices] == ["click"]
    await asyncio.wait_for(tracking.drain(), 0.1)


async def test_a_click_after_its_time_leads_on_and_counts_nothing(desk: Desk) -> None:
    async with serving(_tracking(desk)) as client:
        reply = await client.get(f"/t/click/{desk.token(click_until_s=NOW_S - 1)}")
    assert (reply.status, reply.headers["Location"]) == (302, LANDING)
    assert desk.owner.notices == []


@pytest.mark.parametrize(
    "landing", [None, "javascript:alert(1)", "//evil.example", "https://a.example/\r\nSet-Cookie: a=b", ""]
)  # fmt: skip
async def test_without_a_landing_page_that_is_a_web_address_there_is_no_redirect(
    desk: Desk, landing: str | None
) -> None:
    async with serving(_tracking(desk, landing)) as client:
        reply = await client.get(f"/t/click/{desk.token()}")
        assert reply.status == 404
        assert "Location" not in reply.headers
        assert await reply.text() == "What this advertisement led to is gone.\n"


@pytest.mark.parametrize(
    "tail",
    [
        "", "?url=https://evil.example", "?adclick=x&landing=//evil.example", "#https://evil.example",
        "?%0d%0aLocation:%20https://evil.example", "?next=%5c%5cevil.example",
    ],
)  # fmt: skip
async def test_nothing_in_the_request_changes_where_a_click_leads(desk: Desk, tail: str) -> None:
    token = desk.token()
    async with serving(_tracking(desk, "https://shop.example/")) as client:
        reply = await client.get(f"/t/click/{token}{tail}", Host="evil.example", Referer="//evil")
    assert reply.headers["Location"] == f"https://shop.example/?adclick={token}"


@pytest.mark.parametrize(
    "damage", ["%0d%0aSet-Cookie:a=b", "%00", "..%2f..", "https:%2f%2fevil.example", "%C3%A9"]
)
async def test_a_damaged_link_says_so_and_leads_nowhere(desk: Desk, damage: str) -> None:
    async with serving(_tracking(desk)) as client:
        reply = await client.get(f"/t/click/{desk.token()}{damage}")
        assert reply.status == 400
        assert (await reply.text()).startswith("This link is damaged")
        assert reply.content_type == "text/plain"
        assert {"Location", "Set-Cookie"}.isdisjoint(reply.headers)
    assert desk.owner.notices == []


async def test_other_paths_and_methods_are_not_ours(desk: Desk) -> None:
    token = desk.token()
    async with serving(_tracking(desk)) as client:
        for path in (
            f"/v/{token}/explode",
            f"/v/{token}",
            f"/t/win/{token}",
            "/t/click",
            f"/t/click/{token}/",
        ):
            assert (await client.get(path)).status == 404
        assert (await client.send("POST", f"/t/click/{token}")).status == 405
    assert desk.owner.notices == []


async def test_a_machines_call_is_marked_and_answered_like_any_other(desk: Desk) -> None:
    """The click leads on; what is recorded names the rule, and nothing of the device."""
    visitors = Visitors(Networks([network("127.0.0.0/8")]))
    judge = ContactJudge(fastest_click_ms=90_000, monotonic=time.monotonic)
    desk.intake = desk.make_intake(judge)
    tracking = Tracking(desk.intake, {TICKET.creative: LANDING}.get, visitors=visitors)
    before = counted("adserver_invalid_traffic", kind="click", rule="fast_clicks")
    async with serving(tracking) as client:
        for _ in range(2):
            reply = await client.get(f"/t/click/{desk.token()}")
            assert reply.status == 302
        assert (await client.get(f"/t/impression/{desk.token()}")).status == 200
    assert [(each.kind, each.rule) for each in desk.owner.notices] == [
        ("click", "fast_clicks"),
        ("impression", ""),
    ]
    assert counted("adserver_invalid_traffic", kind="click", rule="fast_clicks") == before + 1
