"""Orders: read strictly, counted once, credited only to a click of ours."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adserver.domain.person import pseudonymiser
from adserver.endpoints.conversions import Conversions
from adserver.endpoints.replies import PIXEL
from adserver.endpoints.reported import MAX_BODY_BYTES
from adserver.privacy.permission import permit
from adserver.privacy.rules import Rules
from tests.unit.endpoints.desk import NOW_S, TICKET, Desk, counted, serving
from tests.unit.privacy import vectors


def _conversions(desk: Desk) -> Conversions:
    return Conversions(
        vault=desk.vault,
        owner=desk.owner,
        clock=desk.clock,
        is_advertiser={"camera-shop"}.__contains__,
        pseudonym=pseudonymiser(b"k" * 32),
        permit=lambda signals: permit(signals, Rules(12), NOW_S, contextual_without_consent=False),
    )


@pytest.mark.parametrize(
    ("query", "kind", "identifier"),
    [
        ("ifa=AB-1&user=u", "ifa", "ab-1"),
        ("buyeruid=Person-7", "buyeruid", "Person-7"),
        ("user=u-9", "user", "u-9"),
    ],
)
async def test_a_person_is_known_by_pseudonym_only(
    desk: Desk, query: str, kind: str, identifier: str
) -> None:
    async with serving(_conversions(desk)) as client:
        await client.get(f"/c/camera-shop?order=1&{query}")
        assert (await client.get(f"/c/camera-shop?order=2&user={'x' * 200}")).status == 400
    assert [order.person for order in desk.owner.conversions] == [
        pseudonymiser(b"k" * 32)(kind, identifier)
    ]


async def test_an_order_is_counted_once_per_advertiser(desk: Desk) -> None:
    async with serving(_conversions(desk)) as client:
        for expected in (True, False):
            reply = await client.get("/c/camera-shop?order=A-17&value=129.90")
            assert (reply.status, await reply.json()) == (200, {"counted": expected})
    (order,) = desk.owner.conversions
    assert (order.advertiser, order.order, order.at_s) == ("camera-shop", "A-17", NOW_S)
    assert (order.value, order.click) == (129_900_000_000, None)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"order": "17", "value": "5.5"}},
        {"json": {"order": "17", "value": "5.5"}},
        {"json": {"order": 17, "value": 5.5, "adclick": None, "unknown": [1]}},
    ],
)
async def test_a_shop_may_post_a_form_or_json(desk: Desk, body: dict[str, Any]) -> None:
    async with serving(_conversions(desk)) as client:
        reply = await client.send("POST", "/c/camera-shop", **body)
        assert await reply.json() == {"counted": True}
    assert [(order.order, order.value) for order in desk.owner.conversions] == [
        ("17", 5_500_000_000)
    ]


async def test_an_image_gets_a_pixel(desk: Desk) -> None:
    async with serving(_conversions(desk)) as client:
        reply = await client.get("/c/camera-shop?order=1", Accept="image/avif,image/webp,*/*;q=0.8")
        assert (reply.status, await reply.read()) == (200, PIXEL)


async def test_a_click_of_ours_is_credited(desk: Desk) -> None:
    async with serving(_conversions(desk)) as client:
        reply = await client.get(f"/c/camera-shop?order=1&adclick={desk.token()}")
        assert "X-Adserver-Reason" not in reply.headers
    assert [order.click for order in desk.owner.conversions] == [TICKET]


@pytest.mark.parametrize(
    ("signals", "known", "credited"),
    [
        ("", True, True),
        ("&gdpr=0", True, True),
        ("&gdpr=1", False, False),
        ("&gdpr=1&gdpr_consent=-", False, False),
        (f"&gdpr=1&gdpr_consent={vectors.core()}", True, True),
        (f"&gdpr=1&gdpr_consent={vectors.core(purposes=(2, 7))}", False, True),
        (f"&gdpr=1&gdpr_consent={vectors.core(purposes=(1, 2))}", False, False),
        ("&us_privacy=1YYN", False, False),
        ("&gpp=nonsense&gpp_sid=7", False, False),
    ],
)
async def test_what_a_visitor_refused_is_not_done(
    desk: Desk,
    signals: str,
    known: bool,  # noqa: FBT001 - a table's column
    credited: bool,  # noqa: FBT001 - ditto
) -> None:
    async with serving(_conversions(desk)) as client:
        query = f"order=1&ifa=AB-12&adclick={desk.token()}{signals}"
        reply = await client.get(f"/c/camera-shop?{query}")
        assert await reply.json() == {"counted": True}
    (order,) = desk.owner.conversions
    assert bool(order.person) == known
    assert (order.click == TICKET) == credited


@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
async def test_a_browser_that_says_no_is_heard(desk: Desk, header: str) -> None:
    async with serving(_conversions(desk)) as client:
        await client.send("GET", "/c/camera-shop?order=1&ifa=AB-12", headers={header: "1"})
    assert [order.person for order in desk.owner.conversions] == [b""]


async def test_a_click_that_may_not_be_used_loses_the_credit_not_the_order(desk: Desk) -> None:
    token = desk.token()
    cases = [
        (token[:-1] + ("A" if token[-1] != "A" else "Q"), "adclick_forged"),
        (token[: len(token) // 2], "adclick_"),
        ("x", "adclick_malformed"),
        (desk.token(measured=False), "adclick_not_measured"),
        (desk.token(test=True), "adclick_not_measured"),
    ]
    async with serving(_conversions(desk)) as client:
        for number, (click, reason) in enumerate(cases):
            reply = await client.get(f"/c/camera-shop?order={number}&adclick={click}")
            assert await reply.json() == {"counted": True}
            assert reply.headers["X-Adserver-Reason"].startswith(reason)
    assert [order.click for order in desk.owner.conversions] == [None] * len(cases)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "order"),
        ("?order=", "order"),
        ("?order=%20", "order"),
        ("?order=" + "x" * 129, "order"),
        ("?order=a%00b", "order"),
        ("?order=a%0d%0ab", "order"),
        ("?order=1&value=-1", "value"),
        ("?order=1&value=1,50", "value"),
        ("?order=1&value=1e3", "value"),
        ("?order=1&value=NaN", "value"),
        ("?order=1&value=%D9%A3", "value"),
        ("?order=1&value=1_000", "value"),
        ("?order=1&value=" + "9" * 400, "value"),
        ("?order=1&value=999999999999", "value"),  # no believable sum
    ],
)
async def test_a_wrong_field_is_named(desk: Desk, query: str, field: str) -> None:
    before = counted("adserver_conversions", outcome="refused")
    async with serving(_conversions(desk)) as client:
        reply = await client.get(f"/c/camera-shop{query}")
        assert (reply.status, reply.content_type) == (400, "application/problem+json")
        assert (await reply.json())["field"] == field
    assert desk.owner.conversions == []
    assert counted("adserver_conversions", outcome="refused") == before + 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"1", b"null", b'"order"', b'{"order": ["1"]}', b'{"order": true}', b'{"order": "\\ud800"}',
        b"\xff\xfe", b"[" * 4_000, b'{"order": ' + b"9" * 4_000 + b"}", b'{"order": "1", "value": {}}',
    ],
)  # fmt: skip
async def test_broken_json_is_a_mistake_of_the_sender(desk: Desk, body: bytes) -> None:
    async with serving(_conversions(desk)) as client:
        headers = {"Content-Type": "application/json"}
        reply = await client.send("POST", "/c/camera-shop", data=body, headers=headers)
        assert reply.status == 400
        assert (await reply.json())["detail"]
    assert desk.owner.conversions == []


async def test_a_body_that_is_too_long_is_not_read_to_its_end(desk: Desk) -> None:
    async with serving(_conversions(desk)) as client:
        data = b"order=" + b"x" * (MAX_BODY_BYTES + 1)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (
            await client.send("POST", "/c/camera-shop", data=data, headers=headers)
        ).status == 413


async def test_an_unavailable_owner_means_503(desk: Desk) -> None:
    desk.owner.available = False
    async with serving(_conversions(desk)) as client:
        reply = await client.get("/c/camera-shop?order=1", Accept="image/png")
        assert reply.status == 503
        assert "Retry-After" in reply.headers
        desk.owner.available = True
        assert await (await client.get("/c/camera-shop?order=1")).json() == {"counted": True}


async def test_unknown_advertisers_paths_and_methods_are_refused(desk: Desk) -> None:
    async with serving(_conversions(desk)) as client:
        for path in (
            "/c/nobody",
            "/c/",
            "/c",
            "/c/camera-shop/",
            "/c/camera%2Dshop",
            "/c/CAMERA-SHOP",
        ):
            reply = await client.get(f"{path}?order=1")
            assert (reply.status, (await reply.json())["field"]) == (404, "advertiser")
        assert (await client.send("PUT", "/c/camera-shop?order=1")).status == 405
    assert desk.owner.conversions == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(order=st.text(min_size=1, max_size=20), value=st.decimals(0, 10**6, places=2))
async def test_a_printable_order_arrives_as_it_was_sent(
    desk: Desk, order: str, value: object
) -> None:
    desk.owner.conversions.clear()
    async with serving(_conversions(desk)) as client:
        body = json.dumps({"order": order, "value": str(value)}) if order.isascii() else None
        path = "/c/camera-shop"
        if body is None:
            reply = await client.get(f"{path}?order={quote(order.encode())}&value={value}")
        else:
            headers = {"Content-Type": "application/json"}
            reply = await client.send("POST", path, data=body, headers=headers)
        assert reply.status == (200 if order.strip() and order.strip().isprintable() else 400)
    if desk.owner.conversions:
        assert desk.owner.conversions[0].order == order.strip()
