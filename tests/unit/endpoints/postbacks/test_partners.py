"""`/p/{partner}`: who may report, what becomes of it, and what is never looked at."""

import hmac
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from adserver.domain.consent import Signals
from adserver.domain.money import Rates
from adserver.endpoints.postbacks.partners import Partner, Terms
from adserver.endpoints.postbacks.proofs import Proof, SecretPath, SignedQuery
from adserver.endpoints.postbacks.routes import Postbacks
from adserver.endpoints.replies import REASON
from adserver.privacy.permission import permit
from adserver.privacy.rules import Rules
from tests.unit.endpoints.desk import NOW_S, TICKET, Desk, counted, serving
from tests.unit.privacy import vectors

SECRET = b"s3cret-s3cret-s3cret-s3cret"
TERMS = Terms(
    name="tracker", click="clickid", event="event_name", order="activity", revenue="revenue", currency="cur",
)  # fmt: skip
ADDRESS = f"/p/tracker/{SECRET.decode()}"
PATH = SecretPath(SECRET)


def partner(desk: Desk, proof: Proof = PATH, **terms: Any) -> Postbacks:
    endpoint = Partner(
        msgspec.structs.replace(TERMS, **terms),
        proof,
        vault=desk.vault,
        owner=desk.owner,
        clock=desk.clock,
        rates=Rates("USD", {"EUR": "0.8"}),
        advertiser_of={TICKET.line_item: "camera-shop"}.get,
        permit=_permit,
    )
    return Postbacks({"tracker": endpoint})


def _permit(signals: Signals) -> Any:
    return permit(signals, Rules(12), NOW_S, contextual_without_consent=False)


def query(desk: Desk, **changes: Any) -> str:
    """Return a query as the partner fills it in; `None` leaves a field out."""
    said = {
        "clickid": desk.token(), "event_name": "purchase", "activity": "A-7", "revenue": "19.90", "cur": "EUR",
        **changes,
    }  # fmt: skip
    return urlencode({name: value for name, value in said.items() if value is not None})


async def test_an_event_is_an_order_of_the_clicks_advertiser_counted_once(desk: Desk) -> None:
    before = counted("adserver_partner_postbacks", partner="tracker", outcome="counted")
    async with serving(partner(desk)) as client:
        for first in (True, False):
            reply = await client.get(f"{ADDRESS}?{query(desk)}")
            assert (reply.status, await reply.json()) == (200, {"counted": first})
            assert REASON not in reply.headers
    (order,) = desk.owner.conversions
    assert (order.advertiser, order.at_s, order.person) == ("camera-shop", NOW_S, b"")
    assert order.value == 24_875_000_000  # 19.90 at 0.8 euros a dollar
    assert order.click is not None
    assert order.click.bid == TICKET.bid
    assert counted("adserver_partner_postbacks", partner="tracker", outcome="counted") == before + 1


async def test_forms_and_json_say_the_same(desk: Desk) -> None:
    said = {"clickid": desk.token(), "event_name": "purchase", "revenue": 4.5}
    async with serving(partner(desk)) as client:
        assert (await client.send("POST", ADDRESS, json={**said, "activity": 1})).status == 200
        assert (await client.send("POST", ADDRESS, data={**said, "activity": "2"})).status == 200
    assert [each.value for each in desk.owner.conversions] == [4_500_000_000] * 2


async def test_without_a_number_an_event_counts_once_per_click(desk: Desk) -> None:
    clicks = [desk.token(bid=bytes([n]) * 16) for n in (1, 1, 2)]
    async with serving(partner(desk)) as client:
        found = [
            (
                await (
                    await client.get(
                        f"{ADDRESS}?{query(desk, clickid=click, event_name=event, activity=None)}"
                    )
                ).json()
            )
            for event in ("install", "purchase")
            for click in clicks
        ]
    assert [each["counted"] for each in found] == [True, False, True] * 2


async def test_words_that_hold_each_other_are_different_orders(desk: Desk) -> None:
    async with serving(partner(desk)) as client:
        for event, order in (("a/b", "c"), ("a", "b/c"), ("a", "b"), ("ab", "")):
            await client.get(f"{ADDRESS}?{query(desk, event_name=event, activity=order)}")
    assert len(desk.owner.conversions) == 4


async def test_only_the_events_that_were_agreed_count(desk: Desk) -> None:
    async with serving(partner(desk, events=frozenset({"install"}))) as client:
        reply = await client.get(f"{ADDRESS}?{query(desk)}")
        assert (await reply.json(), reply.headers[REASON]) == ({"counted": False}, "other_event")
        reply = await client.get(f"{ADDRESS}?{query(desk, event_name='install')}")
        assert await reply.json() == {"counted": True}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"clickid": None}, "clickid"),
        ({"clickid": "{click_id}"}, "clickid"),
        ({"revenue": "-1"}, "revenue"),
        ({"revenue": "{revenue}"}, "revenue"),
        ({"revenue": "1e9"}, "revenue"),
        ({"cur": "XXX"}, "cur"),
        ({"event_name": "x" * 129}, "event_name"),
        ({"activity": "a\0b"}, "activity"),
    ],
)
async def test_what_cannot_be_read_is_refused_by_the_partners_word(
    desk: Desk, changes: Any, field: str
) -> None:
    async with serving(partner(desk)) as client:
        reply = await client.get(f"{ADDRESS}?{query(desk, **changes)}")
        assert (reply.status, (await reply.json())["field"]) == (400, field)
    assert desk.owner.conversions == []


