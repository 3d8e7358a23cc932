"""Many files: polite, and what fails leaves the copy from before in its place."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.supply.copies import FRESH_S, LONGEST_RETRY_S, RETRY_S, Copies, Copy
from adapters.supply.refreshing import Refresher, Wanted, counted
from adapters.supply.robots import Robots
from adserver.commands.supply.table import wrong_with
from adserver.domain.week import DAY_S
from adserver.errors import Unavailable
from tests.servers.web import Page, Visit, Web, response, text
from tests.unit.adapters_supply.strangers import world

PUB = Wanted("ads.txt", "pub.example", "pub.example")
BODY = b"ssp.example,1,DIRECT\n"
HTML = b"<html>not found</html>"
NO_ROBOTS = response(404)


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        """Return it."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@asynccontextmanager
async def refreshing(
    page: Page, folder: Path, clock: Callable[[], float], *, force: bool = False
) -> AsyncIterator[tuple[Web, Refresher, Copies]]:
    def answered(visit: Visit) -> bytes:
        said = NO_ROBOTS if visit.path == "/robots.txt" else page(visit)
        assert isinstance(said, bytes)
        return said

    async with world(answered) as (web, fetcher, manners):
        with Copies(folder / "copies.sqlite") as copies:
            refresher = Refresher(
                fetcher=fetcher,
                robots=Robots(fetcher, manners, "adserver-supply"),
                copies=copies,
                accepts=wrong_with,
                most_bytes=10_000,
                expiry_s=7 * DAY_S,
                force=force,
                now=clock,
            )
            yield web, refresher, copies


def asked(web: Web) -> list[str]:
    return [visit.path for visit in web.visits if visit.path != "/robots.txt"]


async def test_a_file_is_kept_and_asked_for_again_a_day_later(tmp_path: Path, clock: Clock) -> None:
    def page(visit: Visit) -> bytes:
        known = visit.headers.get("if-none-match") == '"1"'
        return response(304) if known else text(BODY, ETag='"1"')

    async with refreshing(page, tmp_path, clock) as (web, refresher, copies):
        assert [each.outcome for each in await refresher.refresh([PUB, PUB])] == ["read"]
        assert copies.content("ads.txt", "pub.example") == BODY
        first = copies.find("ads.txt", "pub.example")
        assert (first.state, first.url) == ("present", "http://pub.example/ads.txt")
        assert [each.outcome for each in await refresher.refresh([PUB])] == ["not_due"]
        clock.now_s += FRESH_S
        assert [each.outcome for each in await refresher.refresh([PUB])] == ["unchanged"]
        assert copies.find("ads.txt", "pub.example").seen_s == clock.now_s
        assert copies.content("ads.txt", "pub.example") == BODY
    assert asked(web) == ["/ads.txt"] * 2


@pytest.mark.parametrize(
    "bad",
    [
        response(500),
        response(403),
        response(301, Location="http://127.0.0.1/"),
        text(HTML),
        response(200, HTML, Content_Type="text/html"),
        b"",
    ],
)
async def test_what_fails_leaves_the_copy_and_is_tried_later_each_time(
    tmp_path: Path, clock: Clock, bad: bytes
) -> None:
    pages = [text(BODY)]
    async with refreshing(lambda _: pages[-1], tmp_path, clock) as (_, refresher, copies):
        await refresher.refresh([PUB])
        seen_s = clock.now_s
        pages.append(bad)
        waits = []
        for _ in range(10):
            clock.now_s = copies.find("ads.txt", "pub.example").next_s
            (result,) = await refresher.refresh([PUB])
            assert result.outcome in {"failed", "refused"}
            assert result.problem
            waits.append(copies.find("ads.txt", "pub.example").next_s - clock.now_s)
            assert copies.content("ads.txt", "pub.example") == BODY
            if clock.now_s - seen_s > 6 * DAY_S:
                break
        assert waits[:3] == [RETRY_S, 2 * RETRY_S, 4 * RETRY_S]
        assert waits == sorted(waits)
        assert waits[-1] <= LONGEST_RETRY_S
        found = copies.find("ads.txt", "pub.example")
        assert (found.state, found.seen_s) == ("present", seen_s), (
            "when it was right is not forgotten"
        )
        pages.append(text(BODY))
        clock.now_s = found.next_s
        assert [each.outcome for each in await refresher.refresh([PUB])] == ["read"]
        assert copies.find("ads.txt", "pub.example").failures == 0


