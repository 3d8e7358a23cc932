"""Advertisements in a real browser: they render, report what people saw and did, and reach nothing else."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.publisher import Publisher, publisher
from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import EXCHANGE, Client
from tests.endpoints.server import Server
from tests.endpoints.wire import request

pytestmark = pytest.mark.asyncio(loop_scope="module")
TAG = """document.write("<p id=who>" + new URL(document.currentScript.src).search + "</p>");"""
MRAID = """window.mraid = {open: function(url) { console.log("mraid.open " + url); }};"""
SHOP = "https://shop.example/"
PICTURE = '<img src="https://cdn.example/p.png" width="{{width}}" height="{{height}}" alt="Tents" style="display:block">'
LINK = f'<a href="{{{{click_url}}}}" target="_blank">{PICTURE}</a>'
PAGE = (
    f'<!DOCTYPE html><html><head><title>Ad</title></head><body style="margin:0">{LINK}'
    "<script>document.body.style.background = 'rgb(1, 2, 3)';</script></body></html>"
)
THIRD_PARTY = (
    '<script src="https://tags.example/t.js?click={{click_url|url}}&amp;r={{cache_buster}}'
    '&amp;gdpr={{gdpr}}&amp;consent={{gdpr_consent}}"></script>'
)
CONSENT = "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA"


class Running(NamedTuple):
    """A real server, and a publisher in a real browser."""

    server: Server
    publisher: Publisher
    exchange: Client

    def bid(self, width: int, height: int, **fields: Any) -> tuple[str, int, int]:
        """Return markup for a space of this size, with its size."""
        space = {"w": width, "h": height, "api": [5]}
        asked = request(imp=[{"id": "1", "banner": space, "secure": 1}], **fields)
        bid = self.exchange.bid(asked).bid()
        assert (bid["w"], bid["h"]) == (width, height)
        return bid["adm"], width, height

    def counted(self, kind: str) -> float:
        """Return how many notices of a kind were counted so far, each once."""
        return self.server.total("adserver_notices_total", kind=kind, outcome="new")


def html(name: str, size: str, markup: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": name,
        "html": {"markup": markup, "sizes": [size]},
        "landing": f"{SHOP}{name}",
        **fields,
    }


CREATIVES = [
    banner("tile", "300x250", alternative_text='Tents, "10 %" off <today>', viewability=True),
    html("part", "320x50", LINK, viewability=True),
    html("page", "728x90", PAGE, viewability=True),
    html("tag", "160x600", THIRD_PARTY),
    html("app", "300x600", LINK, apis=[5]),
]
SIZES = {
    "tile": (300, 250),
    "part": (320, 50),
    "page": (728, 90),
    "tag": (160, 600),
    "app": (300, 600),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    items = [line_item(f"item-{each['id']}", [each["id"]]) for each in CREATIVES]
    usual = {"name": EXCHANGE, "contextual_without_consent": True}
    folder = tmp_path_factory.mktemp("creatives")
    found = Server(
        folder, advertiser("shop", CREATIVES, items), {"workers": 1, "exchanges": [usual]}
    )
    found.settings["http"]["base_url"] = f"http://127.0.0.1:{found.port}"
    found.write_settings()
    yield found.start()
    found.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(server: Server) -> AsyncIterator[Running]:
    async with publisher(tags_example=TAG) as found:
        with server.client() as exchange:
            yield Running(server, found, exchange)


@pytest.fixture
def running(stage: Running) -> Running:
    """Nothing was asked for or said yet."""
    stage.publisher.asked.clear()
    stage.publisher.answered.clear()
    stage.publisher.said.clear()
    return stage


async def test_each_renders_in_its_frame_reports_once_and_leaves_the_page_alone(
    running: Running, tmp_path: Path
) -> None:
    before = running.counted("impression")
    page = await running.publisher.show({name: running.bid(*size) for name, size in SIZES.items()})
    running.publisher._pages["/mraid.js"] = MRAID
    for name, (width, height) in SIZES.items():
        frame = page.frame_locator(f"#{name}")
        if name != "tag":
            picture = frame.locator("img[alt]:not([alt=''])")
            box = await picture.bounding_box()
            assert box is not None
            assert (box["width"], box["height"]) == (width, height)
            assert await picture.evaluate("each => each.naturalWidth") == 300
        why = frame.get_by_label("Why this ad?")
        assert (await why.get_attribute("href") or "").startswith(
            f"http://127.0.0.1:{running.server.port}/r/why/"
        )
        corner, label = await page.locator(f"#{name}").bounding_box(), await why.bounding_box()
        assert corner is not None
        assert label is not None
        assert (label["x"] + label["width"], label["y"]) == (corner["x"] + width, corner["y"])
        await page.locator(f"#{name}").screenshot(path=tmp_path / f"{name}.png")
    assert running.counted("impression") == before + len(SIZES)
    assert await page.title() == "Article"
    assert page.url.endswith("/article")
    # Chromium tells that there was no mraid.js outside of an application.
    assert [each for each in running.publisher.said if "404" not in each] == []
    await page.close()


@pytest.mark.parametrize("name", ["tile", "part", "page"])
async def test_a_click_leads_to_the_shop_in_a_new_window_and_is_counted(
    running: Running, name: str
) -> None:
    before = running.server.report()[f"item-{name}"]["clicks"]
    page = await running.publisher.show({name: running.bid(*SIZES[name])})
    async with page.context.expect_page() as opened:
        await page.frame_locator(f"#{name}").locator("a").first.click(position={"x": 20, "y": 20})
    shop = await opened.value
    await shop.wait_for_url(re.compile(re.escape(SHOP)))
    assert shop.url.split("?")[0] == f"{SHOP}{name}"
    assert running.server.report()[f"item-{name}"]["clicks"] == before + 1
    assert page.url.endswith("/article")
    await shop.close()
    await page.close()


async def _scroll(page: Page, top: int) -> None:
    await page.evaluate("top => window.scrollTo(0, top)", top)


async def test_the_beacon_fires_when_half_was_in_view_for_a_second_and_only_then(
    running: Running,
) -> None:
    """A banner, a part of a page and a whole page, side by side."""
    before = running.counted("viewable")
    bids = {name: running.bid(*SIZES[name]) for name in ("tile", "part")}
    bids["page"] = (
        *running.bid(728, 90)[:1],
        300,
        90,
    )  # narrower, so that all three stand in a row
    page = await running.publisher.show(bids, above_px=2_000, side="left")
    assert running.publisher.count("/t/impression/") == 3
    await page.wait_for_timeout(1_300)
    assert running.publisher.count("/t/viewable/") == 0  # loaded, but nobody has seen it

    await _scroll(page, 2_000 - 700 + 20)  # two fifths of the lowest are in view
    await page.wait_for_timeout(1_300)
    assert running.publisher.count("/t/viewable/") == 0

    await _scroll(page, 1_800)
    await page.wait_for_timeout(400)
    await _scroll(page, 0)  # gone before the second was over
    await page.wait_for_timeout(1_300)
    assert running.publisher.count("/t/viewable/") == 0

    await _scroll(page, 1_800)
    await running.publisher.until("/t/viewable/", 3)
    await _scroll(page, 0)
    await _scroll(page, 1_800)
    await page.wait_for_timeout(1_300)
    addresses = [each for each in running.publisher.asked if "/t/viewable/" in each]
    assert len(addresses) == len(set(addresses)) == 3
    assert running.counted("viewable") == before + 3
    assert running.exchange.follow(addresses[0]).status == 200
    assert running.counted("viewable") == before + 3  # once each, however often it is called
    await page.close()


async def test_a_hidden_tab_is_not_seen(running: Running) -> None:
    page = await running.publisher.show({"tile": running.bid(300, 250)}, above_px=2_000)
    frame = page.frames[1]
    await frame.evaluate(
        "Object.defineProperty(document, 'visibilityState', {get: () => 'hidden', configurable: true})"
    )
    await _scroll(page, 1_800)
    await page.wait_for_timeout(1_400)
    assert running.publisher.count("/t/viewable/") == 0
    await frame.evaluate(
        "Object.defineProperty(document, 'visibilityState', {get: () => 'visible'});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    await running.publisher.until("/t/viewable/", 1)
    await page.close()


async def test_where_scripts_are_forbidden_it_renders_counts_and_complains_of_nothing_of_ours(
    running: Running,
) -> None:
    bids = {name: running.bid(*SIZES[name]) for name in ("tile", "part")}
    page = await running.publisher.show(bids, sandbox="allow-popups")
    assert await page.frame_locator("#tile").get_by_role("img", name="Tents").is_visible()
    await page.wait_for_timeout(1_300)
    assert running.publisher.count("/t/impression/") == 2
    assert running.publisher.count("/t/viewable/") == 0
    assert all("script" in each.lower() for each in running.publisher.said)  # Chromium's own note
    await page.close()


async def test_without_an_observer_the_top_page_measures_and_a_frame_guesses_nothing(
    running: Running,
) -> None:
    context = running.publisher._context
    page = await context.new_page()
    running.publisher.listen(page)
    await page.add_init_script("delete window.IntersectionObserver")
    running.publisher._pages["/top"] = (
        f"<!DOCTYPE html><body style='margin:0'>{running.bid(300, 250)[0]}"
    )
    async with page.expect_response(re.compile("/t/viewable/")):
        await page.goto(f"http://localhost:{running.publisher._port}/top")
    running.publisher.asked.clear()
    running.publisher._pages["/framing"] = '<iframe width="300" height="250" src="/top"></iframe>'
    await page.goto(f"http://localhost:{running.publisher._port}/framing")
    await page.wait_for_timeout(1_400)
    assert running.publisher.count("/t/impression/") >= 1
    assert running.publisher.count("/t/viewable/") == 0
    await page.close()


async def test_a_third_party_s_tag_gets_our_click_and_the_privacy_signals(running: Running) -> None:
    signals = {"regs": {"gdpr": 0}, "user": {"consent": CONSENT}}
    page = await running.publisher.show({"tag": running.bid(160, 600, **signals)})
    said = await page.frame_locator("#tag").locator("#who").inner_text()
    ours = quote(f"http://127.0.0.1:{running.server.port}/t/click/", safe="")
    assert re.fullmatch(
        rf"\?click={ours}[\w-]+&r=[0-9a-f]+&gdpr=0&consent={re.escape(CONSENT)}", said
    )
    await page.close()


async def test_in_an_application_the_web_view_opens_the_click(running: Running) -> None:
    running.publisher._pages["/mraid.js"] = MRAID
    page = await running.publisher.show({"app": running.bid(300, 600)})
    await page.frame_locator("#app").locator("a").first.click(position={"x": 20, "y": 200})
    opened = [each for each in running.publisher.said if each.startswith("mraid.open ")]
    assert len(opened) == 1
    assert opened[0].startswith(f"mraid.open http://127.0.0.1:{running.server.port}/t/click/")
    await page.close()