async def test_a_click_of_a_line_item_that_is_gone_is_nobodys(desk: Desk) -> None:
    async with serving(partner(desk)) as client:
        assert (
            await client.get(f"{ADDRESS}?{query(desk, clickid=desk.token(line_item=9))}")
        ).status == 404


async def test_with_an_advertiser_agreed_a_damaged_click_loses_the_credit_only(desk: Desk) -> None:
    async with serving(partner(desk, advertiser="boots")) as client:
        reply = await client.get(f"{ADDRESS}?{query(desk, clickid='x')}")
        assert (await reply.json(), reply.headers[REASON]) == (
            {"counted": True},
            "adclick_malformed",
        )
        reply = await client.get(f"{ADDRESS}?{query(desk, clickid=None, activity=None)}")
        assert (await reply.json(), reply.headers[REASON]) == ({"counted": False}, "no_order")
    (order,) = desk.owner.conversions
    assert (order.advertiser, order.click) == ("boots", None)


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        ({"gdpr": "1"}, {}),
        ({"gdpr": "1", "gdpr_consent": vectors.core(purposes=(1, 2))}, {}),
        ({"us_privacy": "1YYN"}, {}),
        ({}, {"Sec-GPC": "1"}),
        ({}, {"DNT": "1"}),
    ],
)
async def test_what_the_person_refused_is_not_done(desk: Desk, changes: Any, headers: Any) -> None:
    """An order of its own number is counted and credited to nothing; one without could only hang on the click."""
    async with serving(partner(desk)) as client:
        reply = await client.get(f"{ADDRESS}?{query(desk, **changes)}", **headers)
        assert (await reply.json(), reply.headers[REASON]) == ({"counted": True}, "not_measured")
        reply = await client.get(f"{ADDRESS}?{query(desk, activity=None, **changes)}", **headers)
        assert await reply.json() == {"counted": False}
    (order,) = desk.owner.conversions
    assert order.click is None


async def test_a_click_that_may_not_be_measured_is_credited_with_nothing(desk: Desk) -> None:
    async with serving(partner(desk)) as client:
        reply = await client.get(f"{ADDRESS}?{query(desk, clickid=desk.token(measured=False))}")
        assert reply.headers[REASON] == "adclick_not_measured"
    assert desk.owner.conversions[0].click is None


async def test_who_does_not_know_the_secret_is_not_listened_to(desk: Desk) -> None:
    before = counted("adserver_partner_postbacks", partner="tracker", outcome="forged")
    said = query(desk)
    right = SECRET.decode()
    async with serving(partner(desk)) as client:
        for path in (
            "",
            "/",
            f"/{right[:-1]}",
            f"/{right}x",
            f"/{right.upper()}",
            f"/{right}/x",
            "/%73",
        ):
            reply = await client.get(f"/p/tracker{path}?{said}")
            assert (reply.status, reply.headers[REASON]) == (403, "forged"), path
        assert (await client.send("DELETE", ADDRESS)).status == 405
    assert desk.owner.conversions == []
    assert counted("adserver_partner_postbacks", partner="tracker", outcome="forged") == before + 7


def signature(message: str) -> str:
    return hmac.new(SECRET, message.encode(), sha256).hexdigest()


async def test_a_signature_covers_query_and_body(desk: Desk) -> None:
    said = query(desk)
    async with serving(partner(desk, SignedQuery(SECRET, "sig"))) as client:
        assert (await client.get(f"/p/tracker?{said}&sig={signature(said)}")).status == 200
        body = query(desk, activity="A-8")
        target = f"/p/tracker?sig={signature(f'{chr(10)}{body}')}"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await client.send("POST", target, data=body, headers=form)).status == 200
        right = signature(said)
        for bad in (
            said,
            f"{said}&sig=",
            f"{said}&sig={right[:-1]}0" if right[-1] != "0" else f"{said}&sig={right[:-1]}1",
            f"{said}&sig={right}&revenue=9",
            f"sig={right}&{said}",
            f"{said.replace('19.90', '99.90')}&sig={right}",
            f"{said}&sig={right}&sig={right}",
        ):
            assert (await client.get(f"/p/tracker?{bad}")).status == 403, bad
        first, _, rest = said.partition("&")
        moved = f"/p/tracker?{first}&sig={right}"
        assert (await client.send("POST", moved, data=rest, headers=form)).status == 403
        assert (await client.get(f"/p/tracker/{SECRET.decode()}?{said}&sig={right}")).status == 403
    assert len(desk.owner.conversions) == 2


async def test_what_cannot_be_kept_is_to_be_sent_again(desk: Desk) -> None:
    desk.owner.available = False
    async with serving(partner(desk)) as client:
        assert (await client.get(f"{ADDRESS}?{query(desk)}")).status == 503
        desk.owner.available = True
        reply = await client.get(f"{ADDRESS}?{query(desk)}")
        assert await reply.json() == {"counted": True}
