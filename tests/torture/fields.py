"""Every field that takes a text from others, and how it reaches a browser."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial

import msgspec
from playwright.async_api import Page

from adapters.channels import prepare
from adserver.catalog.audit import Rules
from adserver.commands.preview.card import Card, card
from adserver.commands.preview.show import written
from adserver.domain.campaign import Advertiser, Catalog
from adserver.domain.dsa import Disclosure
from adserver.domain.opportunity import NativeAsset, NativeSpace, Opportunity
from tests.unit.adapters_channels.samples import (
    BANNER,
    BANNER_SPACE,
    HTML,
    LINKS,
    NATIVE,
    VIDEO,
    VIDEO_SPACE,
)
from tests.unit.endpoints.desk import serving
from tests.unit.endpoints.rights.counter import BROWSER, CATALOG, Counter, Visitor

AT_ONCE = 50
PLAIN = "plain"
SHOP = Advertiser(id="shop", name="Shop", domain="shop.example", timezone="UTC")
SHAPE = """window.shape = node => [...node.querySelectorAll("*")].map(each => each.tagName + " " +
  [...each.attributes].map(({name, value}) => name + (/^(href|src|action)$/.test(name) ? /^\\s*\\w*/.exec(value)[0] : "")).join(" ")
).join("\\n"); null"""
"""Elements with the names of their attributes, and the schemes of addresses."""
FRAMES = """async documents => {
  await Promise.all(documents.map(text => new Promise(done => {
    const frame = document.createElement("iframe");
    frame.onload = () => done();
    frame.srcdoc = text;
    document.body.append(frame);
  })));
  await new Promise(done => setTimeout(done, 100));  // what happens soon after loading
  return [...document.querySelectorAll("iframe")].map(frame => {
    const found = shape(frame.contentDocument);
    frame.remove();
    return found;
  });
}"""
PARSED = """texts => texts.map(text => {
  const read = new DOMParser().parseFromString(text, "text/xml");
  return read.querySelector("parsererror") ? "broken" : shape(read);
})"""
ASSEMBLED = """answers => answers.map(text => {
  const article = document.createElement("article");
  for (const asset of (answer => answer.native || answer)(JSON.parse(text)).assets) {
    const part = document.createElement("p");
    part.textContent = part.title = asset.title ? asset.title.text : asset.data.value;
    article.append(part);
  }
  article.innerHTML = article.innerHTML;  // what was escaped once is read again
  document.body.append(article);
  return shape(article);
})"""
Make = Callable[[str], str]
Check = Callable[[Page, Sequence[str]], Awaitable[list[str]]]


async def in_frames(page: Page, make: Make, payloads: Sequence[str]) -> list[str]:
    """Show a document for each text, of our own origin and without a sandbox: the worst that a publisher could do.

    Returns which of them are made otherwise than that of a plain word.
    """
    await page.set_content("<body>")
    await page.evaluate(SHAPE)
    found: list[str] = []
    texts = [PLAIN, *payloads]
    for start in range(0, len(texts), AT_ONCE):
        found += await page.evaluate(
            FRAMES, [make(each) for each in texts[start : start + AT_ONCE]]
        )
    return _unlike(texts, found)


async def _at_once(page: Page, script: str, make: Make, payloads: Sequence[str]) -> list[str]:
    await page.set_content("<body>")
    await page.evaluate(SHAPE)
    texts = [PLAIN, *payloads]
    return _unlike(texts, await page.evaluate(script, [make(each) for each in texts]))


def _unlike(texts: Sequence[str], shapes: Sequence[str]) -> list[str]:
    return [
        f"{text[:60]!r} made {shape[:200]!r}"
        for text, shape in zip(texts, shapes, strict=True)
        if shape != shapes[0]
    ]


async def _alternative_texts(page: Page, payloads: Sequence[str]) -> list[str]:
    def make(text: str) -> str:
        banner = msgspec.structs.replace(BANNER, alternative_text=text)
        return prepare(banner).render(LINKS, BANNER_SPACE)

    return await in_frames(page, make, payloads)


async def _links(page: Page, payloads: Sequence[str]) -> list[str]:
    """Our own links are not hostile; an exchange's macro might become anything."""
    own = "<a href=\"{{click_url}}\" title='{{click_url}}'>x</a><p title={{click_url|url}}>{{impression_url}}</p>"
    html = prepare(msgspec.structs.replace(HTML, markup=own))
    banner = prepare(BANNER)

    def make(text: str) -> str:
        address = f"https://ads.example/{text}"
        links = LINKS._replace(click=address, impression=address, why=address)
        return banner.render(links, BANNER_SPACE) + html.render(links, BANNER_SPACE)

    return await in_frames(page, make, payloads)


