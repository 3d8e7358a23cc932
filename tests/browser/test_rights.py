"""People's pages in a real browser: by keyboard alone, on a phone, in the dark, without scripts, under attack."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

from adserver.domain.identity import segment_number
from adserver.domain.person import Membership
from adserver.endpoints.rights.words import LANGUAGES
from tests.browser import axe, looks
from tests.browser.chromium import chromium
from tests.unit.endpoints.desk import NOW_S, serving
from tests.unit.endpoints.rights.counter import (
    BROWSER,
    COOKIE,
    DOSSIER,
    GRANT,
    PERSON,
    UNKNOWN,
    Counter,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
TEXTS = LANGUAGES["en"]
MANY_TABS = 60
LEAST_TARGET_PX = 24
PAYLOADS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "' autofocus onfocus=alert(1) '",
    "javascript:alert(1)", "{{ 7*7 }}", "{% raw %}", "</table></main><h1>x", "<!--", "</style><script>alert(1)</script>",
    "\u202egnp.exe", "A" * 300, "&lt;b&gt;", "%3Cb%3E", "\x00\x07", "<meta http-equiv=refresh content=0;url=//evil.example>",
)  # fmt: skip


class World(NamedTuple):
    """A browser and our pages."""

    browser: Browser
    counter: Counter
    origin: str

    async def visit(
        self,
        cookie: str = BROWSER,
        width: int = 320,
        scheme: str = "light",
        *,
        scripts: bool = True,
        gpc: bool = False,
    ) -> BrowserContext:
        """Return a fresh browser profile, with our cookie or without."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": 640},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="en-US",
            java_script_enabled=scripts,
            extra_http_headers={"Sec-GPC": "1"} if gpc else {},
        )
        context.set_default_timeout(10_000)
        if cookie:
            await context.add_cookies([{"name": COOKIE, "value": cookie, "url": self.origin}])
        return context


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[World]:
    counter = Counter()
    async with chromium() as browser, serving(counter.rights) as client:
        yield World(browser, counter, client.origin)


@pytest.fixture
def world(running: World) -> World:
    """Nobody has decided anything yet."""
    people = running.counter.people
    people.dossiers = {PERSON: DOSSIER}
    people.choices.clear()
    return running


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    complaints.append(message.text)


async def _tab_to(page: Page, text: str) -> None:
    """Press Tab until something with this text has the focus; every stop must be visible."""
    for _ in range(MANY_TABS):
        await page.keyboard.press("Tab")
        tag, found, style, width = await page.evaluate(looks.FOCUSED)
        if tag == "BODY":
            continue
        assert style != "none", f"nobody sees that {found!r} has the focus"
        assert width >= 2, found
        if found == text:
            return
    raise AssertionError(f"no Tab leads to {text!r}")


async def test_a_keyboard_is_enough_to_say_no_and_to_be_forgotten(world: World) -> None:
    context = await world.visit(width=1024)
    page = await context.new_page()
    await page.goto(f"{world.origin}/r/")
    await _tab_to(page, TEXTS["skip"])
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"
    await _tab_to(page, TEXTS["opt_out"])
    await page.keyboard.press("Enter")
    await page.get_by_role("status").wait_for()
    assert await page.get_by_role("status").inner_text() == TEXTS["said_opt_out"]
    assert world.counter.people.choices[PERSON].opted_out

    await _tab_to(page, TEXTS["menu_erase"])
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/r/erase")
    await _tab_to(page, TEXTS["erase_go"])
    await page.keyboard.press("Tab")  # the way back is the next stop
    assert (await page.evaluate(looks.FOCUSED))[1] == TEXTS["cancel"]
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name=TEXTS["erase_done_title"]).wait_for()
    assert PERSON not in world.counter.people.dossiers
    await context.close()


async def test_it_works_without_scripts_and_takes_the_file_along(world: World) -> None:
    context = await world.visit(scripts=False)
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{world.origin}/r/data")
    async with page.expect_download() as download:
        await page.get_by_role("button", name=TEXTS["take"]).click()
    file = await download.value
    assert file.suggested_filename == "my-advertising-data.json"
    await page.get_by_role("button", name="Do not use: You looked at cameras lately").click()
    await page.get_by_role("status").wait_for()
    assert await page.get_by_role("status").inner_text() == TEXTS["said_object"]
    await page.get_by_role("link", name="Deutsch").click()
    await page.get_by_role("heading", name=LANGUAGES["de"]["data_title"]).wait_for()
    assert {url.split("/r/")[0] for url in asked} == {world.origin}  # nothing foreign was loaded
    await context.close()


