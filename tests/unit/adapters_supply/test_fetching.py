"""One file from a stranger's server: nothing but what was asked for, from nowhere but the public internet."""

import asyncio
import gzip
import zlib
from itertools import pairwise

import aiohttp
import pytest

from adapters.supply.addresses import Refused
from adapters.supply.connecting import connector, system_lookup
from adapters.supply.fetching import MAX_REDIRECTS, Failed
from tests.servers.web import LOOPBACK, Visit, response, serving, text
from tests.torture import fetches
from tests.torture.figures import Scale
from tests.unit.adapters_supply.strangers import lookup, world

URL, ROOT = "http://pub.example/ads.txt", "pub.example"
BODY = b"ssp.example,1,DIRECT\n"
MOST = 10_000


async def test_a_file_comes_with_what_makes_the_next_time_cheap() -> None:
    page = text(BODY, ETag='"1"', Last_Modified="Sun, 22 Nov 2026 07:00:00 GMT")
    async with world(lambda _: page) as (web, fetcher, _):
        answer = await fetcher.fetch(URL, ROOT, most=MOST, etag='"0"', modified="long ago")
    assert (answer.status, answer.content, answer.kind) == (200, BODY, "text/plain")
    assert (answer.etag, answer.modified) == ('"1"', "Sun, 22 Nov 2026 07:00:00 GMT")
    (visit,) = web.visits
    assert (visit.host, visit.path) == ("pub.example", "/ads.txt")
    assert visit.headers["if-none-match"] == '"0"'
    assert visit.headers["if-modified-since"] == "long ago"
    assert visit.headers["user-agent"] == "adserver-supply/1.0"
    assert "cookie" not in visit.headers


@pytest.mark.parametrize(
    ("packing", "body"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
        ("", BODY),
    ],
)
async def test_packed_files_are_unpacked(packing: str, body: bytes) -> None:
    async with world(lambda _: text(body, Content_Encoding=packing)) as (_, fetcher, _):
        assert (await fetcher.fetch(URL, ROOT, most=MOST)).content == BODY


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (text(b"x" * (MOST + 1)), "longer than"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MOST + 1), "longer than"),
        (text(gzip.compress(b"\0" * 10_000_000), Content_Encoding="gzip"), "longer than"),
        (text(gzip.compress(BODY)[:-9], Content_Encoding="gzip"), "cut off"),
        (text(b"not packed", Content_Encoding="gzip"), "damaged"),
        (text(BODY, Content_Encoding="br"), "nobody asked for"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "no connection"),
        (b"no HTTP at all\r\n\r\n", "no connection"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "no connection"),
        (b"", "no connection"),
    ],
)
async def test_answers_that_cannot_be_used_are_named(page: bytes, problem: str) -> None:
    async with world(lambda _: page) as (_, fetcher, _):
        with pytest.raises(Failed, match=problem):
            await fetcher.fetch(URL, ROOT, most=MOST)


async def test_a_server_that_dawdles_is_left() -> None:
    async def dawdle(_: Visit) -> bytes:
        await asyncio.sleep(30)
        return b""

    async with world(dawdle, timeout_s=0.2) as (_, fetcher, _):
        with pytest.raises(Failed, match="took too long"):
            await fetcher.fetch(URL, ROOT, most=MOST)


async def test_a_name_that_is_not_there_and_tls_that_fails_are_failures() -> None:
    async with world(lambda _: text(BODY)) as (_, fetcher, _):
        for url in ("http://gone.example/", "https://pub.example/"):
            with pytest.raises(Failed, match="no connection"):
                await fetcher.fetch(url, ROOT, most=MOST)


def _leading(*places: str) -> "dict[str, bytes]":
    """Return pages by host and path; each leads to the next, the last is the file."""
    at = [URL, *places]
    pages = {_key(one): response(302, Location=two) for one, two in pairwise(at)}
    return {**pages, _key(at[-1]): text(BODY)}


def _key(url: str) -> str:
    return url.removeprefix("http://")


WITHIN = "http://www.pub.example/{}"


@pytest.mark.parametrize(
    "places",
    [
        [WITHIN.format(number) for number in range(MAX_REDIRECTS)],
        ["http://cdn.example/file"],
        [WITHIN.format(1), "http://deep.er.pub.example/", "http://cdn.example/file"],
    ],
)
async def test_redirects_are_followed_within_the_root_domain_and_once_out_of_it(
    places: list[str],
) -> None:
    pages = _leading(*places)
    async with world(lambda visit: pages[visit.host + visit.path]) as (_, fetcher, _):
        answer = await fetcher.fetch(URL, ROOT, most=MOST)
    assert (answer.content, answer.url) == (BODY, places[-1])


@pytest.mark.parametrize(
    "places",
    [
        [WITHIN.format(number) for number in range(MAX_REDIRECTS + 1)],
        ["http://cdn.example/file", "http://cdn.example/other"],
        ["http://cdn.example/file", "http://pub.example/back"],
        ["http://notpub.example/", "http://cdn.example/file"],
    ],
)
async def test_redirects_beyond_are_refused(places: list[str]) -> None:
    pages = _leading(*places)
    async with world(lambda visit: pages[visit.host + visit.path]) as (_, fetcher, _):
        with pytest.raises(Refused):
            await fetcher.fetch(URL, ROOT, most=MOST)


async def test_a_host_is_asked_one_at_a_time_and_rests_in_between() -> None:
    async def slow(_: Visit) -> bytes:
        await asyncio.sleep(0.01)
        return text(BODY)

    async with world(slow, pause_s=0.05) as (web, fetcher, _):
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(fetcher.fetch(URL, ROOT, most=MOST) for _ in range(4)))
        assert asyncio.get_running_loop().time() - began >= 3 * 0.05
    assert web.most_open == 1


async def test_the_connector_itself_refuses_what_slips_past_the_resolver() -> None:
    """An address in the place of a name never meets the resolver."""
    async with serving(lambda _: text(BODY)) as web:
        async with aiohttp.ClientSession(connector=connector(lookup, {})) as session:
            with pytest.raises(Refused):
                await session.get(f"http://{LOOPBACK}:{web.port}/")
        assert web.visits == []


async def test_the_systems_names_are_refused_like_any_other() -> None:
    assert "127.0.0.1" in await system_lookup("localhost")
    async with aiohttp.ClientSession(connector=connector(system_lookup, {})) as session:
        with pytest.raises(Refused):
            await session.get("http://localhost/")


def test_nothing_of_what_leads_astray_connects() -> None:
    (figure,) = fetches.run(Scale())
    assert figure.met, figure


async def test_a_connection_that_should_not_be_would_be_seen() -> None:
    each = fetches.Try("planted", "http://evil.example/", {"evil.example": [["127.0.0.2"]]})
    async with serving(lambda _: text(BODY)) as web:
        assert await fetches.fetched(each, web) == []
        (wrong,) = await fetches.fetched(each, web, {("127.0.0.2", 80): web.port})
    assert "127.0.0.2" in wrong
