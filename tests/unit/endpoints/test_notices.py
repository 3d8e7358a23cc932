"""Auction notices: counted once, settled where they should, acknowledged only when durable."""

from urllib.parse import quote

import pytest

from adserver.endpoints.notices import Notices
from tests.unit.endpoints.desk import NOW_S, Desk, counted, serving

KINDS = ["win", "billing", "loss"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_notice_is_recorded_once_and_repeating_it_is_fine(
    desk: Desk, kind: str, method: str
) -> None:
    before = counted("adserver_notices", kind=kind, outcome="repeated")
    async with serving(Notices(desk.intake)) as client:
        path = f"/n/{kind}/{desk.token()}?p=0.9"
        for _ in range(3):
            reply = await client.send(method, path)
            assert (reply.status, await reply.read()) == (200, b"")
    (notice,) = desk.owner.notices
    assert (notice.kind, notice.at_s, notice.wire_price) == (kind, NOW_S, 900_000)
    assert counted("adserver_notices", kind=kind, outcome="repeated") == before + 2


@pytest.mark.parametrize(
    ("exchange", "media_type", "settling"),
    [
        ("north", 1, "billing"),
        ("north", 2, None),  # the VAST impression does
        ("north", 4, "billing"),
        ("south", 1, None),  # the pixel does
        ("south", 2, "win"),
        ("gone", 1, "billing"),  # left the configuration: by the usual terms
    ],
)
async def test_only_the_declared_event_settles(
    desk: Desk, exchange: str, media_type: int, settling: str | None
) -> None:
    token = desk.token(exchange=exchange, media_type=media_type)
    async with serving(Notices(desk.intake)) as client:
        for kind in KINDS:
            await client.get(f"/n/{kind}/{token}")
    assert [notice.kind for notice in desk.owner.notices if notice.settles] == (
        [settling] if settling else []
    )


async def test_a_test_never_settles(desk: Desk) -> None:
    async with serving(Notices(desk.intake)) as client:
        await client.get(f"/n/billing/{desk.token(test=True)}?p=1.0")
    assert [notice.settles for notice in desk.owner.notices] == [False]


@pytest.mark.parametrize(
    ("written", "price"),
    [
        ("0.9", 900_000),
        ("", None),
        ("AUDIT", None),
        (
            "FkVQmbPv_Lz3aXq2Yw8e0aBcDeFgHiJkLmNoPq",
            None,
        ),  # encrypted, for a reader without the keys
        ("${AUCTION_PRICE}", None),
        ("%24%7BAUCTION_PRICE%7D", None),
    ],
)
async def test_every_form_of_a_price_is_taken_and_only_a_number_is_a_price(
    desk: Desk, written: str, price: int | None
) -> None:
    async with serving(Notices(desk.intake)) as client:
        reply = await client.get(f"/n/billing/{desk.token()}?p={written}")
    assert reply.status == 200
    assert [notice.wire_price for notice in desk.owner.notices] == [price]


@pytest.mark.parametrize(
    "query",
    [
        "", "?", "?p", "?p=&p=1", "?=", "?&&&", "?p=%", "?p=%zz", "?p=%00", "?p=%ff%fe", "?p=" + "9" * 4_000,
        "?p=1e999", "?p=-1", "?p=nan", "?r=abc", "?r=-1", "?r=99999", "?r=%D9%A3", "?r=${AUCTION_LOSS}", "?p[]=1",
        "?" + "&".join("pp=1" for _ in range(1_000)), "?p=" + quote("'; drop table notices;--"),
    ],
)  # fmt: skip
async def test_a_hostile_query_costs_at_most_the_price(desk: Desk, query: str) -> None:
    async with serving(Notices(desk.intake)) as client:
        reply = await client.get(f"/n/loss/{desk.token()}{query}")
    assert reply.status == 200
    assert [notice.loss_code for notice in desk.owner.notices] == [None]


async def test_a_loss_notice_brings_its_code_and_what_would_have_won(desk: Desk) -> None:
    async with serving(Notices(desk.intake)) as client:
        await client.get(f"/n/loss/{desk.token()}?r=102&p=1.25")
        await client.get(f"/n/win/{desk.token(bid=b'w' * 16)}?r=102")
    assert [(n.loss_code, n.wire_price) for n in desk.owner.notices] == [
        (102, 1_250_000),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("kind", "query", "minimum"),
    [
        ("win", "p=1.25&m=0.75", 750_000),
        ("billing", "m=0.75", 750_000),
        ("loss", "r=102&p=1.25", 1_250_000),
        ("loss", "r=102&m=0.75", None),
        ("win", "p=1.25", None),
        ("win", "p=1.25&m=", None),
        ("win", "p=1.25&m=${AUCTION_MIN_TO_WIN}", None),
        ("win", "p=1.25&m=-1", None),
        ("win", "p=1.25&m=" + "9" * 4_000, None),
    ],
)
async def test_what_it_took_to_win_is_heard_of_wins_and_losses(
    desk: Desk, kind: str, query: str, minimum: int | None
) -> None:
    async with serving(Notices(desk.intake)) as client:
        assert (await client.get(f"/n/{kind}/{desk.token()}?{query}")).status == 200
    assert [notice.wire_minimum for notice in desk.owner.notices] == [minimum]


async def test_a_loss_counts_once_by_what_its_code_says(desk: Desk) -> None:
    before = {
        reason: counted("adserver_losses", exchange="north", reason=reason)
        for reason in ("outbid", "other", "unsaid")
    }
    async with serving(Notices(desk.intake)) as client:
        for bid, code in ((b"1", "102"), (b"1", "102"), (b"2", "777"), (b"3", "${AUCTION_LOSS}")):
            await client.get(f"/n/loss/{desk.token(bid=bid * 16)}?r={code}")
        await client.get(f"/n/loss/{desk.token(bid=b'4' * 16, exchange='gone')}?r=102")
    assert [notice.loss for notice in desk.owner.notices] == ["outbid", "other", "unsaid", "outbid"]
    for reason, count in before.items():
        assert counted("adserver_losses", exchange="north", reason=reason) == count + 1


async def test_what_should_have_billed_and_had_no_price_is_counted_by_why(desk: Desk) -> None:
    before = counted("adserver_prices_unread", exchange="north", why="audit")
    async with serving(Notices(desk.intake)) as client:
        await client.get(f"/n/billing/{desk.token()}?p=AUDIT")
        await client.get(f"/n/win/{desk.token()}?p=AUDIT")  # bills nothing here
        await client.get(f"/n/billing/{desk.token(exchange='gone')}?p=AUDIT")
    assert counted("adserver_prices_unread", exchange="north", why="audit") == before + 1


@pytest.mark.parametrize("kind", KINDS)
async def test_an_unavailable_owner_means_503_and_the_exchange_tries_again(
    desk: Desk, kind: str
) -> None:
    desk.owner.available = False
    async with serving(Notices(desk.intake)) as client:
        path = f"/n/{kind}/{desk.token()}"
        reply = await client.get(path)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "2")
        assert reply.headers["X-Adserver-Reason"] == "unavailable"
        desk.owner.available = True
        assert (await client.get(path)).status == 200
    assert len(desk.owner.notices) == 1


