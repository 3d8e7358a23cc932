"""Display: an image that links to the landing page, and a pixel that reports the impression."""

from html import escape

from adserver.domain.creative import AnyCreative, Banner
from adserver.domain.opportunity import Opportunity
from adserver.domain.web_address import web_address
from adserver.ports import Links


class DisplayMarkup:
    """Three fixed pieces with the two links between them."""

    varies = False

    def __init__(self, before_click: str, before_impression: str, end: str) -> None:
        self._before_click = before_click
        self._before_impression = before_impression
        self._end = end

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return HTML without scripts; the page learns nothing, and tells us nothing but the two calls."""
        return (
            self._before_click
            + _attribute(links.click)
            + self._before_impression
            + _attribute(links.impression)
            + self._end
        )


class DisplayChannel:
    """Puts out banners."""

    def prepare(self, creative: AnyCreative) -> DisplayMarkup:
        """Join everything but the links. Raises `ValueError` for another kind or a bad address."""
        if not isinstance(creative, Banner):
            raise ValueError(f"{creative.id}: display needs a banner")  # noqa: TRY004  the port says ValueError
        image = escape(web_address(creative.image_url, secure=creative.secure))
        return DisplayMarkup(
            '<a href="',
            '" target="_blank" rel="noopener">'
            f'<img src="{image}" width="{creative.width}" height="{creative.height}"'
            f' alt="{escape(creative.alternative_text)}" style="border:0;display:block"></a>'
            '<img src="',
            '" width="1" height="1" alt="" style="position:absolute;border:0">',
        )


def _attribute(link: str) -> str:
    """Escape what ends or alters a double-quoted attribute; `html.escape` does more and takes thrice as long."""
    return link.replace("&", "&amp;").replace('"', "&quot;")
