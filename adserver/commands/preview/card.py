"""What a preview tells of one creative beside what it looks like: the facts that exchanges and publishers ask about."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from xml.dom import minidom

from adserver.catalog.audit import Rules, faults, hosts
from adserver.catalog.fitting.display import exact_sizes, markup_types
from adserver.commands.preview.products import Shop
from adserver.commands.preview.specimens import Specimen, specimens
from adserver.domain.campaign import Advertiser
from adserver.domain.creative import (
    AnyCreative,
    Audio,
    Display,
    Dynamic,
    Html,
    Native,
    Played,
    Video,
)
from adserver.domain.html_markup import html_markup
from adserver.domain.placeholders import hands_on_consent
from adserver.domain.restricted import subjects

TYPES = {1: "text", 2: "image", 3: "script", 4: "frame"}
"""AdCOM banner ad types, by which publishers refuse."""


class Part(NamedTuple):
    """One part of a native ad, as the answer has it."""

    kind: str
    text: str = ""
    image: str = ""
    """An address, if it is a picture."""
    width: int = 0
    height: int = 0


class Media(NamedTuple):
    """One file that a player can play."""

    url: str
    mime: str


class Look(NamedTuple):
    """One rendering with how to look at it."""

    specimen: Specimen
    frame: str = ""
    """A document for a frame of its own."""
    parts: Sequence[Part] = ()
    media: Sequence[Media] = ()
    source: str = ""
    """What is sent, laid out for reading."""
    sound: bool = False


class Card(NamedTuple):
    """One creative on the page."""

    id: str
    kind: str
    facts: Sequence[tuple[str, str]]
    broken: Sequence[str]
    """Why it cannot be put out."""
    remarks: Sequence[str]
    """What exchanges would find wrong with it."""
    looks: Sequence[Look]


def card(
    creative: AnyCreative, advertiser: Advertiser, rules: Rules, shop: Shop | None = None
) -> Card:
    """Return everything to show of a creative; without a shop a dynamic one is shown as where no product can be."""
    kind = type(creative).__name__.lower()
    looks = [_look(creative, each) for each in specimens(creative, shop)]
    broken = [each.specimen.fault for each in looks if each.specimen.fault]
    remarks = list(faults(creative, advertiser, rules))
    about = list(_facts(creative, advertiser, looks))
    if isinstance(creative, Dynamic) and shop is not None:
        about.append(("products", shop.filled(creative).why or f"of feed {creative.feed}"))
    return Card(creative.id, kind, about, broken, remarks, looks)


def _facts(
    creative: AnyCreative, advertiser: Advertiser, looks: Sequence[Look]
) -> Iterator[tuple[str, str]]:
    yield "advertiser", f"{advertiser.name or advertiser.id}, {advertiser.domain}"
    if creative.name:
        yield "name", creative.name
    yield "a click leads to", creative.landing_url
    sent = ", ".join(f"{len(each.specimen.markup.encode()):,}" for each in looks)
    yield "bytes sent", sent
    if isinstance(creative, Display):
        yield "sizes", ", ".join(f"{w}x{h}" for w, h in exact_sizes(creative)) or "by ratio"
        yield "banner types", ", ".join(TYPES[each] for each in markup_types(creative))
    if isinstance(creative, Html):
        if creative.ratio is not None:
            wide, high = creative.ratio
            yield "ratio", f"{wide}:{high}, at least {creative.min_width} wide"
        yield "placeholders", ", ".join(sorted(html_markup(creative).placeholders))
    if isinstance(creative, Played):
        yield "duration", f"{creative.duration_s} s"
    yield "loads from", ", ".join(sorted(hosts(creative))) or "nowhere"
    yield "only over https", "yes" if creative.secure else "no"
    yield "hands on privacy signals", "yes" if hands_on_consent(creative) else "no"
    yield "attributes", _listed(creative.attributes)
    yield "API frameworks it needs", _listed(creative.apis)
    yield "vendors", _listed(creative.vendors)
    yield "about", _listed(subjects(creative))
    yield "language", creative.language or "any"


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(str, values)) or "none"


def _look(creative: AnyCreative, specimen: Specimen) -> Look:
    if specimen.fault:
        return Look(specimen)
    match creative:
        case Native():
            answer = json.loads(specimen.markup)
            source = json.dumps(answer, indent=2, ensure_ascii=False)
            return Look(specimen, parts=list(_parts(answer)), source=source)
        case Video() | Audio():
            files = creative.media_files if isinstance(creative, Video) else creative.audio_files
            media = [Media(file.url, file.mime) for file in files]
            document = minidom.parseString(specimen.markup)  # noqa: S318 - ours: checked parts, no document type
            source = document.toprettyxml(indent="  ")
            return Look(specimen, media=media, source=source, sound=isinstance(creative, Audio))
        case _:
            return Look(specimen, frame=_page(specimen.markup), source=specimen.markup)


def _page(markup: str) -> str:
    """Return the document that a publisher's frame would hold; what is a page already stays as it is."""
    if markup.lstrip()[:9].lower().startswith(("<!doctype", "<html")):
        return markup
    return f'<!DOCTYPE html><html><body style="margin:0">{markup}</body></html>'


def _parts(answer: dict[str, Any]) -> Iterator[Part]:
    for asset in answer.get("native", answer)["assets"]:
        if "title" in asset:
            yield Part("title", asset["title"]["text"])
        elif "img" in asset:
            image = asset["img"]
            yield Part(
                "image", image=image["url"], width=image.get("w", 0), height=image.get("h", 0)
            )
        elif "data" in asset:
            yield Part("text", asset["data"]["value"])