async def test_a_notice_after_its_time_is_gone(desk: Desk) -> None:
    token = desk.token(bill_until_s=NOW_S - 1)
    before = counted("adserver_notices", kind="win", outcome="expired")
    async with serving(Notices(desk.intake)) as client:
        reply = await client.get(f"/n/win/{token}")
        assert (reply.status, reply.headers["X-Adserver-Reason"]) == (410, "expired")
        assert (await client.get(f"/n/loss/{token}")).status == 410
    assert desk.owner.notices == []
    assert counted("adserver_notices", kind="win", outcome="expired") == before + 1


async def test_a_late_billing_is_still_owed_as_long_as_the_token_lives(desk: Desk) -> None:
    """The exchange invoices it; the owner sees by the ticket that it is late."""
    async with serving(Notices(desk.intake)) as client:
        late = {"bill_until_s": NOW_S - 9_000, "click_until_s": NOW_S}
        assert (await client.get(f"/n/billing/{desk.token(**late)}?p=1")).status == 200
        gone = desk.token(bid=b"g" * 16, bill_until_s=NOW_S - 1, click_until_s=NOW_S - 1)
        assert (await client.get(f"/n/billing/{gone}?p=1")).status == 410
        test = desk.token(bid=b"t" * 16, bill_until_s=NOW_S - 1, test=True)
        assert (await client.get(f"/n/billing/{test}?p=1")).status == 410
    assert [notice.settles for notice in desk.owner.notices] == [True]


async def test_what_is_no_token_of_ours_is_refused_and_says_why(desk: Desk) -> None:
    token = desk.token()
    forged = token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB")
    async with serving(Notices(desk.intake)) as client:
        for text, reason in ((forged, "forged"), ("x", "malformed"), ("_" * 80, "unknown_key")):
            reply = await client.get(f"/n/billing/{text}?p=1")
            assert (reply.status, reply.headers["X-Adserver-Reason"]) == (400, reason)
            assert await reply.read() == b""
    assert desk.owner.notices == []


async def test_other_paths_and_methods_are_not_ours(desk: Desk) -> None:
    token = desk.token()
    async with serving(Notices(desk.intake)) as client:
        for path in (
            f"/n/click/{token}",
            "/n/win",
            "/n/win/",
            f"/n/win/{token}/",
            "/n",
            f"/n/%77in/{token}",
        ):
            assert (await client.get(path)).status in {400, 404}
        reply = await client.send("PUT", f"/n/win/{token}")
        assert (reply.status, reply.headers["Allow"]) == (405, "GET, POST")
    assert desk.owner.notices == []
