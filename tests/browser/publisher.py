"""A publisher's page: it shows advertisements in sandboxed frames that come from another origin."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import escape

from aiohttp import web
from playwright.async_api import BrowserContext, Page, Route

from tests.browser.chromium import chromium

PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="250">'
    '<rect width="100%" height="100%" fill="#8cf"/></svg>'
)
SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox"
"""What exchanges' frames allow: scripts and a new window, but neither their page nor its origin."""
PATIENCE_S = 10.0
READER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
"""Headless Chromium says what it is, and machines are not counted."""


class Publisher:
    """Serves pages by path: the article at `localhost`, what is in its frames at `127.0.0.1`."""

    def __init__(self, context: BrowserContext, port: int, pages: dict[str, str]) -> None:
        self._context = context
        self._port = port
        self._pages = pages
        self.asked: list[str] = []
        """Every address that was asked for, in order."""
        self.answered: list[str] = []
        """Those that were answered."""
        self.said: list[str] = []
        """What consoles and dialogs showed."""

    async def show(
        self,
        markups: Mapping[str, tuple[str, int, int]],
        *,
        above_px: int = 0,
        sandbox: str = SANDBOX,
        side: str = "none",
    ) -> Page:
        """Open an article with advertisements by name, each with its size, so far below its top; floating in a row if `left`."""
        frames = []
        for name, (markup, width, height) in markups.items():
            self._pages[f"/{name}"] = (
                markup
                if markup.lstrip().lower().startswith("<!doctype")
                else f'<!DOCTYPE html><html><body style="margin:0">{markup}</body></html>'
            )
            frames.append(
                f'<iframe id="{name}" width="{width}" height="{height}" scrolling="no" sandbox="{sandbox}"'
                f' style="border:0;display:block;float:{side}" src="http://127.0.0.1:{self._port}/{escape(name)}"></iframe>'
            )
        self._pages["/article"] = (
            "<!DOCTYPE html><html><head><title>Article</title></head>"
            f'<body style="margin:0"><div style="height:{above_px}px"></div>{"".join(frames)}'
            '<div style="height:3000px"></div></body></html>'
        )
        page = await self._context.new_page()
        self.listen(page)
        await page.goto(f"http://localhost:{self._port}/article")
        await page.wait_for_load_state("load")
        return page

    def listen(self, page: Page) -> None:
        """Note what a page asks for and says."""
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("response", lambda response: self.answered.append(response.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))

        def close(dialog: object) -> None:
            self.said.append(f"dialog {dialog}")
            closing.add(asyncio.ensure_future(dialog.dismiss()))  # type: ignore[attr-defined]

        closing: set[asyncio.Future[None]] = set()
        page.on("dialog", close)

    async def until(self, part: str, times: int) -> None:
        """Wait until an address with this in it was asked for and answered so often; fail after ten seconds."""
        deadline = time.monotonic() + PATIENCE_S
        while sum(part in each for each in self.answered) < times:
            assert time.monotonic() < deadline, self.asked
            await asyncio.sleep(0.05)

    def count(self, part: str) -> int:
        """Return how often an address with this in it was asked for."""
        return sum(part in each for each in self.asked)


@asynccontextmanager
async def publisher(**others: str) -> AsyncIterator[Publisher]:
    """Start a browser and a publisher. Pictures, shops and the `others` (host: script) are made up; nothing leaves."""
    pages: dict[str, str] = {}

    async def serve(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(0)
        text = pages.get(request.path)
        if text is None:
            return web.Response(status=404)
        kind = "text/javascript" if request.path.endswith(".js") else "text/html"
        return web.Response(text=text, content_type=kind)

    async def invented(route: Route) -> None:
        url = route.request.url
        for host, script in others.items():
            if f"//{host.replace('_', '.')}/" in url:
                await route.fulfill(content_type="text/javascript", body=script)
                return
        if "//cdn.example/" in url:
            await route.fulfill(content_type="image/svg+xml", body=PICTURE)
        else:
            await route.fulfill(content_type="text/html", body="<title>Shop</title>")

    runner = web.ServerRunner(web.Server(serve))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with chromium() as browser:
        context = await browser.new_context(
            viewport={"width": 1000, "height": 700}, user_agent=READER, locale="en-US"
        )
        context.set_default_timeout(10_000)
        await context.route("**/*.example/**", invented)
        yield Publisher(context, port, pages)
        await context.close()
    await runner.cleanup()
