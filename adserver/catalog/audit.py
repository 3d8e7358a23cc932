"""What exchanges would find wrong with a creative, found before they see it."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

from adserver.domain.campaign import Advertiser
from adserver.domain.creative import (
    AnyCreative,
    Audio,
    Banner,
    Creative,
    Dynamic,
    Html,
    Native,
    Played,
    Video,
)
from adserver.domain.restricted import NOWHERE, Subjects, subjects

SKIP_BUTTON = 16
"""AdCOM creative attribute: has a button to skip."""
DIALOG = 14
"""AdCOM creative attribute: opens dialogs."""
AUTOPLAY_SOUND, AUTOPLAY_VIDEO = 1, 6
"""AdCOM creative attributes: plays a sound, or a video within a banner, by itself."""
MRAID = frozenset({3, 5, 6})
OMID = 7
MAX_SHOWN = 60

_ADDRESS = re.compile(r"""(?:https?:)?//[^\s"'<>()\\{}]{3,2000}""", re.IGNORECASE)
_INSECURE = re.compile(r"http://", re.IGNORECASE)
_DIALOG = re.compile(r"\b(?:alert|confirm|prompt)\s*\(")
_AUTOPLAY = re.compile(r"<(video|audio)\b[^>]{0,2000}\bautoplay\b", re.IGNORECASE)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What creatives must keep to."""

    markup_bytes: int = 100_000
    hosts: frozenset[str] = frozenset()
    vendors: Mapping[int, frozenset[str]] = {}
    restricted: Subjects = {}


def faults(creative: AnyCreative, advertiser: Advertiser, rules: Rules) -> Iterator[str]:
    """Yield what is wrong, in sentences that say what to do about it."""
    yield from _led_to(creative, advertiser)
    yield from _loaded(creative, advertiser, rules)
    if not creative.secure:
        yield "loads over http; most exchanges refuse it, so serve it over https"
    if isinstance(creative, Html):
        yield from _of_markup(creative, rules)
    if isinstance(creative, Video):
        has_button = SKIP_BUTTON in creative.attributes
        if has_button and creative.skip_after_s is None:
            yield f"says that it can be skipped (attribute {SKIP_BUTTON}) and has no skip_after_s"
    if isinstance(creative, Played) and creative.verifications and OMID not in creative.apis:
        yield f"is measured by Open Measurement; declare api {OMID}, or players that lack it play it unmeasured"
    for subject in subjects(creative):
        if rules.restricted.get(subject, NOWHERE).allowed_in == ():
            yield f"is about {subject}, for which audit.restricted has no rule: it runs nowhere"


def hosts(creative: AnyCreative) -> frozenset[str]:
    """Return the servers that a creative loads from, as far as it says; scripts may load from others."""
    return frozenset(host for address in _addresses(creative) if (host := _host(address)))


def _led_to(creative: Creative, advertiser: Advertiser) -> Iterator[str]:
    host = _host(creative.landing_url)
    if not _within(host, advertiser.domain):
        yield f"leads to {host}, which is not {advertiser.domain}: publishers block by that domain"


def _loaded(creative: AnyCreative, advertiser: Advertiser, rules: Rules) -> Iterator[str]:
    unknown = [each for each in creative.vendors if each not in rules.vendors]
    for vendor in unknown:
        yield f"declares vendor {vendor}, whose servers audit.vendors does not list"
    allowed = {advertiser.domain, *rules.hosts}.union(
        *(rules.vendors.get(each, ()) for each in creative.vendors)
    )
    for host in sorted(hosts(creative)):
        if not any(_within(host, each) for each in allowed):
            yield f"loads from {host}: list it in audit.hosts if it is ours, or declare the vendor"


def _of_markup(creative: Html, rules: Rules) -> Iterator[str]:
    markup = creative.markup
    length = len(markup.encode())
    if length > rules.markup_bytes:
        yield f"is {length:,} bytes of HTML, of {rules.markup_bytes:,} that are allowed"
    if creative.secure and _INSECURE.search(markup):
        yield "is declared secure and has an http:// address in it"
    if "mraid." in markup and MRAID.isdisjoint(creative.apis):
        yield "uses mraid; declare api 3, 5 or 6"
    if _DIALOG.search(markup) and DIALOG not in creative.attributes:
        yield f"opens dialogs; declare attribute {DIALOG}, or better, do not"
    for kind in {found.lower() for found in _AUTOPLAY.findall(markup)}:
        attribute = AUTOPLAY_VIDEO if kind == "video" else AUTOPLAY_SOUND
        if attribute not in creative.attributes:
            yield f"plays {kind} by itself; declare attribute {attribute}"


def _addresses(creative: AnyCreative) -> Iterator[str]:
    match creative:
        case Banner():
            yield creative.image_url
        case Html():
            yield from _ADDRESS.findall(creative.markup)
        case Dynamic():
            yield from _addresses(creative.fallback)
        case Native():
            yield from (image.url for image in creative.images)
            if creative.video is not None:
                yield from _addresses(creative.video)
        case Video() | Audio():
            files = creative.media_files if isinstance(creative, Video) else creative.audio_files
            yield from (file.url for file in files)
            yield from (each.image_url for each in creative.companions)
            yield from (each.script_url for each in creative.verifications)
            if creative.wrapped_url:
                yield creative.wrapped_url


def _host(address: str) -> str:
    """Return the server of an address, or of a broken one what stands in its place."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return address.partition("//")[2].partition("/")[0][:MAX_SHOWN]


def _within(host: str, domain: str) -> bool:
    """Tell whether a host is a domain or lies under it."""
    return host == domain or host.endswith("." + domain)