async def test_every_page_is_accessible_and_fits_a_phone(world: World, tmp_path: Path) -> None:
    """axe-core judges contrast, labels, headings, landmarks, tables; sizes we measure ourselves."""
    source = axe.script()
    token = world.counter.token()
    pages = {
        BROWSER: ("", "data", "erase", "benefit", f"why/{token}"),
        "": ("", f"?ad={token}", "nothing"),
        UNKNOWN: ("data",),
    }
    for cookie, paths in pages.items():
        context = await world.visit(cookie)
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", partial(_note, complaints))
        for number, path in enumerate(paths):
            for scheme, language in (("light", "en"), ("dark", "de")):
                await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
                joint = "&" if "?" in path else "?"
                await page.goto(f"{world.origin}/r/{path}{joint}lang={language}")
                await page.screenshot(path=tmp_path / f"{number}-{cookie[:1]}-{scheme}.png")
                width, window = await page.evaluate(looks.WIDER)
                assert width <= window == 320, f"{path} is {width} wide"
                assert await page.evaluate(looks.NARROWER_TARGETS, LEAST_TARGET_PX) == [], path
                assert await page.evaluate(looks.UNLABELLED) == [], path
                assert await page.evaluate("document.documentElement.lang") == language
                rules = () if scheme == "light" else ("color-contrast",)  # nothing else changes
                assert await axe.violations(page, source, *rules) == [], path
        # Chromium itself tells of the 404.
        assert len(complaints) == 2 * paths.count("nothing"), complaints
        await context.close()


async def test_states_after_a_decision_are_accessible_too(world: World, tmp_path: Path) -> None:
    source = axe.script()
    context = await world.visit(width=1024, gpc=True)
    page = await context.new_page()
    await page.goto(f"{world.origin}/r/")
    assert await page.get_by_role("heading", name=TEXTS["gpc_title"]).is_visible()
    assert world.counter.people.choices[PERSON].opted_out
    assert await axe.violations(page, source) == []
    await page.get_by_label(TEXTS["id_label"]).fill("that is none")
    await page.get_by_role("button", name=TEXTS["id_go"]).click()
    await page.get_by_role("alert").wait_for()
    assert await page.evaluate("document.activeElement.id") == "ifa"
    assert await axe.violations(page, source) == []
    await page.goto(f"{world.origin}/r/erase")
    await page.get_by_role("button", name=TEXTS["erase_go"]).click()
    await page.get_by_role("heading", name=TEXTS["erase_done_title"]).wait_for()
    await page.screenshot(path=tmp_path / "erased.png", full_page=True)
    assert await axe.violations(page, source) == []
    await context.close()


async def test_a_judge_who_finds_nothing_would_be_no_judge(world: World) -> None:
    context = await world.visit()
    page = await context.new_page()
    await page.set_content(
        '<p style="color:#aaa;background:#fff">pale</p><input name="x"><img src="data:,">'
    )
    found = " ".join(await axe.violations(page, axe.script()))
    for rule in ("color-contrast", "label", "image-alt", "html-has-lang", "document-title"):
        assert rule in found
    assert await page.evaluate(looks.UNLABELLED) == ["x"]
    assert await page.evaluate(looks.NARROWER_TARGETS, 1_000) != []
    await context.close()


async def test_no_text_of_others_runs_or_breaks_out(world: World) -> None:
    people = world.counter.people
    names = {segment_number(payload): payload for payload in PAYLOADS}
    people.names |= names
    people.dossiers[PERSON] = type(DOSSIER)(
        memberships=tuple(Membership(segment, GRANT, NOW_S // 86_400) for segment in names)
    )
    context = await world.visit()
    page = await context.new_page()
    ran: list[str] = []
    page.on("dialog", lambda dialog: ran.append(dialog.message))
    page.on("console", lambda message: ran.append(message.text))
    await page.goto(f"{world.origin}/r/data")
    rows = await page.locator("tbody th").all_inner_texts()
    assert len(rows) == len(PAYLOADS)
    assert any("<script>alert(1)</script>" in row for row in rows)
    assert await page.locator("main script, main img, main svg").count() == 0
    width, window = await page.evaluate(looks.WIDER)
    assert width <= window
    assert page.url == f"{world.origin}/r/data"
    assert ran == []
    await context.close()


async def test_another_site_can_neither_frame_these_pages_nor_press_their_buttons(
    world: World,
) -> None:
    context = await world.visit()
    page = await context.new_page()
    await page.goto(f"{world.origin}/r/erase")
    form = await page.locator("main input[name=form]").first.get_attribute("value")
    other = await context.new_page()
    await other.set_content(
        f'<iframe src="{world.origin}/r/erase"></iframe>'
        f'<form method="post" action="{world.origin}/r/erase"><input name="form" value="{form}"><button>Win</button></form>'
    )
    await other.get_by_role("button", name="Win").click()
    await other.get_by_role("heading", name=TEXTS["no_title"]).wait_for()
    assert PERSON in world.counter.people.dossiers

    await other.set_content(f'<iframe src="{world.origin}/r/erase"></iframe>')
    await other.wait_for_timeout(300)
    assert await other.frame_locator("iframe").get_by_role("button").count() == 0
    await context.close()
