"""Dynamic creatives: products of a feed in a template, each leading to its own page; or a banner where none can be.

What a feed says is a stranger's: it stands in the page as text, with everything escaped that a browser or an exchange
reads as more than text, its macros included.
"""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from msgspec.structs import replace

from adapters.label import label
from adserver.domain.creative import AnyCreative, Dynamic
from adserver.domain.opportunity import Opportunity
from adserver.domain.product import Product
from adserver.domain.product_template import (
    LINK,
    PICTURE,
    WHOLE,
    Gap,
    Template,
    shortened,
    template,
)
from adserver.ports import Channel, Links, Markup
from adserver.ports.products import Misfit

MAX_PRODUCTS = 6
_MACRO_LETTERS = str.maketrans(
    {"$": "&#36;", "%": "&#37;", "{": "&#123;", "}": "&#125;", "[": "&#91;", "]": "&#93;"}
)
"""What exchanges' macros are made of: the text of a product must not become a price or an address."""


class Shown:
    """Some products in a template; depends on nothing but its links."""

    varies = False
    hands_on_consent = False

    def __init__(self, frame: "_Frame", slots: Sequence[Sequence[str]]) -> None:
        self._frame = frame
        self._slots = slots

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return HTML without scripts of ours or of anybody."""
        found = []
        for position, pieces in enumerate(self._slots):
            found.append(_attribute(_click(links, position)).join(pieces))
        return self._frame.around("".join(found), links)


class DynamicMarkup:
    """The fallback, by itself; and what shows products once they are chosen."""

    varies = False

    def __init__(self, creative: Dynamic, fallback: Markup) -> None:
        if not 1 <= creative.products <= MAX_PRODUCTS:
            raise ValueError(f"{creative.id}: shows 1 to {MAX_PRODUCTS} products")
        self._template = template(creative.markup, secure=creative.secure)
        self._frame = _Frame(creative, self._template)
        self._fallback = fallback
        self.hands_on_consent = fallback.hands_on_consent

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return the fallback."""
        return self._fallback.render(links, opportunity)

    def misfit(self, product: Product) -> Misfit | None:
        """Tell why a product has no place in the template, or `None` if it has one."""
        found = _slot(self._template, product)
        return found if isinstance(found, Misfit) else None

    def showing(self, products: Sequence[Product]) -> Markup:
        """Return the markup with these products, which fit. Raises `ValueError` for one that does not: a bug."""
        slots = []
        for product in products:
            pieces = _slot(self._template, product)
            if isinstance(pieces, Misfit):
                raise ValueError(f"{product.id[:40]!r} does not fit: {pieces}")  # noqa: TRY004 - a value is wrong
            slots.append(pieces)
        return Shown(self._frame, slots)


class DynamicChannel:
    """Puts out dynamic creatives."""

    def __init__(self, banners: Channel) -> None:
        """Let `banners` put out the fallback."""
        self._banners = banners

    def prepare(self, creative: AnyCreative) -> DynamicMarkup:
        """Read the template and prepare the fallback. Raises `ValueError` for another kind or a bad template."""
        if not isinstance(creative, Dynamic):
            raise ValueError(f"{creative.id}: a template needs a dynamic creative")  # noqa: TRY004 the port says so
        fallback = replace(creative.fallback, secure=creative.secure)
        return DynamicMarkup(creative, self._banners.prepare(fallback))


class _Frame:
    """What stands around the products: the size, the pixel, the link that says why."""

    def __init__(self, creative: Dynamic, read: Template) -> None:
        said = label(creative, creative.width)
        self._before = (
            f'<div style="position:relative;width:{creative.width}px;height:{creative.height}px;overflow:hidden">'
            + read.before
        )
        self._behind = read.behind
        self._why = (
            f'<a style="position:absolute;top:0;right:0;{said.style}" aria-label="{said.spoken}" href="',
            f'" target="_blank" rel="noopener noreferrer">{said.shown}</a>',
        )

    def around(self, products: str, links: Links) -> str:
        pixel = (
            f'<img src="{_attribute(links.impression)}" width="1" height="1" alt=""'
            ' style="position:absolute;border:0">'
        )
        why = ""
        if links.why:
            before, behind = self._why
            why = f"{before}{_attribute(links.why)}{behind}"
        return f"{self._before}{products}{self._behind}{pixel}{why}</div>"


def _slot(read: Template, product: Product) -> tuple[str, ...] | Misfit:
    """Return what is repeated with a product in it, cut where its link belongs; or why it has no place there."""
    pieces: list[str] = [""]
    for each in read.repeated:
        if isinstance(each, str):
            pieces[-1] += each
        elif each.name == LINK:
            pieces.append("")
        else:
            filled = _picture(product) if each.name == PICTURE else _text(each, product)
            if isinstance(filled, Misfit):
                return filled
            pieces[-1] += filled
    return tuple(pieces)


def _picture(product: Product) -> str | Misfit:
    # Whatever else is refused when the feed is loaded; what is written here does not rely on that.
    return _plain(product.image) if product.image.startswith("https://") else Misfit.NO_IMAGE


def _text(gap: Gap, product: Product) -> str | Misfit:
    text: str = getattr(product, gap.name)
    if gap.name in WHOLE:
        return _plain(text) if len(text) <= gap.most else Misfit.TOO_LONG
    cut = shortened(text, gap.most)
    return Misfit.TOO_LONG if cut is None else _plain(cut)


def _plain(text: str) -> str:
    """Escape a stranger's text for a page and for a quoted attribute, and from exchanges' macros."""
    return escape(text).translate(_MACRO_LETTERS)


def _click(links: Links, position: int) -> str:
    """Return the link of one of several products: its place follows the token, quoted as often as the token is."""
    if position == 0:
        return links.click
    place = f"/{position}"
    return links.click + (place if links.click == links.bare_click else quote(place, safe=""))


def _attribute(link: str) -> str:
    return link.replace("&", "&amp;").replace('"', "&quot;")
