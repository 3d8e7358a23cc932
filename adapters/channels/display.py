"""Display: an image that links to the landing page, a pixel that reports the impression, a link that says why.

If asked for, there is also the script that reports when it has been in view. It is not there by itself: without a
script a banner may run where scripts are forbidden, a bid is shorter by a kilobyte, and nobody's device calls us a
second time; exchanges measure too, and some say what they measured.
"""

from html import escape

from adapters.channels.beacon import beacon
from adapters.label import label
from adserver.domain.creative import AnyCreative, Banner
from adserver.domain.opportunity import Opportunity
from adserver.domain.web_address import web_address
from adserver.ports import Links


class DisplayMarkup:
    """Fixed pieces with the links between them."""

    varies = False
    hands_on_consent = False

    def __init__(self, banner: Banner) -> None:
        image = escape(web_address(banner.image_url, secure=banner.secure))
        said = label(banner, banner.width)
        self._ad = (
            '<a href="',
            (
                '" target="_blank" rel="noopener">'
                f'<img src="{image}" width="{banner.width}" height="{banner.height}"'
                f' alt="{escape(banner.alternative_text)}" style="border:0;display:block"></a>'
                '<img src="'
            ),
            '" width="1" height="1" alt="" style="position:absolute;border:0">',
        )
        self._frame = f'<div style="position:relative;width:{banner.width}px">'
        self._measured = banner.viewability
        # Not even the page's address goes along: why somebody sees this does not depend on it.
        self._why = (
            f'<a style="position:absolute;top:0;right:0;{said.style}" aria-label="{said.spoken}" href="',
            f'" target="_blank" rel="noopener noreferrer">{said.shown}</a>',
        )

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return HTML; the page learns nothing, and tells us nothing but the calls that are asked for."""
        before_click, before_impression, end = self._ad
        markup = (
            before_click
            + _attribute(links.click)
            + before_impression
            + _attribute(links.impression)
            + end
        )
        measured = self._measured and links.viewable != ""
        if not links.why and not measured:
            return markup
        if measured:
            markup += beacon(links.viewable)
        if links.why:
            before_why, end = self._why
            markup += before_why + _attribute(links.why) + end
        return f"{self._frame}{markup}</div>"


class DisplayChannel:
    """Puts out banners."""

    def prepare(self, creative: AnyCreative) -> DisplayMarkup:
        """Join everything but the links. Raises `ValueError` for another kind or a bad address."""
        if not isinstance(creative, Banner):
            raise ValueError(f"{creative.id}: display needs a banner")  # noqa: TRY004  the port says ValueError
        return DisplayMarkup(creative)


def _attribute(link: str) -> str:
    """Escape what ends or alters a double-quoted attribute; `html.escape` does more and takes thrice as long."""
    return link.replace("&", "&amp;").replace('"', "&quot;")
