"""`preview`: every creative on a page, each alone, with what is known of it."""

import asyncio
import json
import re
from html import unescape
from pathlib import Path

import pytest

from adserver.commands.terminal import FAILED, OK, UNUSABLE
from tests.browser.chromium import chromium
from tests.unit.commands import shop
from tests.unit.commands.test_command_line import run

MORE = """
advertiser: {id: more, name: "More <b>& More</b>", domain: more.example, timezone: UTC}
creatives:
  - id: flexible
    html:
      markup: |
        <a href="{{click_url}}">{{gdpr}}</a><script>var size = "{{width}}x{{height}}";</script>
      sizes: [300x250, 320x50]
      ratio: "32:5"
      min_width: 300
    restrictions: [alcohol]
    landing: https://more.example/landing
  - id: story
    native: {title: "<i>Tested</i>", images: [{url: "https://cdn.example/n.png", size: 600x314}], texts: {sponsored: Us}}
    landing: https://more.example/
  - id: film
    video: {title: Hill, duration_s: 15, media_files: [{url: "https://cdn.example/hill.mp4", size: 1280x720}]}
    landing: https://more.example/
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = shop.write(tmp_path)
    (tmp_path / "campaigns" / "more.yaml").write_text(MORE, encoding="utf-8")
    return file


def frames(page: str) -> list[str]:
    """Return what stands in the frames, each of which must be a sandbox without our origin."""
    found = re.findall(r'<iframe title="[^"]*" sandbox="([^"]*)"[^>]* srcdoc="([^"]*)"', page)
    assert all("allow-same-origin" not in sandbox and "top" not in sandbox for sandbox, _ in found)
    assert page.count("<iframe") == len(found)
    return [unescape(text) for _, text in found]


def test_each_creative_is_shown_in_every_way_it_is_put_out(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "out.html"
    code, told = run(capsys, "preview", "-c", settings, "--out", page)
    assert code == OK
    assert told["page"] == str(page)
    facts = {each["creative"]: each for each in told["creatives"]}
    assert set(facts) == {"tile", "flexible", "story", "film"}
    assert facts["flexible"]["banner types"] == "script"
    assert facts["flexible"]["hands on privacy signals"] == "yes"
    assert facts["flexible"]["about"] == "alcohol"
    assert facts["tile"]["loads from"] == "cdn.example"
    text = page.read_text("utf-8")
    sizes = re.findall(r'var size = "(\d+x\d+)"', "".join(frames(text)))
    assert sizes == ["300x250", "320x50", "320x50"]  # the last by its ratio, at its least
    assert "&lt;i&gt;Tested&lt;/i&gt;" in text
    assert "<i>Tested</i>" not in text
    assert '<source src="https://cdn.example/hill.mp4" type="video/mp4">' in text
    assert "is about alcohol, for which audit.restricted has no rule" in text
    # A click leads to the landing page; nothing else leads anywhere.
    addresses = set(re.findall(r'https?://[^"\s<]+', "".join(frames(text))))
    hosts = {each.split("/")[2] for each in addresses}
    assert hosts == {"preview.invalid", "more.example", "shop.example", "cdn.example"}


def test_only_some_are_shown_and_unknown_ones_are_told(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "out.html"
    code, told = run(capsys, "preview", "tile", "-c", settings, "--out", page)
    assert (code, [each["creative"] for each in told["creatives"]]) == (OK, ["tile"])
    code, told = run(capsys, "preview", "ghost", "-c", settings, "--out", page)
    assert code == UNUSABLE
    assert told["faults"][0]["path"] == "ghost"
    assert "there are: film, flexible, story, tile" in told["faults"][0]["message"]


def test_faults_of_the_campaigns_are_told_and_no_page_is_written(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "campaigns" / "more.yaml"
    file.write_text(file.read_text().replace("{{gdpr}}", "{{gdrp}}"))
    page = tmp_path / "out.html"
    code, told = run(capsys, "preview", "-c", settings, "--out", page)
    assert code == UNUSABLE
    assert "unknown placeholder '{{gdrp}}'; did you mean {{gdpr}}?" in json.dumps(told)
    assert not page.exists()


def test_what_cannot_be_put_out_is_told_and_ends_with_1(
    settings: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: object) -> None:
        raise ValueError("film: nothing that anybody can play")

    monkeypatch.setattr("adserver.commands.preview.specimens.prepare", broken)
    page = tmp_path / "out.html"
    code, told = run(capsys, "preview", "film", "-c", settings, "--out", page)
    assert code == FAILED
    assert told["broken"] == {"film": ["film: nothing that anybody can play"]}
    assert "nothing that anybody can play" in page.read_text("utf-8")


DYNAMIC = """
advertiser: {id: feeding, domain: shop.example, timezone: UTC}
creatives:
  - id: window
    landing: https://shop.example/
    dynamic:
      size: 300x250
      feed: shop
      template: tile.html
      products: 2
      fallback: {image: "https://cdn.example/shop.png", alternative_text: The shop}
"""
TILE = '{{products}}<a href="{{click_url}}">{{title}} {{price}}</a>{{end}}'
PRODUCTS = """id,title,link,price,availability
boot-1,Boot,https://shop.example/p/boot-1,149.90 EUR,in_stock
tent-2,Tent,https://shop.example/p/tent-2,399.00 EUR,in_stock
"""


def test_dynamic_creatives_are_shown_with_products_of_their_feed_and_without(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "campaigns" / "feeding.yaml").write_text(DYNAMIC)
    (tmp_path / "campaigns" / "tile.html").write_text(TILE)
    (tmp_path / "shop.csv").write_text(PRODUCTS)
    feed = "{kind: files, name: shop, path: shop.csv, format: csv, domains: [shop.example], language: en}"
    settings.write_text(f"{settings.read_text('utf-8')}feeds: [{feed}]\n")
    page = tmp_path / "out.html"

    def shown() -> tuple[str, str]:
        code, told = run(capsys, "preview", "window", "-c", settings, "--out", page)
        assert code == OK
        return told["creatives"][0]["products"], "".join(frames(page.read_text("utf-8")))

    why, text = shown()
    assert why == "feed shop was never loaded; run `adserver feeds load`"
    assert "Boot" not in text
    assert run(capsys, "feeds", "load", "-c", settings)[0] == OK
    why, text = shown()
    assert why == "of feed shop"
    assert "Boot" in text
    assert "Tent" in text
    assert "shop.png" in text  # where no product can be shown
    links = re.findall(r'<a href="([^"]*)"', text)
    assert {each.partition("#")[0] for each in links} == {"https://shop.example/"}
    (tmp_path / "state" / "feeds" / "shop.feed").write_bytes(b"garbage")
    assert shown()[0] == "feed shop cannot be read; run `adserver feeds load`"


async def test_the_page_fits_a_phone(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "out.html"
    assert (await asyncio.to_thread(run, capsys, "preview", "-c", settings, "--out", page))[0] == OK
    async with chromium() as browser:
        phone = await browser.new_page(viewport={"width": 320, "height": 640})
        await phone.route(re.compile("^https?:"), lambda route: route.abort())
        await phone.goto(page.as_uri())
        wide = await phone.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320
