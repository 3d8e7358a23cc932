"""Dynamic creatives in a real browser: the demo's template with good, long and hostile products in it."""

import html
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.channels import prepare
from adapters.channels.dynamic import DynamicMarkup
from adapters.feeds.shelf_file import write
from adapters.feeds.storefront import Storefront
from adserver.domain.creative import Dynamic
from adserver.domain.opportunity import Opportunity
from adserver.ports import Links
from adserver.ports.products import Wish
from tests.browser.publisher import publisher
from tests.unit.adapters_channels.samples import BANNER
from tests.unit.adapters_feeds.rows import feed, row
from tests.unit.adapters_feeds.test_feed_files import PAYLOADS

pytestmark = pytest.mark.asyncio(loop_scope="module")
TEMPLATE = Path(__file__).parents[2] / "examples/demo/campaigns/templates/two-products.html"
CREATIVE = Dynamic(
    id="tile", landing_url="https://shop.example/", width=300, height=250, feed="shop", template="two-products.html",
    markup=TEMPLATE.read_text("utf-8"), products=2, fallback=BANNER,
)  # fmt: skip
CLICK = "https://ads.example/t/click/token"
LINKS = Links(
    "https://cdn.example/t/impression/token", CLICK, "", "5e", "https://ads.example/r/why/token", bare_click=CLICK
)  # fmt: skip
PRODUCTS = [
    row("boot", title="Waterproof walking boot with a sole that is made to be mended", price="149.90 EUR", sale_price="119.90 EUR"),
    row("rope", title="Rope", price="89.00 EUR"),
]  # fmt: skip


def _shown(folder: Path, *rows: dict[str, str], only: str = "") -> str:
    """Return the creative's markup with the products of a feed, as a worker would write it."""
    folder.mkdir()
    write(feed(folder, *rows, max_bad_percent=100, language="de"), folder / "shop.feed")
    markup = prepare(CREATIVE)
    assert isinstance(markup, DynamicMarkup)
    front = Storefront(folder, ["shop"], {"tile": markup.misfit})
    made = replace(CREATIVE, only={"id": (only,)}) if only else CREATIVE
    found = front.relevant(made, Wish())
    products = [front.product("shop", number) for number in (*found.first, *found.others)[:2]]
    shown = markup.showing([each for each in products if each is not None]) if products else markup
    return shown.render(LINKS, Opportunity(id="1"))


async def test_products_fit_their_places_and_lead_to_their_pages(tmp_path: Path) -> None:
    async with publisher() as stage:
        page = await stage.show({"tile": (_shown(tmp_path / "a", *PRODUCTS), 300, 250)})
        frame = page.frame_locator("#tile")
        cards = frame.locator(".two-products a")
        assert await cards.count() == 2
        for number in range(2):
            box = await cards.nth(number).bounding_box()
            tile = await page.locator("#tile").bounding_box()
            assert box is not None
            assert tile is not None
            assert tile["x"] <= box["x"]
            assert box["x"] + box["width"] <= tile["x"] + 300
            assert box["y"] + box["height"] <= tile["y"] + 250
        assert await cards.nth(0).locator("b").inner_text() == "Waterproof walking boot with a…"
        assert await cards.nth(0).locator("s").inner_text() == "149,90\u00a0€"
        assert await cards.nth(0).locator("span").inner_text() == "119,90\u00a0€"
        assert await cards.nth(1).get_attribute("href") == f"{CLICK}/1"
        await page.locator("#tile").screenshot(path=tmp_path / "products.png")
        assert stage.said == []
        assert stage.count("/t/impression/token") == 1
        await page.close()


async def test_nothing_that_a_feed_says_runs_or_breaks_out(tmp_path: Path) -> None:
    """Every payload in every field, each as a product of its own that is shown by itself."""
    rows = [
        row(f"{field}-{number}", **{field: payload})
        for number, payload in enumerate(PAYLOADS)
        for field in ("title", "description", "brand", "product_type", "image_link", "link", "custom_label_0")
    ]  # fmt: skip
    folder = tmp_path / "b"
    folder.mkdir()
    loader = feed(folder, *rows, max_bad_percent=100)
    markup = prepare(replace(CREATIVE, products=1))
    assert isinstance(markup, DynamicMarkup)
    frames = {
        f"ad{number}": (markup.showing([each.product]).render(LINKS, Opportunity(id="1")), 300, 250)
        for number, each in enumerate(loader.products())
        if markup.misfit(each.product) is None
    }
    assert len(frames) >= 4 * len(PAYLOADS)
    assert loader.skipped >= 2 * len(PAYLOADS) - 2, "addresses are refused with their rows"
    async with publisher() as stage:
        page = await stage.show(frames)
        for name in frames:
            frame = page.frame_locator(f"#{name}")
            assert await frame.locator(".two-products > a").count() == 1
            assert await frame.locator("script, svg, iframe, b *").count() == 0
        assert [each for each in stage.said if "Blocked" not in each] == []
        hosts = {each.split("/")[2].partition(":")[0] for each in stage.asked}
        assert hosts <= {"localhost", "127.0.0.1", "cdn.example"}
        titles = [await page.frame_locator(f"#{name}").locator("b").inner_text() for name in frames]
        assert any("<script>" in title for title in titles), json.dumps(titles)
        assert html.escape("<") not in "".join(titles).replace("&lt;b&gt;", "")
        await page.close()
