"""HTML that others wrote: an HTML5 advertisement or a third party's tag, with what it leaves to us added behind it."""

from collections.abc import Sequence

from adapters.channels.beacon import beacon
from adapters.channels.placeholders import filled, in_attribute
from adapters.label import label
from adserver.domain.creative import AnyCreative, Html
from adserver.domain.display_fit import Shown, shown
from adserver.domain.html_markup import MRAID, MRAID_SCRIPT, html_markup
from adserver.domain.opportunity import Opportunity
from adserver.domain.placeholders import hands_on_consent
from adserver.ports import Links

_OPENING_BY_MRAID = (
    "<script>document.addEventListener('click',function(v){"
    "var a=v.target.closest&&v.target.closest('a[href]');"
    "if(a&&window.mraid){v.preventDefault();mraid.open(a.href)}})</script>"
)
"""In an application a link has no window to open: its web view does that (MRAID 3.0, `open`)."""
_PIXEL = '" width="1" height="1" alt="" style="position:absolute;border:0">'
_OVER_THE_FRAME = (
    '<div style="position:fixed;top:0;left:0;width:100%;height:100%;visibility:hidden;'
    'pointer-events:none">'
)
"""A document has its frame to itself, so the frame is what is watched."""
_WIDEST_LABEL_PX = 300
"""Whoever is as wide as this has room for the label's words."""


class HtmlMarkup:
    """Texts and gaps, and what is added: pixel, label, beacon, MRAID."""

    def __init__(self, creative: Html) -> None:
        if not creative.sizes and creative.ratio is None:
            raise ValueError("needs its sizes, or a ratio")
        read = html_markup(creative)
        self._creative = creative
        self._head, self._tail, self._whole_page = read.head, read.tail, read.whole_page
        self._reports_impression = "impression_url" in read.placeholders
        self._reports_viewable = "viewable_url" in read.placeholders
        mraid = not MRAID.isdisjoint(creative.apis)
        self._first = (
            f'<script src="{MRAID_SCRIPT}"></script>' if mraid and not read.loads_mraid else ""
        )
        self._opening = _OPENING_BY_MRAID if mraid and not read.opens_by_mraid else ""
        self.varies = len(creative.sizes) != 1 or creative.ratio is not None
        """Which of its sizes it has depends on the space."""
        self.hands_on_consent = hands_on_consent(creative)

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return HTML. Raises `ValueError` for a space that it does not fit, which eligibility rules out."""
        creative = self._creative
        if self.varies:
            found = shown(creative, opportunity.banner)
            if found is None:
                raise ValueError(f"{creative.id}: no size for imp {opportunity.id[:40]!r}")
        else:
            found = Shown(creative.sizes[0])
        added: list[str] = []
        if not self._reports_impression:
            added.append(f'<img src="{in_attribute(links.impression)}{_PIXEL}')
        if links.why:
            added.append(self._label(links.why, found))
        measured = creative.viewability and links.viewable and not self._reports_viewable
        watch = beacon(links.viewable) if measured else ""
        head = filled(self._head, links, found.size, creative.id)
        tail = filled(self._tail, links, found.size, creative.id)
        if self._whole_page:
            if watch:
                added.append(f"{_OVER_THE_FRAME}{watch}</div>")
            return "".join((head, *added, self._opening, tail))
        return "".join((self._first, *_framed(found, head, [*added, watch]), self._opening, tail))

    def _label(self, why: str, found: Shown) -> str:
        # Of a ratio the least width is known, and it will mostly be wider.
        width = found.size[0] if found.ratio is None else max(found.size[0], _WIDEST_LABEL_PX)
        said = label(self._creative, width)
        fixed = "fixed" if self._whole_page else "absolute"
        return (
            f'<a style="position:{fixed};top:0;right:0;z-index:2147483647;{said.style}"'
            f' aria-label="{said.spoken}" href="{in_attribute(why)}"'
            f' target="_blank" rel="noopener noreferrer">{said.shown}</a>'
        )


class HtmlChannel:
    """Puts out markup that others wrote."""

    def prepare(self, creative: AnyCreative) -> HtmlMarkup:
        """Read the markup. Raises `ValueError` for another kind, or with what is wrong."""
        if not isinstance(creative, Html):
            raise ValueError(f"{creative.id}: this needs HTML")  # noqa: TRY004  the port says ValueError
        try:
            return HtmlMarkup(creative)
        except ValueError as error:
            raise ValueError(f"{creative.id}: {error}") from None


def _framed(found: Shown, markup: str, added: Sequence[str]) -> Sequence[str]:
    """Return a part of a page within a box of its size, so that what is added lies over it and can watch it."""
    (width, height), ratio = found
    box = f"width:{width}px;height:{height}px"
    if ratio is not None:
        box = f"width:100%;aspect-ratio:{ratio[0]}/{ratio[1]}"
    # A root of its own: margins within it stay within, so that the label lies in its corner.
    return f'<div style="display:flow-root;position:relative;{box}">', markup, *added, "</div>"
