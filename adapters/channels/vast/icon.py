"""The link that says why this was chosen, as a text in the corner; there has to be a size, and a program by name."""

from adapters.channels.vast.writing import cdata, element
from adapters.label import HEIGHT_PX, label
from adserver.domain.creative import Video

USUAL_WIDTH_PX = 640
"""Of a third party's video nobody knows the width."""


def icon(creative: Video) -> tuple[str, str]:
    """Return what stands before and after the address of the link."""
    width = creative.media_files[0].width if creative.media_files else USUAL_WIDTH_PX
    said = label(creative, width)
    shown = f'<div style="{said.style}" role="img" aria-label="{said.spoken}">{said.shown}</div>'
    size = f'width="{said.width_px}" height="{HEIGHT_PX}"'
    head = f'<Icons><Icon program="AdChoices" {size} xPosition="right" yPosition="top">'
    return (
        f"{head}<HTMLResource>{cdata(shown)}</HTMLResource><IconClicks>",
        "</IconClicks></Icon></Icons>",
    )


def linked(pieces: tuple[str, str], why: str) -> str:
    """Return the icon with its link; nothing where there is none."""
    return element("IconClickThrough", why).join(pieces) if why else ""
