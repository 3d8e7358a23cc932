"""Every way in which a creative would be put out: in each of its sizes, in a player, as parts."""

from collections.abc import Iterator
from typing import NamedTuple

from adapters.channels import prepare
from adserver.commands.preview.products import Shop
from adserver.domain.consent import ConsentMacros
from adserver.domain.creative import AnyCreative, Audio, Dynamic, Html, Native, Video
from adserver.domain.display_fit import shown
from adserver.domain.opportunity import (
    AudioSpace,
    BannerSpace,
    NativeAsset,
    NativeSpace,
    Opportunity,
    VideoSpace,
)
from adserver.ports import Links

NOWHERE = "https://preview.invalid/"
"""A name that never exists (RFC 6761): a preview reports to nobody."""
SIGNALS = ConsentMacros(gdpr="0")
ALL_PROTOCOLS = tuple(range(1, 17))
LEAST_FLEXIBLE_PX = 320


class Specimen(NamedTuple):
    """One rendering."""

    title: str
    width: int
    height: int
    markup: str
    fault: str = ""
    """Why there is no markup."""


def specimens(creative: AnyCreative, shop: Shop | None = None) -> Iterator[Specimen]:
    """Yield a rendering for each kind of space that the creative is for; what cannot be rendered says why."""
    if isinstance(creative, Dynamic) and shop is not None:
        yield from _with_products(creative, shop)
    for title, (width, height), opportunity in _spaces(creative):
        try:
            markup = prepare(creative).render(_links(creative), opportunity)
        except (ValueError, LookupError) as error:  # a kind that nobody puts out is a KeyError
            yield Specimen(title, width, height, "", str(error))
        else:
            yield Specimen(title, width, height, markup)


def _with_products(creative: Dynamic, shop: Shop) -> Iterator[Specimen]:
    markup = shop.filled(creative).markup
    if markup is None:
        return
    size = creative.width, creative.height
    # Several products have several links, told apart by what is added to them: here, behind a fragment.
    links = _links(creative, f"{creative.landing_url.partition('#')[0]}#product")
    found = markup.render(links, Opportunity(id="1", banner=BannerSpace((size,))))
    yield Specimen(f"{size[0]}x{size[1]}, with products of {creative.feed}", *size, found)


def _links(creative: AnyCreative, click: str = "") -> Links:
    """Return links that report nowhere; a click leads where the creative leads."""
    leads_to = click or creative.landing_url
    return Links(
        f"{NOWHERE}impression",
        leads_to,
        f"{NOWHERE}event/",
        "0" * 32,
        f"{NOWHERE}why",
        f"{NOWHERE}viewable",
        SIGNALS,
        leads_to,
    )


def _spaces(creative: AnyCreative) -> Iterator[tuple[str, tuple[int, int], Opportunity]]:
    match creative:
        case Html():
            spaces = [BannerSpace((size,)) for size in creative.sizes]
            if creative.ratio is not None:
                least = max(creative.min_width, LEAST_FLEXIBLE_PX)
                spaces.append(BannerSpace((), ratios=((*creative.ratio, least),)))
            for space in spaces:
                found = shown(creative, space)
                if found is not None:
                    wide, high = found.ratio or found.size
                    title = f"{wide}:{high}" if found.ratio else f"{wide}x{high}"
                    yield title, found.size, Opportunity(id="1", banner=space)
        case Native():
            assets = NativeSpace(tuple(_assets(creative)))
            yield "its parts", (300, 250), Opportunity(id="1", native=assets)
        case Video():
            mimes = tuple(file.mime for file in creative.media_files)
            films = VideoSpace(mimes=mimes, protocols=ALL_PROTOCOLS)
            yield "in a player", (640, 360), Opportunity(id="1", video=films)
        case Audio():
            mimes = tuple(file.mime for file in creative.audio_files)
            sounds = AudioSpace(mimes=mimes, protocols=ALL_PROTOCOLS)
            yield "in a player", (300, 60), Opportunity(id="1", audio=sounds)
        case _:
            size = creative.width, creative.height
            what = ", where no product can be shown" if isinstance(creative, Dynamic) else ""
            yield (
                f"{size[0]}x{size[1]}{what}",
                size,
                Opportunity(id="1", banner=BannerSpace((size,))),
            )


def _assets(creative: Native) -> Iterator[NativeAsset]:
    """Yield a request for everything that it has."""
    yield NativeAsset(1, required=True, kind="title")
    kinds = dict.fromkeys(image.kind for image in creative.images)
    for number, kind in enumerate(kinds, start=2):
        yield NativeAsset(number, required=False, kind="image", name=kind)
    for number, name in enumerate(creative.texts, start=10):
        yield NativeAsset(number, required=False, kind="text", name=name)
