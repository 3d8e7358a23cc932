"""Cookie matching over real HTTP: consent first, and never further than was agreed on."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from functools import partial
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from aiohttp import ClientResponse

from adserver.domain.choices import Change, Choices
from adserver.domain.person import PersonKey, pseudonymiser
from adserver.endpoints.browser_signals import MAX_LIST_CHARS
from adserver.endpoints.cookies import IdCookie
from adserver.endpoints.matching import DONE, Matching, Outcome
from adserver.endpoints.replies import PIXEL, REASON
from adserver.endpoints.sync_url import SyncUrl
from adserver.privacy.permission import permit
from adserver.privacy.rules import Rules
from loadtest import tcf
from tests.fakes.linker import FakeLinker
from tests.fakes.profiles import FakeProfiles
from tests.unit.endpoints.desk import NOW_S, Client, counted, serving

VENDOR = 555
COOKIE = IdCookie("__Host-adserver", 180)
OURS = "A" * 22
SYNC = "https://sync.exchange.example/match?dsp=7&uid={id}&gdpr={gdpr}&c={gdpr_consent}&g={gpp}&s={gpp_sid}&u={us_privacy}"
pseudonym = pseudonymiser(b"0123456789abcdef")
YES = tcf.encode(tcf.everything(date(2026, 9, 1), [(VENDOR, VENDOR)], language="EN", country="DE"))
NO = tcf.encode(tcf.Choice(date(2026, 9, 1), [(VENDOR, VENDOR)]))
AGREED = urlencode({"gdpr": 1, "gdpr_consent": YES})
REFUSED = urlencode({"gdpr": 1, "gdpr_consent": NO})


class Desk:
    """The endpoint, its linker, and what people decided."""

    def __init__(self, *, without_signals: bool = False) -> None:
        self.linker = FakeLinker()
        self.profiles = FakeProfiles()
        self.matching = Matching(
            exchanges={"north": SyncUrl(SYNC), "quiet": None},
            cookie=COOKIE,
            permit=partial(
                permit, rules=Rules(VENDOR), now_s=NOW_S, contextual_without_consent=True
            ),
            choices=self._choices,
            linker=self.linker,
            pseudonym=pseudonym,
            without_signals=without_signals,
        )
        self.client: Client

    async def _choices(self, ids: Sequence[PersonKey]) -> Choices:
        return self.profiles.find(ids, NOW_S).choices

    async def get(self, path: str, cookie: str | None = None, **headers: str) -> ClientResponse:
        """Ask as a browser does, with our cookie or without."""
        if cookie is not None:
            headers["Cookie"] = f"other=1; {COOKIE.name}={cookie}; more=2"
        return await self.client.get(path, **headers)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    async with serving(made.matching) as client:
        made.client = client
        yield made


def outcomes(exchange: str = "north") -> dict[Outcome, float]:
    return {
        each: counted("adserver_matches", exchange=exchange, outcome=each.value) for each in Outcome
    }


async def check(
    reply: ClientResponse, outcome: Outcome, *, cookie: str | None = None, status: int = 200
) -> None:
    """Check a pixel, its reason, and what it says about our cookie (nothing, an id, or to delete it)."""
    assert (reply.status, await reply.read()) == (status, PIXEL)
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers.get(REASON, "") == ("" if outcome in DONE else outcome.value)
    assert reply.headers.getall("Set-Cookie", []) == ([] if cookie is None else [cookie])


DELETED = COOKIE.delete().decode().strip().removeprefix("Set-Cookie: ")


async def test_a_new_browser_gets_an_id_and_leads_it_to_the_exchange(desk: Desk) -> None:
    reply = await desk.get(f"/m/north?{AGREED}&gpp=DBAA&gpp_sid=-1&us_privacy=1YNN")
    assert reply.status == 302
    assert reply.headers["Cache-Control"] == "no-store"
    (line,) = reply.headers.getall("Set-Cookie")
    value, *attributes = line.split("; ")
    assert attributes == ["Max-Age=15552000", "Path=/", "Secure", "HttpOnly", "SameSite=None"]
    name, _, identifier = value.partition("=")
    assert (name, len(identifier)) == ("__Host-adserver", 22)
    there = urlsplit(reply.headers["Location"])
    assert (there.scheme, there.netloc, there.path) == ("https", "sync.exchange.example", "/match")
    assert parse_qs(there.query) == {
        "dsp": ["7"], "uid": [identifier], "gdpr": ["1"], "c": [YES], "g": ["DBAA"], "s": ["-1"], "u": ["1YNN"],
    }  # fmt: skip


async def test_no_two_browsers_get_the_same_id(desk: Desk) -> None:
    lines = {(await desk.get("/m/quiet?gdpr=0")).headers["Set-Cookie"] for _ in range(50)}
    assert len(lines) == 50


async def test_a_known_browser_keeps_its_id_and_gets_no_more_time(desk: Desk) -> None:
    reply = await desk.get(f"/m/north?{AGREED}", OURS)
    assert reply.status == 302
    assert "Set-Cookie" not in reply.headers
    assert parse_qs(urlsplit(reply.headers["Location"]).query)["uid"] == [OURS]
    await check(await desk.get("/m/quiet?gdpr=0", OURS), Outcome.NOTHING_TO_DO)


@pytest.mark.parametrize("path", ["/m/north/th-ei%2Frs?", "/m/north?uid=th-ei%2Frs&"])
async def test_their_id_is_noted_once_the_browser_showed_our_cookie(desk: Desk, path: str) -> None:
    """A browser that keeps no cookies would otherwise leave a new person behind with every page."""
    before = outcomes()
    reply = await desk.get(path + AGREED)
    assert (reply.status, desk.linker.person_of) == (200, {})
    assert reply.headers["Set-Cookie"].startswith("__Host-adserver=")
    await check(await desk.get(path + AGREED, OURS), Outcome.LINKED)
    await check(await desk.get(path + AGREED, OURS), Outcome.LINKED)
    assert desk.linker.person_of == {pseudonym("user", "th-ei/rs"): pseudonym("buyeruid", OURS)}
    after = outcomes()
    assert {each: after[each] - before[each] for each in Outcome if after[each] != before[each]} == {
        Outcome.COOKIE_SET: 1, Outcome.LINKED: 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        REFUSED,
        "gdpr=1",
        "gdpr=1&gdpr_consent=" + YES[:20],
        "gdpr=1&gdpr_consent=%24%7BGDPR_CONSENT_555%7D",
        "gdpr=%24%7BGDPR%7D&gdpr_consent=",
        f"gdpr=0&{REFUSED}",
        f"{AGREED}&gdpr_consent={NO}",
        "gdpr=0&us_privacy=1YYN",
        "gdpr=0&us_privacy=nonsense",
        "gdpr=0&coppa=1",
        "gdpr=0&gpp_sid=nonsense",
        "gdpr=0&gpp_sid=7&gpp=nonsense",
        f"gdpr=0&gpp_sid={'7,' * MAX_LIST_CHARS}7",
        "gdpr=0&" + "&".join(f"a{n}=1" for n in range(200)),
    ],
)
async def test_without_permission_nothing_is_read_written_or_passed_on(
    desk: Desk, query: str
) -> None:
    for path in (f"/m/north?{query}", f"/m/north/theirs?{query}"):
        await check(await desk.get(path), Outcome.NO_CONSENT)
        await check(await desk.get(path, OURS), Outcome.NO_CONSENT, cookie=DELETED)
    assert desk.linker.person_of == {}


@pytest.mark.parametrize("header", [{"Sec-GPC": "1"}, {"DNT": "1"}])
async def test_what_the_browser_says_for_its_person_counts(
    desk: Desk, header: dict[str, str]
) -> None:
    for query in (AGREED, "gdpr=0"):
        await check(await desk.get(f"/m/north?{query}", **header), Outcome.NO_CONSENT)
        reply = await desk.get(f"/m/north?{query}", OURS, **header)
        await check(reply, Outcome.NO_CONSENT, cookie=DELETED)


async def test_no_signal_is_no_consent_unless_the_operator_says_otherwise(desk: Desk) -> None:
    for path in ("/m/north", "/m/north?gdpr=&gdpr_consent=&us_privacy=", "/m/north/theirs"):
        await check(await desk.get(path), Outcome.NO_SIGNAL)
        await check(await desk.get(path, OURS), Outcome.NO_SIGNAL)
    lenient = Desk(without_signals=True)
    async with serving(lenient.matching) as client:
        assert (await client.get("/m/north")).status == 302
        assert (await client.get("/m/north?gdpr=1")).status == 200


@pytest.mark.parametrize("kind", ["buyeruid", "user"])
@pytest.mark.parametrize("undo", ["opt_out", "erase"])
async def test_who_opted_out_or_was_forgotten_is_not_matched_by_any_id(
    desk: Desk, kind: str, undo: str
) -> None:
    """The cookie stays, since it is how we know them again."""
    person = pseudonym(kind, OURS if kind == "buyeruid" else "theirs")
    if undo == "opt_out":
        desk.profiles.choose([person], Change("opt_out"), NOW_S)
    else:
        desk.profiles.erase([person], NOW_S)
    await check(await desk.get(f"/m/north/theirs?{AGREED}", OURS), Outcome.OPTED_OUT)
    if kind == "buyeruid":
        await check(await desk.get(f"/m/north?{AGREED}", OURS), Outcome.OPTED_OUT)
    assert desk.linker.person_of == {}


async def test_what_cannot_be_looked_up_or_noted_is_not_done(desk: Desk) -> None:
    desk.linker.available = False
    await check(await desk.get(f"/m/north/theirs?{AGREED}", OURS), Outcome.UNAVAILABLE, status=503)
    desk.profiles.broken = True
    await check(await desk.get(f"/m/north?{AGREED}", OURS), Outcome.UNAVAILABLE, status=503)


@pytest.mark.parametrize(
    "theirs", ["", "0", "null", "%24%7BUID%7D", "x" * 201, "a%0d%0aSet-Cookie:x", "%ff", "%00", "%C3%A9", "[UID]"]
)  # fmt: skip
async def test_what_is_no_id_is_noted_for_nobody(desk: Desk, theirs: str) -> None:
    for path in (f"/m/north/{theirs}?{AGREED}", f"/m/north?uid={theirs}&{AGREED}"):
        await check(await desk.get(path, OURS), Outcome.BAD_ID)
        await check(await desk.get(path), Outcome.BAD_ID)
    assert desk.linker.person_of == {}


@pytest.mark.parametrize("planted", ["", "short", "A" * 23, "A" * 21 + "%", "é" * 22, f"{OURS}; __Host-adserver={'B' * 22}"])  # fmt: skip
async def test_a_cookie_that_is_not_ours_is_replaced(desk: Desk, planted: str) -> None:
    reply = await desk.get("/m/quiet?gdpr=0", planted)
    (line,) = reply.headers.getall("Set-Cookie")
    assert planted not in line or not planted
    assert desk.linker.person_of == {}


REDIRECTS = [
    "//evil.example", "https://evil.example", "\\\\evil.example", "javascript:alert(1)", "%0d%0aLocation:https://evil.example",
    "@evil.example", "/../evil.example", "#@evil.example", "?next=//evil.example", "&uid=//evil.example", "%2f%2fevil.example",
]  # fmt: skip
FIELDS = ("gdpr", "gdpr_consent", "gpp", "gpp_sid", "us_privacy", "redirect", "r", "url", "coppa")


@pytest.mark.parametrize("payload", REDIRECTS)
async def test_nothing_in_a_call_leads_anywhere_else(desk: Desk, payload: str) -> None:
    for field in FIELDS:
        for query in (
            f"{field}={payload}",
            f"gdpr=0&{field}={payload}",
            f"{AGREED}&{field}={payload}",
        ):
            reply = await desk.get(f"/m/north?{query}", OURS)
            there = reply.headers.get("Location")
            assert there is None or there.startswith(
                "https://sync.exchange.example/match?dsp=7&uid="
            )
            assert "evil" not in str(reply.headers)
            assert b"evil" not in await reply.read()
    for path in (f"/m/{payload}", f"/m/north/{payload}", f"/m/north/a/{payload}"):
        reply = await desk.get(f"{path.partition('#')[0]}?{AGREED}", OURS)
        assert reply.status in {200, 302, 400, 404}
        assert "evil" not in reply.headers.get("Location", "")


async def test_other_paths_and_methods_are_refused(desk: Desk) -> None:
    for path in ("/m", "/m/", "/m/unknown", "/m/north/a/b", "/m/North"):
        assert (await desk.get(f"{path}?{AGREED}")).status == 404
    assert (await desk.client.send("POST", "/m/north")).status == 405