async def _script_strings(page: Page, payloads: Sequence[str]) -> list[str]:
    """Links within scripts end neither the string nor the script, and are read as what they are."""
    own = '<a href="{{click_url}}">x</a><script>top.given.push("{{click_url|js}}", \'{{click_url|js}}\')</script>'
    html = prepare(msgspec.structs.replace(HTML, markup=own, viewability=True))
    await page.add_init_script("window.given = []")
    await page.goto("about:blank")
    await page.evaluate("window.given = []")

    def make(text: str) -> str:
        address = f"https://ads.example/{text}"
        return html.render(LINKS._replace(click=address, viewable=address), BANNER_SPACE)

    wrong = await in_frames(page, make, payloads)
    given = await page.evaluate("window.given")
    lost = {f"https://ads.example/{each}" for each in payloads} - set(given)
    return [*wrong, *(f"changed: {each[:60]!r}" for each in sorted(lost))]


async def _video_titles(page: Page, payloads: Sequence[str]) -> list[str]:
    """Players read titles from XML."""

    def make(text: str) -> str:
        video = msgspec.structs.replace(VIDEO, title=f"{PLAIN}{text}", name=text)
        return prepare(video).render(LINKS, VIDEO_SPACE)

    return await _at_once(page, PARSED, make, payloads)


async def _native_texts(page: Page, payloads: Sequence[str]) -> list[str]:
    """Publishers assemble the parts by templates of their own, which put texts in as texts."""
    space = NativeSpace(
        (
            NativeAsset(1, required=True, kind="title"),
            NativeAsset(2, required=True, kind="text", name="sponsored"),
        )
    )

    def make(text: str) -> str:
        native = msgspec.structs.replace(NATIVE, title=text, texts={"sponsored": text})
        return prepare(native).render(LINKS, Opportunity(id="1", native=space))

    return await _at_once(page, ASSEMBLED, make, payloads)


def _cards(text: str) -> Iterator[Card]:
    shop = msgspec.structs.replace(SHOP, name=text)
    for creative in (
        msgspec.structs.replace(BANNER, name=text, alternative_text=text, language=text),
        msgspec.structs.replace(NATIVE, name=text, title=text, texts={"sponsored": text}),
        msgspec.structs.replace(VIDEO, name=text, title=text),
    ):
        yield card(creative, shop, Rules())


async def _preview(page: Page, payloads: Sequence[str]) -> list[str]:
    """Our page for traders: names, titles and texts of creatives and advertisers; what is in its frames is tried above."""

    def make(text: str) -> str:
        return written(list(_cards(text))).replace(" srcdoc=", " data-srcdoc=")

    return await in_frames(page, make, payloads)


async def _people_s_pages(page: Page, payloads: Sequence[str]) -> list[str]:
    """Why somebody saw an advertisement: who pays, on whose behalf, and what people are told of segments."""
    counter = Counter()
    token = counter.token()
    (advertiser,) = CATALOG.advertisers
    pages: dict[str, str] = {}
    for text in (PLAIN, *payloads):
        named = msgspec.structs.replace(advertiser, name=text, dsa=Disclosure(text, text, ""))
        rights = counter.make_rights(catalog=Catalog((named,)), about=partial(_told, text))
        async with serving(rights) as client:
            pages[text] = (await Visitor(client, BROWSER).open(f"/r/why/{token}")).html
    assert pages[PLAIN].count(PLAIN) > 1
    return await in_frames(page, pages.__getitem__, payloads)


def _told(text: str, _name: str, _language: str) -> str:
    return text


FIELDS: Mapping[str, Check] = {
    "alternative texts": _alternative_texts,
    "links of markup": _links,
    "strings of scripts": _script_strings,
    "titles of videos": _video_titles,
    "texts of native ads": _native_texts,
    "the preview": _preview,
    "people's pages": _people_s_pages,
}
