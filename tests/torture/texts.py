"""R10, the part of texts: hostile ones in every text field, in a real browser, run no script.

Whatever calls `alert` is heard, in every frame. What only waits for somebody's hand is found by comparing what the
browser made of each document with what it makes of the same one around a plain word: the same elements and attributes.
Beforehand the texts go in unescaped, and must be heard: a judge who finds nothing there would be no judge.
"""

import asyncio
import shutil
from collections.abc import Sequence

from playwright.async_api import BrowserContext

from tests.browser.chromium import PROGRAM, chromium
from tests.torture.fields import FIELDS, in_frames
from tests.torture.figures import Figure, Missing, Scale, none_of
from tests.torture.payloads import PAYLOADS

SHORT = 25
LEAST_HEARD = 0.25
"""Of the payloads; the others need another place than the one where the judge is tried."""
LISTEN = "window.alert = window.confirm = window.prompt = () => { console.log('heard'); };"


def run(scale: Scale) -> Sequence[Figure]:
    """Put each text into each field, and listen."""
    if shutil.which(PROGRAM) is None:
        raise Missing("Chromium is not installed: apt-get install chromium")
    chosen = PAYLOADS if scale.full else PAYLOADS[:: len(PAYLOADS) // SHORT]
    return asyncio.run(_tried(chosen))


async def _tried(payloads: Sequence[str]) -> Sequence[Figure]:
    async with chromium() as browser:
        context = await browser.new_context()
        context.set_default_timeout(60_000)
        await context.add_init_script(LISTEN)
        await context.route("**/*", lambda route: route.abort())
        heard: list[str] = []
        context.on("console", lambda message: heard.append(message.text))
        figures = [await _judge(context, payloads, heard)]
        for field, check in FIELDS.items():
            heard.clear()
            page = await context.new_page()
            complaints = await check(page, payloads)
            ran = heard.count("heard")
            what = f"scripts run or markup made by hostile texts in {field}"
            said = complaints + [f"{ran} scripts ran"] * bool(ran)
            figures.append(none_of("R10", what, len(payloads), said))
            await page.close()
        return figures


async def _judge(context: BrowserContext, payloads: Sequence[str], heard: list[str]) -> Figure:
    """Return how many texts are heard where nobody escapes them."""
    page = await context.new_page()
    await in_frames(page, lambda text: f'<body><p title="{text}">{text}</p>', payloads)
    await page.close()
    ran, least = heard.count("heard"), int(len(payloads) * LEAST_HEARD)
    what = "calls by hostile texts that go in unescaped, where the judge must hear them"
    return Figure("R10", what, str(ran), f">= {least}", ran >= least)