@pytest.mark.parametrize("status", [404, 410])
async def test_a_file_that_is_gone_takes_its_copy_with_it(
    tmp_path: Path, clock: Clock, status: int
) -> None:
    pages = [text(BODY)]
    async with refreshing(lambda _: pages[-1], tmp_path, clock) as (_, refresher, copies):
        await refresher.refresh([PUB])
        pages.append(response(status))
        clock.now_s += FRESH_S
        assert [each.outcome for each in await refresher.refresh([PUB])] == ["absent"]
        assert copies.find("ads.txt", "pub.example").state == "absent"
        assert copies.content("ads.txt", "pub.example") is None


async def test_a_page_in_place_of_a_file_counts_as_none_where_there_was_none(
    tmp_path: Path, clock: Clock
) -> None:
    async with refreshing(lambda _: text(HTML), tmp_path, clock) as (_, refresher, copies):
        assert [each.outcome for each in await refresher.refresh([PUB])] == ["absent"]
        assert "HTML" in copies.find("ads.txt", "pub.example").problem


@pytest.mark.parametrize(
    ("kind", "body", "media", "outcome"),
    [
        ("app-ads.txt", BODY, "text/plain", "read"),
        ("app-ads.txt", BODY, "text/html", "absent"),
        ("ads.txt", BODY, "application/json", "absent"),
        ("sellers.json", b'{"sellers": []}', "application/json", "read"),
        ("sellers.json", b'{"sellers": [],}', "application/json", "absent"),
        ("sellers.json", b'{"sellers": []}', "text/html", "absent"),
    ],
)
async def test_files_must_be_what_they_are_called(
    tmp_path: Path, clock: Clock, kind: str, body: bytes, media: str, outcome: str
) -> None:
    page = response(200, body, Content_Type=media)
    async with refreshing(lambda _: page, tmp_path, clock) as (web, refresher, _):
        (result,) = await refresher.refresh([Wanted(kind, "pub.example", "pub.example")])
    assert result.outcome == outcome
    assert asked(web) == [f"/{kind}"]


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        (text(b"User-agent: *\nDisallow: /\n"), "failed"),
        (text(b"User-agent: adserver-supply\nDisallow: /ads\n"), "failed"),
        (text(b"User-agent: other\nDisallow: /\n"), "read"),
        (text(b"\xff\xfe nonsense"), "read"),
        (text("User-agent: *\nCrawl-delay: ²\n".encode()), "failed"),
        (text(b"User-agent: *\nRequest-rate: " + b"9" * 5_000 + b"/1\n"), "failed"),
        (text(b"User-agent: *\nDisallow: //[\n"), "failed"),
        (response(403), "read"),
        (response(503), "failed"),
        (response(302, Location="http://10.0.0.1/"), "read"),
    ],
)
async def test_robots_txt_is_heeded(
    tmp_path: Path, clock: Clock, rules: bytes, outcome: str
) -> None:
    def page(visit: Visit) -> bytes:
        return rules if visit.path == "/robots.txt" else text(BODY)

    async with world(page) as (web, fetcher, manners):
        with Copies(tmp_path / "copies.sqlite") as copies:
            refresher = Refresher(
                fetcher=fetcher, robots=Robots(fetcher, manners, "adserver-supply"), copies=copies,
                accepts=wrong_with, most_bytes=10_000, expiry_s=DAY_S, now=clock,
            )  # fmt: skip
            (result,) = await refresher.refresh([PUB])
    assert result.outcome == outcome
    assert bool(asked(web)) == (outcome == "read")


async def test_a_host_that_wants_to_be_asked_never_again_is_asked_as_rarely_as_any() -> None:
    rules = b"User-agent: *\nCrawl-delay: " + b"9" * 4_000 + b"\n"
    async with world(lambda _: text(rules)) as (_, fetcher, manners):
        robots = Robots(fetcher, manners, "adserver-supply")
        assert await robots.allows("http", "pub.example", "pub.example", "/ads.txt")


async def test_force_asks_for_what_is_not_due(tmp_path: Path, clock: Clock) -> None:
    async with refreshing(lambda _: text(BODY), tmp_path, clock, force=True) as (web, refresher, _):
        for _ in range(2):
            assert counted(await refresher.refresh([PUB])) == {"read": 1}
    assert len(asked(web)) == 2


def test_copies_outlive_their_process_and_a_damaged_store_is_named(tmp_path: Path) -> None:
    path = tmp_path / "copies.sqlite"
    with Copies(path) as copies:
        copies.good(Copy("ads.txt", "pub.example"), BODY, 5.0)
        copies.absent(Copy("ads.txt", "none.example"), "status 404", 6.0)
    with Copies(path) as copies:
        assert [(each.domain, each.state) for each in copies] == [
            ("none.example", "absent"), ("pub.example", "present"),
        ]  # fmt: skip
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(Unavailable, match="copies"):
        Copies(path)
